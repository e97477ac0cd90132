"""Seed 004's WebSocket: any number of jobs at once on one socket. Knows jobs and messages; knows no model.

The client sends what it would POST (without `callback_url`); each answer carries its `request_id`. Per job: `ack`,
then, asked with `"stream": true`, a `token` each (`chunk`, `data`), then `result` or `error`. Jobs overlap, so do
answers. A message that is no request gets an `error` without an id, and the socket stays open.
One task listens and one speaks, whatever the number of jobs: the speaker sleeps until the next moment of any of them.
Source: seeds/004, "WebSocket API".
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from typing import Any

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.bell import Bell
from labserver.errors import LabError
from labserver.job import ENDS, Job
from labserver.racing import first_done
from labserver.surfaces.infer import Ask, submitted
from labserver.surfaces.infer_stream import payload
from labserver.surfaces.refusals import misfit, when_to_retry
from labserver.tally import Rhythm
from labserver.visit import Visit, VisitDep

router = APIRouter(tags=["infer"])

MOST_OPEN = 256  # jobs under way on one socket; past that it stops reading, and TCP makes the client wait
IDLE = 3600.0
EXAMPLE = '{"prompt": "What is Rust?"}'


@dataclass(slots=True, eq=False)
class Follower:
    """A job whose event at `place` is the next to tell. Only its entry number `turn` in the heap still counts."""

    job: Job
    stream: bool
    place: int = 1
    turn: int = 0
    rhythm: Rhythm = field(default_factory=Rhythm)
    changed: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Conversation:
    """One socket: the jobs that it waits for, by the moment of their next message."""

    socket: WebSocket
    visit: Visit
    news: Bell
    due: list[tuple[float, int, Follower]] = field(default_factory=list)
    open: set[Follower] = field(default_factory=set)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_OPEN))
    count: int = 0

    async def listen(self) -> None:
        while True:
            await self.room.acquire()
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                ask = Ask.model_validate_json(message.get("text") or "")
                await self.visit.admit_message(ask.model)
                job = await submitted(self.visit, ask)
            except ValidationError as error:
                await self._refuse(misfit(error, EXAMPLE))
            except LabError as error:
                await self._refuse(error)
            else:
                await self._say({"type": "ack", "request_id": job.id, "status": "processing"})
                follower = Follower(job, ask.stream)
                follower.changed = partial(self._plan, follower, 0.0)
                self.open.add(follower)
                job.watchers.add(follower.changed)
                self._plan(follower, await self._moment(follower))

    async def speak(self) -> None:
        """Tell each job's messages at their moments, until the server ends; uvicorn then closes with 1012."""
        while not self.visit.lab.bell.rung:
            while self.due and self.due[0][0] <= time.monotonic():
                _, turn, follower = heappop(self.due)
                if turn == follower.turn:
                    await self._tell(follower)
                    await self.news.sleep(0)  # a thousand messages are due at once: others want the loop too
            self.news = Bell(under=self.visit.lab.bell)
            await self.news.sleep(self.due[0][0] - time.monotonic() if self.due else IDLE)

    async def _moment(self, follower: Follower) -> float:
        """When its next message is due: its next event, or the end when tokens are not wanted."""
        log = await follower.job.log()
        return follower.job.moment_of(log[follower.place if follower.stream else -1])

    def _plan(self, follower: Follower, moment: float) -> None:
        self.count += 1
        follower.turn = self.count
        heappush(self.due, (moment, follower.turn, follower))
        self.news.ring()

    async def _tell(self, follower: Follower) -> None:
        if (moment := await self._moment(follower)) > time.monotonic():
            self._plan(follower, moment)
            return
        job, log = follower.job, await follower.job.log()
        event = log[follower.place if follower.stream else -1]
        if event.kind not in ENDS:
            self.visit.exchange.worked()
            follower.rhythm.beat()
            await self._say({"type": "token", "request_id": job.id, **payload(job, follower.place, event)})
            follower.place += 1
            self._plan(follower, await self._moment(follower))
            return
        self.leave(follower)
        self.room.release()
        state = await job.state()
        if state.error is None:
            await self._say({"type": "result", "request_id": job.id, "result": state.result})
        else:
            await self._say({"type": "error", "request_id": job.id, "message": state.error})

    def leave(self, follower: Follower) -> None:
        follower.job.watchers.discard(follower.changed)
        self.open.discard(follower)
        lab = self.visit.lab
        lab.metrics.spoke(lab.label_of(follower.job.request.model), follower.rhythm)

    async def _refuse(self, error: LabError) -> None:
        self.room.release()
        await self._say({"type": "error", "message": error.message, **when_to_retry(error)})

    async def _say(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps(message, ensure_ascii=False))


@router.websocket("/api/v1/ws")
async def converse(socket: WebSocket, visit: VisitDep) -> None:
    """Submit as often as you like, at once; `ack`, then `token`s if asked for, then `result` or `error`, by id.

    You send  {"prompt": "What is tea?", "session_id": null, "metadata": {}, "stream": true, "model": "gpt-4o-mini"}
    You get   {"type": "ack", "request_id": "...", "status": "processing"}
              {"type": "token", "request_id": "...", "chunk": 0, "data": "Tea "}
              {"type": "result", "request_id": "...", "result": "Tea ..."}
    or        {"type": "error", "request_id": "...", "message": "what was wrong"}
    A message that cannot be read gets an error without a request_id; so does one over the limit, for each counts as a
    request, with `retry_after` in seconds.
    """
    await socket.accept()
    conversation = Conversation(socket, visit, Bell(under=visit.lab.bell))
    try:
        with suppress(WebSocketDisconnect):
            await first_done(conversation.listen(), conversation.speak())
    finally:
        for follower in tuple(conversation.open):
            conversation.leave(follower)
