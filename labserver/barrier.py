"""A place where requests wait for each other. Knows tasks; knows nothing of requests."""

import asyncio
from collections.abc import Awaitable, Callable

from labserver.errors import TimedOut
from labserver.racing import first_done


class Barrier:
    """One meeting place per head count: the `n`-th to come lets all go, and the next ones meet anew."""

    def __init__(self) -> None:
        self._waiting: dict[int, list[asyncio.Event]] = {}

    async def meet(self, n: int, seconds: float, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Wait until `n` are here. Raises TimedOut after `seconds`; one who is cancelled counts no more."""
        here = self._waiting.setdefault(n, [])
        all_here = asyncio.Event()
        here.append(all_here)
        if len(here) == n:
            for waiter in here:
                waiter.set()
            here.clear()
            return

        async def give_up() -> bool:
            await sleep(seconds)
            return False

        try:
            if not await first_done(all_here.wait(), give_up()):
                raise TimedOut(
                    f"Only {len(here)} of {n} requests were open at once within {seconds:g} s, and this barrier "
                    "answers nobody before all are. Send them side by side."
                )
        finally:
            if all_here in here:
                here.remove(all_here)
