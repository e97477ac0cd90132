"""07.3: how people really limit a crowd. Knows no check."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from labkit.author.answers import NOT_THE_WAY, right, wrong

Send = Callable[[], Awaitable[Any]]
Sleep = Callable[[float], Awaitable[None]]


class Base:
    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self.sleep = sleep
        self.queue = asyncio.Lock()


@right
class RightStrictlyInTurn(Base):
    """One at a time, and when the last answer says that nothing is left, everybody waits."""

    wait = 0.0

    async def call(self, send: Send) -> Any:
        async with self.queue:
            while True:
                await self.sleep(self.wait)
                response = await send()
                left, reset = (int(response.headers[f"x-ratelimit-{name}"]) for name in ("remaining", "reset"))
                self.wait = 0.0 if left else max(0.0, reset - time.time())
                if response.status_code != 429:
                    return response


@right
class RightWithACondition(Base):
    """Who finds nothing left waits until somebody tells; one of them is the scout."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(sleep)
        self.news = asyncio.Condition()
        self.left, self.reset, self.scouting = 0, 0.0, False

    async def call(self, send: Send) -> Any:
        while True:
            async with self.news:
                await self.news.wait_for(lambda: self.left > 0 or not self.scouting)
                scout = self.left == 0
                self.scouting = self.scouting or scout
                self.left -= not scout
            if scout:
                await self.sleep(max(0.0, self.reset - time.time()))
            response = await send()
            async with self.news:
                if scout or response.status_code == 429:
                    self.left = int(response.headers["x-ratelimit-remaining"])
                    self.reset = float(response.headers["x-ratelimit-reset"])
                self.scouting = self.scouting and not scout
                self.news.notify_all()
            if response.status_code != 429:
                return response


@wrong("Not every caller got its 200", "10 x 429", "who sends again")
class LooksAtNoAnswer(Base):
    """The limiter of a popular guide."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(sleep)
        self.request_times: list[float] = []
        self.rate_limit_delay, self.max_delay = 1.0, 10.0

    async def call(self, send: Send) -> Any:
        now = time.time()
        self.request_times = [then for then in self.request_times if now - then < 60]
        if len(self.request_times) > 100:
            await self.sleep(self.rate_limit_delay)
            self.rate_limit_delay = min(self.rate_limit_delay * 1.5, self.max_delay)
        self.request_times.append(now)
        return await send()


@wrong(NOT_THE_WAY, "10 requests were refused", "who goes ahead")
class EachRetriesByItself(Base):
    """Polite, each of them; and they all come back together."""

    async def call(self, send: Send) -> Any:
        while (response := await send()).status_code == 429:
            await self.sleep(int(response.headers["retry-after"]))
        return response


@wrong(NOT_THE_WAY, "at request 31", "who reads the headers", belief="limit-is-a-constant")
class KnowsTheLimit(Base):
    """Twenty a second: it stood in the documentation."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        super().__init__(sleep)
        self.started = 0

    async def call(self, send: Send) -> Any:
        async with self.queue:
            if self.started and self.started % 20 == 0:
                await self.sleep(1.2)
            self.started += 1
        while (response := await send()).status_code == 429:
            await self.sleep(int(response.headers["retry-after"]))
        return response


@wrong(NOT_THE_WAY, "windows of the shop", "how many may go")
class IsTooCareful(RightStrictlyInTurn):
    """Eight, and then a rest, whatever is left."""

    sent = 0

    async def call(self, send: Send) -> Any:
        async with self.queue:
            self.sent += 1
            if self.sent % 8 == 0:
                await self.sleep(1.1)
            while (response := await send()).status_code == 429:
                await self.sleep(int(response.headers["retry-after"]))
            return response


@wrong("Not every caller got its 200", "40 x NoneType")
class GivesNothingBack(Base):
    async def call(self, send: Send) -> Any:
        async with self.queue:
            while (await send()).status_code == 429:
                await self.sleep(1)


@wrong("ValueError", "from 0 on", status="crashed")
class SleepsBackwards(RightStrictlyInTurn):
    async def call(self, send: Send) -> Any:
        response = await send()
        await self.sleep(int(response.headers["x-ratelimit-reset"]) - time.time() - 3)
        return response
