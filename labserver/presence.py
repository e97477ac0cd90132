"""Whoever talks stops when nobody is there any more. Knows exchanges and tasks; knows nothing of what is said."""

import asyncio
from typing import Self, cast

from labserver.exchange import Exchange


class Presence:
    """Cancels the task that talks when the exchange ends under it, and lets it return as if it had come to its end.

    Starlette waits for the client's leaving in a task beside the talking one; the exchange knows it anyway.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._left = False

    def __enter__(self) -> Self:
        self._task = cast("asyncio.Task[None]", asyncio.current_task())
        if self._exchange.ended is None:
            self._exchange.when_ended.append(self._gone)
        else:
            self._gone(self._exchange)
        return self

    def _gone(self, _: Exchange) -> None:
        self._left = True
        self._task.cancel()

    def over(self) -> None:
        """All is said: that the exchange ends now is as it should be."""
        if self._gone in self._exchange.when_ended:
            self._exchange.when_ended.remove(self._gone)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self.over()
        if not self._left or kind is not asyncio.CancelledError:
            return False
        self._task.uncancel()
        return True
