"""A job whose log is written while a real model speaks. Knows one task; knows nothing of HTTP.

A mock's log is worked out when somebody reads it; what a real model will say nobody knows, so a task listens to it and
writes down what it says and when. Until the end the log closes with an event that never happens.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, cast

from labserver import faults, limits
from labserver.errors import LabError
from labserver.events import Text
from labserver.job import PENDING, Event, Job

NEVER = 1e6  # seconds, some eleven days: past the end of every timer here, and what every event loop can count
FUTURE = Event(NEVER, PENDING)


@dataclass(slots=True, eq=False)
class LiveJob(Job):
    """`begin` it once; from then on it is read as any other job is."""

    _task: "asyncio.Task[None] | None" = None

    def begin(self, turn: AbstractAsyncContextManager[None]) -> None:
        """Ask the model as soon as it is this job's `turn`, and listen until it has said everything."""
        self._log = (Event(0.0, "start"), FUTURE)
        self._task = asyncio.create_task(self._listen(turn))

    def stop(self) -> None:
        """Leave the model alone. What was said so far stays, and a log that is not closed ends as failed."""
        if self._task is not None:
            self._task.cancel()

    async def cancel(self) -> bool:
        cancelled = await super(LiveJob, self).cancel()
        if cancelled:
            self.stop()
        return cancelled

    async def _listen(self, turn: AbstractAsyncContextManager[None]) -> None:
        late_error = {name: knobs for name, knobs in self.plan.items() if name == "late_error"}
        events = faults.on_events(limits.charged(self.provider.stream(self.request), self.bill), late_error)
        try:
            async with turn, aclosing(cast("AsyncGenerator[Any, None]", events)) as source:
                async for event in source:
                    if isinstance(event, Text):
                        self._write("token", event.text, FUTURE)
            self._write("complete")
        except LabError as error:
            self._write("failed", error.message)
        except BaseException:  # a bug of ours, or the end of the server: whoever waits must not wait for ever
            self._write("failed", "The lab server stopped listening to the model. Submit the job again.")
            raise
        if self.when_over is not None:
            await self.when_over()

    def _write(self, kind: str, text: str = "", *after: Event) -> None:
        """One more event, now, unless the log is closed; whoever follows it is woken."""
        log = self._log or ()
        if log and log[-1] is FUTURE:
            self._log = (*log[:-1], Event(time.monotonic() - self.submitted, kind, text), *after)
            self._wake()
