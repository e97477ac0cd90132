"""A sleep that can be ended for everyone at once. Knows the event loop; knows nothing of who sleeps or why. A leaf."""

import asyncio


class Bell:
    """`sleep` waits as asyncio.sleep does, at the same cost; `ring`, once and for all, wakes every sleeper."""

    def __init__(self) -> None:
        self.rung = False
        self._sleepers: set[asyncio.Future[None]] = set()

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0 or self.rung:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        sleeper = loop.create_future()
        timer = loop.call_later(seconds, _wake, sleeper)
        self._sleepers.add(sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._sleepers.discard(sleeper)

    def ring(self) -> None:
        self.rung = True
        for sleeper in tuple(self._sleepers):
            _wake(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
