"""A place where requests wait for each other. Knows tasks; knows nothing of requests."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from labserver.errors import TimedOut
from labserver.racing import first_done


class Waiter(NamedTuple):
    """One who waits for `all_here`, as long as `is_here` says so."""

    all_here: asyncio.Event
    is_here: Callable[[], bool]


class Barrier:
    """One meeting place per head count: the `n`-th to come lets all go, and the next ones meet anew."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[Waiter]] = {}

    async def meet(
        self,
        n: int,
        seconds: float,
        sleep: Callable[[float], Awaitable[None]],
        is_here: Callable[[], bool] = lambda: True,
    ) -> None:
        """Wait until `n` are here. Raises TimedOut after `seconds`.

        One who is cancelled counts no more, and neither does one who has left and is about to be cancelled: between
        the two, the event loop may let the next one in.
        """
        here = self._waiting.setdefault(n, [])
        here[:] = [waiter for waiter in here if waiter.is_here()]
        me = Waiter(asyncio.Event(), is_here)
        here.append(me)
        if len(here) == n:
            for waiter in here:
                waiter.all_here.set()
            here.clear()
            return

        async def give_up() -> bool:
            await sleep(seconds)
            return False

        try:
            if not await first_done(me.all_here.wait(), give_up()):
                raise TimedOut(
                    f"Only {len(here)} of {n} requests were open at once within {seconds:g} s, and this barrier "
                    "answers nobody before all are. Send them side by side."
                )
        finally:
            if me in here:
                here.remove(me)
