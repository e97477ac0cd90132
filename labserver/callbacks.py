"""Tells a client's own server how a job ended. Knows jobs and one outgoing POST; knows no surface.

One timer serves all jobs: a heap of moments and one task that sleeps until the next, started by the first callback.
A delivery goes to this machine only, follows no redirect, carries an HMAC, and is tried again a few times.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from functools import partial
from heapq import heappop, heappush

import httpx2

from labserver.bell import Bell
from labserver.doors import Doors
from labserver.errors import InvalidRequest
from labserver.job import PENDING, Callback, Job
from labserver.logs import log

ADDRESSES = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}  # a name is looked up nowhere else
SCHEMES = {"http": 80, "https": 443}
DELAYS = (0.5, 1.0, 2.0)  # seconds before the second attempt and those after it, scaled
TIMEOUT = 2.0
AT_ONCE = 16
IDLE = 3600.0


def check(url: str, doors: Doors) -> httpx2.URL:
    """Where a delivery to `url` really goes. Raises InvalidRequest for what is not loopback, or is this server."""
    try:
        target = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise InvalidRequest(f"callback_url is no URL: {error}", param="callback_url") from error
    if target.scheme not in SCHEMES or target.host not in ADDRESSES or target.userinfo:
        raise InvalidRequest(
            f"callback_url must be an http(s) address on this machine ({', '.join(ADDRESSES)}) without a user name.",
            param="callback_url",
        )
    if target.port is not None and not 0 < target.port < 65536:
        raise InvalidRequest(f"callback_url: {target.port} is no port.", param="callback_url")
    if doors.is_ours(target.port or SCHEMES[target.scheme]):
        raise InvalidRequest(
            "callback_url may not be the lab server itself. Listen on a port of your own.", param="callback_url"
        )
    return target.copy_with(host=ADDRESSES[target.host], fragment=None)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the hex HMAC-SHA256 over `timestamp.body`, keyed with the whole secret."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


class Courier:
    """`expect` a job and its callback is delivered when the job is over. `close` ends everything, sent or not.

    `outcomes` counts what came of each attempt: delivered, retrying or given up.
    """

    def __init__(self, bell: Bell, doors: Doors, scale: float) -> None:
        self._bell = bell
        self._doors = doors
        self._scale = scale
        self._due: list[tuple[float, int, Job, int]] = []
        self._count = 0
        self.outcomes: Counter[str] = Counter()
        self._news = Bell(under=bell)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._round: asyncio.Task[None] | None = None

    async def expect(self, job: Job) -> None:
        """Deliver at the job's end. Call it again when the job was cancelled: its end is now."""
        log = await job.log()
        if log[-1].kind == PENDING:  # it tells us when it is over
            job.when_over = partial(self.expect, job)
            return
        self._plan(job.moment_of(log[-1]), job, attempt=1)
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._go_round())

    def _plan(self, moment: float, job: Job, attempt: int) -> None:
        self._count += 1
        heappush(self._due, (moment, self._count, job, attempt))
        self._news.ring()

    async def _go_round(self) -> None:
        client = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIMEOUT)
        async with client, asyncio.TaskGroup() as deliveries:
            while not self._bell.rung:
                self._news = Bell(under=self._bell)
                while self._due and self._due[0][0] <= time.monotonic():
                    _, _, job, attempt = heappop(self._due)
                    if job.callback is not None and job.callback.attempts < attempt:
                        job.callback.attempts = attempt
                        deliveries.create_task(self._deliver(client, job, job.callback))
                await self._news.sleep(self._due[0][0] - time.monotonic() if self._due else IDLE)

    async def _deliver(self, client: httpx2.AsyncClient, job: Job, callback: Callback) -> None:
        state = await job.state()
        told = {
            "request_id": job.id,
            "session_id": job.session_id,
            "status": state.status,
            "result": state.result,
            "error": state.error,
            "metadata": job.metadata,
        }
        body = json.dumps(told, ensure_ascii=False).encode()
        timestamp = str(int(time.time()))
        headers = {
            "host": httpx2.URL(callback.url).netloc.decode(),
            "content-type": "application/json",
            "user-agent": "wirelab",
            "webhook-id": f"msg_{job.id}",
            "webhook-timestamp": timestamp,
            "webhook-signature": sign(callback.secret, timestamp, body),
        }
        status, problem = None, None
        try:
            async with self._room, asyncio.timeout(2 * TIMEOUT):
                target = check(callback.url, self._doors)
                async with client.stream("POST", target, content=body, headers=headers) as answer:
                    status = answer.status_code
        except (httpx2.HTTPError, TimeoutError, InvalidRequest) as error:
            problem = type(error).__name__
        attempt = callback.attempts
        callback.deliveries.append({"attempt": attempt, "status": status, "error": problem})
        if status is not None and 200 <= status < 300:
            callback.state = "delivered"
        elif attempt <= len(DELAYS):
            callback.state = "retrying"
            self._plan(time.monotonic() + DELAYS[attempt - 1] * self._scale, job, attempt + 1)
        else:
            callback.state = "given up"
        self.outcomes[callback.state] += 1
        if callback.state != "delivered":
            log.info("callback failed", job=job.id, attempt=attempt, status=status, error=problem, then=callback.state)

    async def close(self) -> None:
        if self._round is not None:
            self._round.cancel()
            await asyncio.gather(self._round, return_exceptions=True)
