"""How many answers one sandbox's model writes at once. Knows tasks and a line of waiters; knows no model."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from labserver.bell import Bell
from labserver.errors import Unavailable
from labserver.racing import first_done

UNTIL_RUNG = 3600.0  # seconds; a bell has only a sleep, and nobody waits for his turn so long


class Slots:
    """First come, first served. Each request says how many may be at work for it to begin."""

    def __init__(self) -> None:
        self.busy = 0
        self._line: deque[tuple[int, asyncio.Event]] = deque()

    @property
    def waiting(self) -> int:
        return len(self._line)

    @asynccontextmanager
    async def turn(self, slots: int, bell: Bell) -> AsyncIterator[None]:
        """Wait until fewer than `slots` are busy, and be one of them meanwhile. 0 waits for nobody and counts not.

        Raises Unavailable when the bell rings first.
        """
        if not slots:
            yield
            return
        mine = (slots, asyncio.Event())
        self._line.append(mine)
        self._let_in()
        try:
            if not mine[1].is_set():
                await first_done(mine[1].wait(), bell.sleep(UNTIL_RUNG))
            if not mine[1].is_set():
                raise Unavailable("The lab server is shutting down. Start it again with `wirelab up`.")
            yield
        finally:
            if mine[1].is_set():
                self.busy -= 1
            else:
                self._line.remove(mine)
            self._let_in()

    def _let_in(self) -> None:
        while self._line and self.busy < self._line[0][0]:
            self.busy += 1
            self._line.popleft()[1].set()
