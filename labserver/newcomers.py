"""A few requests begin in one round of the event loop, the others in the next ones. Knows the loop; no request. A leaf.

To read a request and begin its answer costs as much as ten deltas. When a hundred customers ask in the same moment, all
those whose answers are under way would wait until the last newcomer has been read. So newcomers take turns: a few each
round, first come first served, and between two rounds everybody who is being served gets the next word. Where nobody is
being served, nobody has to ask for a turn.
"""

import asyncio
from collections import deque

AT_ONCE = 6  # more: newcomers hear their first word sooner under a full load, and everybody's words come less evenly


class Newcomers:
    """`served` counts whose answers are under way: whoever lets a request in counts it up, and down when it is over."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self.served = 0
        self._at_once = at_once
        self._let_in = 0  # in this round
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """Return at once where there is room in this round of the loop, else some rounds later."""
        loop = asyncio.get_running_loop()
        if self._let_in == 0:
            loop.call_soon(self._next_round)
        if self._let_in < self._at_once and not self._waiting:
            self._let_in += 1
            return
        mine = loop.create_future()
        self._waiting.append(mine)
        await mine

    def _next_round(self) -> None:
        self._let_in = 0
        while self._waiting and self._let_in < self._at_once:
            first = self._waiting.popleft()
            if not first.done():  # whoever was cancelled has left the queue
                first.set_result(None)
                self._let_in += 1
        if self._let_in:
            asyncio.get_running_loop().call_soon(self._next_round)
