"""One check of an async answer, to be awaited: it says so itself where somebody forgets. Knows loops and cards.

The judge works in a thread, and the answer in the loop of whoever awaits: in a notebook the kernel's own, to which the
learner's semaphores and clients are bound already.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

from labkit.card import show
from labkit.outcome import Outcome


class Attempt:
    """What `lab.check` gives for an async answer. `await` it; nothing is checked before."""

    def __init__(self, exercise: str, judge: Callable[[asyncio.AbstractEventLoop], Outcome]) -> None:
        self._exercise = exercise
        self._judge = judge
        self._noticed = False  # somebody awaited it, or was told to
        self._given_up = False

    def __await__(self) -> Generator[Any, None, None]:
        self._noticed = True
        return self._run().__await__()

    async def _run(self) -> None:
        try:
            await asyncio.to_thread(self._judged, asyncio.get_running_loop())
        except asyncio.CancelledError:
            self._given_up = True
            raise

    def _judged(self, loop: asyncio.AbstractEventLoop) -> None:
        """Judge, and show it from this thread: where the answer blocks the loop for ever, nobody else could."""
        outcome = self._judge(loop)
        if not self._given_up:  # by an interrupt: its card would land in another cell
            show(outcome)

    def __repr__(self) -> str:
        self._noticed = True
        return (
            f"{self._exercise}  NOT CHECKED  Your answer is async, so its check must be awaited.\n"
            f'  next: await lab.check("{self._exercise}", …)'
        )

    def __del__(self) -> None:
        if not self._noticed:
            print(repr(self))
