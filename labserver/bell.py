"""A sleep that can be ended for everyone at once. Knows the event loop; knows nothing of who sleeps or why. A leaf."""

import asyncio


class Bell:
    """`sleep` waits as asyncio.sleep does, at the same cost; `ring`, once and for all, wakes every sleeper.

    A bell `under` another one is also woken when that one rings.
    """

    def __init__(self, under: "Bell | None" = None) -> None:
        self._rung = False
        self._under = under
        self._sleepers: set[asyncio.Future[None]] = set()

    @property
    def rung(self) -> bool:
        return self._rung or (self._under is not None and self._under.rung)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0 or self.rung:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        sleeper = loop.create_future()
        timer = loop.call_later(seconds, _wake, sleeper)
        self._listen(sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()
            self._forget(sleeper)

    def ring(self) -> None:
        self._rung = True
        for sleeper in tuple(self._sleepers):
            _wake(sleeper)

    def _listen(self, sleeper: asyncio.Future[None]) -> None:
        self._sleepers.add(sleeper)
        if self._under is not None:
            self._under._listen(sleeper)

    def _forget(self, sleeper: asyncio.Future[None]) -> None:
        self._sleepers.discard(sleeper)
        if self._under is not None:
            self._under._forget(sleeper)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
