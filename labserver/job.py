"""One job and its event log. Knows models and moments; runs no task, and knows nothing of HTTP.

The log is a function of what was asked, when, and at which pace: it is worked out when somebody reads it, and the
clock says how much of it has happened. A thousand jobs under way cost a thousand small objects and no timer.
"""

import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast

from labserver import faults, limits
from labserver.errors import LabError
from labserver.events import ChatRequest, Message, Text
from labserver.pace import Pace
from labserver.providers import timing
from labserver.providers.base import Provider

ENDS = {"complete": "completed", "failed": "failed", "cancelled": "cancelled"}  # last event -> status
CANCELLED = "The job was cancelled by its client."
PENDING = "pending"  # stands last in the log of a job whose future nobody knows, and never happens


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a log, `at` seconds after the submit (scaled). Its place in the log is its id.

    `kind` is start, token, complete, failed or cancelled; `text` is a token's text, or why there is no result.
    """

    at: float
    kind: str
    text: str = ""


@dataclass(slots=True)
class Callback:
    """Whom to tell about the end. `deliveries` holds one row per attempt: its number, the answer's status, an error."""

    url: str
    secret: str
    state: str = "waiting"
    attempts: int = 0
    deliveries: list[dict[str, Any]] = field(default_factory=list)

    def view(self) -> dict[str, Any]:
        return {"url": self.url, "state": self.state, "deliveries": self.deliveries}


@dataclass(frozen=True, slots=True)
class State:
    """What a poll sees. `status` is processing, completed, failed or cancelled."""

    status: str
    result: str | None = None
    error: str | None = None


@dataclass(slots=True, eq=False)
class Job:
    """What was asked of which model. `keep` is how many of its newest events a reader may still ask for.

    `bill` is told the tokens once, when they are known: when somebody reads the log first.
    """

    id: str
    session_id: str
    request: ChatRequest
    provider: Provider
    pace: Pace
    dice: int
    scale: float
    keep: int
    plan: faults.Plan = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    callback: Callback | None = None
    submitted: float = field(default_factory=time.monotonic)
    bill: Callable[[int], None] = lambda tokens: None
    watchers: set[Callable[[], None]] = field(default_factory=set)
    when_over: Callable[[], Awaitable[None]] | None = None
    _log: tuple[Event, ...] | None = None

    async def log(self) -> tuple[Event, ...]:
        """Every event from `start` to the end, also those that have not happened yet."""
        if self._log is None:
            self._log = await self._written()
        return self._log

    async def _written(self) -> tuple[Event, ...]:
        written = [Event(0.0, "start")]
        moment, moments = 0.0, timing.moments(self.provider, self.request, self.pace, self.dice)
        late_error = {name: knobs for name, knobs in self.plan.items() if name == "late_error"}
        events = faults.on_events(limits.charged(self.provider.stream(self.request), self.bill), late_error)
        try:
            async with aclosing(cast("AsyncGenerator[Any, None]", events)) as source:
                async for event in source:
                    if isinstance(event, Text):
                        moment = next(moments) * self.scale
                        written.append(Event(moment, "token", event.text))
            end = Event(timing.end(self.provider, moments, moment, self.scale), "complete")
        except LabError as error:
            at = timing.end(self.provider, moments, moment, self.scale) or next(moments) * self.scale
            end = Event(at, "failed", error.message)
        return (*written, end)

    def moment_of(self, event: Event) -> float:
        """When it happens, on time.monotonic's clock."""
        return self.submitted + event.at

    async def happened(self) -> int:
        """How many events there are by now."""
        return _up_to(await self.log(), time.monotonic() - self.submitted)

    async def state(self) -> State:
        log, count = await self.log(), await self.happened()
        if count < len(log):
            return State("processing")
        end = log[-1]
        if end.kind == "complete":
            return State("completed", result="".join(event.text for event in log))
        return State(ENDS[end.kind], error=end.text)

    async def turn(self) -> tuple[Message, ...]:
        """Question and answer, for the memory of a session; nothing while there is no answer."""
        state = await self.state()
        return () if state.result is None else (self.request.messages[-1], Message("assistant", state.result))

    def stop(self) -> None:
        """Nobody will ask for it again. There is no task here that could be ended."""

    async def cancel(self) -> bool:
        """Cut the log here and wake whoever follows it. False, and nothing changes, when the job is over already."""
        log, at = await self.log(), time.monotonic() - self.submitted
        count = _up_to(log, at)
        if count == len(log):
            return False
        self._log = (*log[:count], Event(at, "cancelled", CANCELLED))
        self._wake()
        return True

    def _wake(self) -> None:
        for wake in tuple(self.watchers):
            wake()


def _up_to(log: tuple[Event, ...], at: float) -> int:
    return bisect_right(log, at, key=lambda event: event.at)
