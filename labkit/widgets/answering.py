"""One answer while it comes, in a thread and an event loop of its own, so that the kernel stays free. Knows no wire.

JupyterLab sends a widget's messages to a subshell of the kernel, another thread: `stop` may be called from any.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Literal

from labkit.widgets.dialects import AnswerError

FRAME = 1 / 30  # seconds: no page is told more often
State = Literal["waiting", "answering", "complete", "stopped", "failed"]
STOPPED = "Stopped: the connection is closed, and the server saw you leave."


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came so far, or in the end. Times are seconds since the question left; `note` says what went wrong.

    `ttft` is None before the first piece, `rate` is pieces a second after it and None before there are two.
    """

    pieces: tuple[str, ...] = ()
    state: State = "waiting"
    ttft: float | None = None
    rate: float | None = None
    seconds: float = 0.0
    note: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def __repr__(self) -> str:
        count = len(self.pieces)
        return (
            f"<answer: {count} piece{'' if count == 1 else 's'}, {self.state}{f': {self.note}' if self.note else ''}>"
        )


class Answering:
    """Reads `source` to its end, or until `stop`, or until `stop_after` pieces; tells of it at most 30 times a second.

    `told` is called in this thread, the last time with the whole answer just before `future` has it.
    """

    def __init__(
        self,
        source: Callable[[], AsyncGenerator[str, None]],
        told: Callable[[Answer], None],
        stop_after: int | None = None,
    ) -> None:
        self.future: Future[Answer] = Future()
        self.future.set_running_or_notify_cancel()  # nobody who waits for it can cancel it
        self._source, self._told, self._stop_after = source, told, stop_after
        self._guard = threading.Lock()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._pieces: list[str] = []
        self._began = self._first = self._last = self._said = 0.0
        self._late: asyncio.TimerHandle | None = None
        threading.Thread(target=self._run, name="wirelab-answer", daemon=True).start()

    def stop(self) -> None:
        """Cancel the request: the connection closes. Harmless once the answer has ended."""
        with self._guard:
            first, self._stopped = not self._stopped, True
            if first and self._loop is not None and self._task is not None:
                with suppress(RuntimeError):  # it has ended just now, and its loop is closed
                    self._loop.call_soon_threadsafe(self._task.cancel)

    def _run(self) -> None:
        surprise: Exception | None = None
        try:
            state, note = asyncio.run(self._main())
        except Exception as error:  # who awaits gets it whole; the page says what it was
            surprise, state, note = (
                error,
                "failed",
                f"Something went wrong that nobody expected: {type(error).__name__}.",
            )
        answer = self._answer(state, note)
        try:
            self._told(answer)
        finally:
            if surprise is not None:
                self.future.set_exception(surprise)
            else:
                self.future.set_result(answer)

    async def _main(self) -> tuple[State, str]:
        self._began = time.monotonic()
        reading = asyncio.create_task(self._read())
        with self._guard:
            self._loop, self._task = asyncio.get_running_loop(), reading
            if self._stopped:
                reading.cancel()
        await asyncio.wait([reading])
        if self._late is not None:
            self._late.cancel()
        if reading.cancelled() or (reading.exception() is None and self._enough):
            return "stopped", STOPPED
        error = reading.exception()
        if isinstance(error, AnswerError):
            return "failed", str(error)
        if error is not None:
            raise error
        return "complete", ""

    async def _read(self) -> None:
        async with aclosing(self._source()) as pieces:
            async for piece in pieces:
                self._last = time.monotonic()
                self._first = self._first or self._last
                self._pieces.append(piece)
                self._tell()
                if self._enough:
                    return

    @property
    def _enough(self) -> bool:
        return self._stop_after is not None and len(self._pieces) >= self._stop_after

    def _tell(self) -> None:
        """Tell now, or, where that was done a moment ago, once the moment is over."""
        loop = asyncio.get_running_loop()
        wait = self._said + FRAME - self._last
        if wait <= 0:
            self._tell_now()
        elif self._late is None:
            self._late = loop.call_later(wait, self._tell_now)

    def _tell_now(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
        self._said = time.monotonic()
        self._told(self._answer("answering"))

    def _answer(self, state: State, note: str = "") -> Answer:
        count, took = len(self._pieces), self._last - self._first
        return Answer(
            pieces=tuple(self._pieces),
            state=state,
            ttft=self._first - self._began if count else None,
            rate=(count - 1) / took if count > 1 and took > 0 else None,
            seconds=time.monotonic() - self._began,
            note=note,
        )
