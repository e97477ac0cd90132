"""Whether an answer let its event loop go on: a beat in that loop, and the longest time without one. Judges nothing.

A blocking call looks like any other on the wire. In the loop it does not: while it waits, nobody else's turn comes.
"""

import asyncio
import time

BEAT = 0.02  # seconds


class Pulse:
    """Use it with `with`, from the judge's thread, around the call. `longest` is the longest pause, in seconds.

    Without a loop (`None`: the answer runs in a thread) there is no pulse, and `longest` stays 0.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._last = 0.0
        self.longest = 0.0

    def __enter__(self) -> "Pulse":
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin, self._loop)
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._end)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        self._last = time.monotonic()
        self._task = loop.create_task(self._beat())

    def _end(self) -> None:
        if self._task is not None:
            self._note()
            self._task.cancel()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            self._note()

    def _note(self) -> None:
        now = time.monotonic()
        self.longest, self._last = max(self.longest, now - self._last), now
