"""07.4: how people really build a circuit breaker. Knows no check."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from labkit.author.answers import NOT_THE_WAY, right, wrong

Send = Callable[[], Awaitable[Any]]


class BreakerOpen(Exception):
    """The shop is resting: nothing was sent."""


class Base:
    """What they all share: a count, a moment, a limit."""

    def __init__(self, failures: int = 5, rest: float = 30.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.failures, self.rest, self.clock = failures, rest, clock
        self.count = 0
        self.until: float | None = None
        self.probing = False

    def failed(self) -> None:
        self.count += 1
        if self.count >= self.failures:
            self.until = self.clock() + self.rest

    def fine(self) -> None:
        self.count = 0
        self.until = None

    def ill(self, response: Any) -> bool:
        return bool(response.status_code >= 500)

    async def _sent(self, send: Send) -> Any:
        try:
            response = await send()
        except httpx2.TransportError:
            self.failed()
            raise
        self.failed() if self.ill(response) else self.fine()
        return response


@right
class RightByMovingTheRest(Base):
    """The prober puts the end of the rest off before it sends: whoever comes meanwhile finds the door closed."""

    async def call(self, send: Send) -> Any:
        if self.until is not None:
            if self.clock() < self.until:
                raise BreakerOpen
            self.until = self.clock() + self.rest
        return await self._sent(send)


@right
class RightWithALockForTheProbe(Base):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.probe = asyncio.Lock()

    async def call(self, send: Send) -> Any:
        if self.until is None:
            return await self._sent(send)
        if self.clock() < self.until or self.probe.locked():
            raise BreakerOpen("the shop rests")
        async with self.probe:
            return await self._sent(send)


@wrong("ten call at once: 10 requests", "what do the other nine see", belief="after-the-rest-all-may-go")
class LetsAllGoAfterTheRest(Base):
    async def call(self, send: Send) -> Any:
        if self.until is not None and self.clock() < self.until:
            raise BreakerOpen
        return await self._sent(send)


@wrong("a product that does not exist: ", "is a 404 a sign", belief="every-no-is-a-failure")
class TakesA404ForAFailure(RightByMovingTheRest):
    def ill(self, response: Any) -> bool:
        return bool(response.status_code >= 400)


@wrong("four more failures", "what does a success do to the count")
class NeverForgets(RightByMovingTheRest):
    def fine(self) -> None:
        self.until = None


@wrong(NOT_THE_WAY, "every answer is a 503: 8 requests", "which comes first in `call`")
class SendsAndThenRefuses(Base):
    async def call(self, send: Send) -> Any:
        shut = self.until is not None and self.clock() < self.until
        response = await self._sent(send)
        if shut:
            raise BreakerOpen
        return response


@wrong("One rest after that, ten call at once: 0 requests", "who takes the mark of the probe back")
class ForgetsACancelledProbe(Base):
    async def call(self, send: Send) -> Any:
        if self.until is not None:
            if self.clock() < self.until or self.probing:
                raise BreakerOpen
            self.probing = True
        try:
            response = await self._sent(send)
        except httpx2.TransportError:
            self.probing = False
            raise
        self.probing = False
        return response


@wrong("every answer is a 503: 8 requests", "who looks at the status")
class CountsOnlyExceptions(RightByMovingTheRest):
    """Nothing is raised for a 503, so nothing is counted."""

    def ill(self, response: Any) -> bool:
        return False


@wrong("fifty callers come, five at a time: ", "A line that breaks is a failure too")
class CountsOnlyStatuses(RightByMovingTheRest):
    async def _sent(self, send: Send) -> Any:
        response = await send()
        self.failed() if self.ill(response) else self.fine()
        return response


@wrong("Ten more come shortly before the rest is over", "which clock does your breaker read")
class RestsTooShort(RightByMovingTheRest):
    def failed(self) -> None:
        super().failed()
        if self.until is not None:
            self.until -= self.rest / 2


@wrong("The probe was fine, and ten call at once", "side by side")
class HoldsALockWhileItSends(RightByMovingTheRest):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lock = asyncio.Lock()

    async def call(self, send: Send) -> Any:
        if self.until is not None:
            return await super().call(send)
        async with self.lock:
            if self.until is not None:
                raise BreakerOpen
            return await self._sent(send)


@wrong("told something else", "as it came, or BreakerOpen")
class SwallowsTheRefusal(RightByMovingTheRest):
    async def call(self, send: Send) -> Any:
        try:
            return await super().call(send)
        except BreakerOpen:
            return None


@wrong("RuntimeError: open", status="crashed")
class RaisesSomethingElse(RightByMovingTheRest):
    async def call(self, send: Send) -> Any:
        try:
            return await super().call(send)
        except BreakerOpen:
            raise RuntimeError("open") from None


@wrong("the shop is still dead, and ten call at once: 0 requests", "which clock does your breaker read")
class ReadsTheRealClock(RightByMovingTheRest):
    """The clock that it was given is another one."""

    def __init__(self, failures: int = 5, rest: float = 30.0, clock: Any = None) -> None:
        super().__init__(failures, rest, time.monotonic)


@wrong("Four failures in a row are not five: 1 request", "when does the breaker open?")
class OpensAtTheFirstFailure(RightByMovingTheRest):
    def failed(self) -> None:
        self.until = self.clock() + self.rest
