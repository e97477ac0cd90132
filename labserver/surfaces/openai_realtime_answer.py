"""One response of a realtime session while it is made: asked, told, cancelled. Knows events and a way to say them.

It can be cancelled at any moment but while one of its events is on its way out: what is told is told whole.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from labserver.errors import Cancelled, LabError
from labserver.events import ChatRequest, End, StreamEvent, Usage
from labserver.providers.delivery import prompt_tokens
from labserver.surfaces.openai_narrator import Payload
from labserver.surfaces.openai_realtime_narrator import RealtimeNarrator
from labserver.visit import Visit

Say = Callable[..., Coroutine[Any, Any, None]]


@dataclass(slots=True, eq=False)
class Answer:
    """`say` tells the client some events in a row; `over` is told before the last of them."""

    visit: Visit
    request: ChatRequest
    narrator: RealtimeNarrator
    say: Say
    over: Callable[["Answer"], None]
    _task: "asyncio.Task[None] | None" = None
    _cancelled: bool = False
    _talking: bool = True
    _ending: bool = False
    _whole: bool = False

    @property
    def id(self) -> str:
        return self.narrator.id

    @property
    def active(self) -> bool:
        """Whether it can still be cancelled."""
        return not (self._ending or self._cancelled)

    def begin(self) -> "asyncio.Task[None]":
        self._task = asyncio.create_task(self._make())
        return self._task

    def cancel(self) -> None:
        """The client has heard enough. The model is stopped, and `response.done` says so."""
        self._cancelled = True
        if self._task is not None and not self._talking:
            self._task.cancel()

    async def _make(self) -> None:
        await self.say(*self.narrator.opening())
        trouble: LabError | None = None
        try:
            if not self._cancelled:
                await self.visit.admit_message(self.request.model)
                await self._tell(self.visit.stream(self.request, self.narrator.stamp))
        except asyncio.CancelledError:
            if not self._cancelled or (self._task is not None and self._task.uncancel()):
                raise
        except LabError as error:
            trouble = error
        self._talking = self._ending = True
        if self._cancelled and not self._whole:
            trouble = Cancelled("The client cancelled this response.")
        *events, done = self.narrator.completed() if trouble is None else self.narrator.cut(trouble, self._bill())
        await self.say(*events)
        self.over(self)  # before its last word is out: whoever has that may ask for the next response at once
        await self.say(done, self._limits())

    async def _tell(self, stream: AsyncGenerator[StreamEvent, None]) -> None:
        async with aclosing(stream) as events:
            self._talking = False
            async for event in events:
                self._talking = True
                await self.say(*self.narrator.take(event))
                if self._cancelled and not isinstance(event, End | Usage):  # what is over needs no cancelling
                    return
                self._talking = False
            self._talking = self._whole = True

    def _bill(self) -> int:
        """What was read for an answer that did not come to its end; its deltas were charged when it was cut."""
        read = prompt_tokens(self.request.messages, self.request.tools) if self.narrator.begun else 0
        self.visit.bill(read)
        return read

    def _limits(self) -> Payload:
        standing = self.visit.sandbox.limits.standing(self.visit.who)
        told = [
            {"name": name, "limit": left.limit, "remaining": left.remaining, "reset_seconds": round(left.seconds, 3)}
            for name, left in (("requests", standing.requests), ("tokens", standing.tokens))
        ]
        return {"type": "rate_limits.updated", "rate_limits": told}
