"""One answer's events, and when each of them happens. Knows models and moments; runs no task, knows no HTTP.

As with a job, the table is a function of what was asked, when, and at which pace: it is written when somebody reads it
first, and the clock says how much of it has happened. So work in the background costs an object and no timer.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, cast

from labserver import faults, limits
from labserver.errors import Cancelled, LabError
from labserver.events import ChatRequest, Delta, StreamEvent, Usage
from labserver.pace import Pace
from labserver.providers import timing
from labserver.providers.base import Provider

STRIKING = ("late_error", "no_usage")  # of a plan's faults, those that act on the model


@dataclass(frozen=True, slots=True)
class Entry:
    """One row, `at` seconds after the beginning (scaled): what the model said, or the error that ended it."""

    at: float
    event: StreamEvent | LabError


@dataclass(slots=True, eq=False)
class Timetable:
    """What was asked of which model. `bill` is told the tokens once, when somebody reads the table first.

    `watchers` are called when it is cut short.
    """

    request: ChatRequest
    provider: Provider
    pace: Pace
    dice: int
    scale: float
    plan: faults.Plan = field(default_factory=dict)
    bill: Callable[[int], None] = lambda tokens: None
    began: float = field(default_factory=time.monotonic)
    watchers: set[Callable[[], None]] = field(default_factory=set)
    _rows: tuple[Entry, ...] | None = None
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def rows(self) -> tuple[Entry, ...]:
        """All of them, also those that have not happened yet."""
        async with self._writing:
            if self._rows is None:
                self._rows = await self._written()
            return self._rows

    async def _written(self) -> tuple[Entry, ...]:
        written: list[Entry] = []
        moment, moments = 0.0, timing.moments(self.provider, self.request, self.pace, self.dice)
        plan = {name: self.plan[name] for name in STRIKING if name in self.plan}
        events = faults.on_events(limits.charged(self.provider.stream(self.request), self.bill), plan)
        try:
            async with aclosing(cast("AsyncGenerator[Any, None]", events)) as source:
                async for event in source:
                    if isinstance(event, Delta):
                        moment = next(moments)
                    said = replace(event, seconds=round(moment, 3)) if isinstance(event, Usage) else event
                    written.append(Entry(moment * self.scale, said))
        except LabError as error:
            at = timing.end(self.provider, moments, moment * self.scale, self.scale) or next(moments) * self.scale
            written.append(Entry(at, error))
        return tuple(written)

    def due_in(self, entry: Entry) -> float:
        """Seconds until it happens; less than none once it has."""
        return self.began + entry.at - time.monotonic()

    async def happened(self) -> tuple[Entry, ...]:
        """The rows up to now."""
        return (await self.rows())[: self._count(time.monotonic() - self.began)]

    async def cancel(self) -> bool:
        """Cut the table here and wake whoever follows it. False, and nothing changes, when all has happened."""
        rows, at = await self.rows(), time.monotonic() - self.began
        count = self._count(at)
        if count == len(rows):
            return False
        self._rows = (*rows[:count], Entry(at, Cancelled("The response was cancelled by its client.")))
        for wake in tuple(self.watchers):
            wake()
        return True

    def _count(self, at: float) -> int:
        return bisect_right(self._rows or (), at, key=lambda entry: entry.at)
