"""A few requests begin in one round of the event loop, the others in the next ones. Knows the loop; no request. A leaf.

To read a request and begin its answer costs as much as ten deltas. When a hundred customers ask in the same moment, all
those whose answers are under way would wait until the last newcomer has been read. So newcomers take turns: a few each
round, first come first served, and between two rounds everybody who is being served gets the next word. Where a round
took long, so many are being served that they wait for each other: fewer come in then, until it is short again. Where
nobody is being served, nobody has to ask for a turn.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

AT_ONCE = 6  # more: newcomers hear their first word sooner under a full load, and everybody's words come less evenly
FEW = 2
LONG = 0.03  # seconds of a round: at 50 tokens a second and more, somebody's next word is late by then


class Newcomers:
    """`served` counts whose answers are under way: whoever lets a request in counts it up, and down when it is over."""

    def __init__(self, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic) -> None:
        self.served = 0
        self._at_once = at_once
        self._clock = clock
        self._began = 0.0  # this round
        self._let_in = 0  # in this round
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """Return at once where there is room in this round of the loop, else some rounds later."""
        loop = asyncio.get_running_loop()
        if self._let_in == 0:
            self._began = self._clock()
            loop.call_soon(self._next_round)
        if self._let_in < self._at_once and not self._waiting:
            self._let_in += 1
            return
        mine = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _next_round(self) -> None:
        self._let_in = 0
        before, self._began = self._began, self._clock()
        room = self._at_once if self._began - before < LONG else min(FEW, self._at_once)
        while self._waiting and self._let_in < room:
            first = self._waiting.popleft()
            if not first.done():  # whoever was cancelled has left the queue
                first.set_result(None)
                self._let_in += 1
        if self._let_in:
            asyncio.get_running_loop().call_soon(self._next_round)
