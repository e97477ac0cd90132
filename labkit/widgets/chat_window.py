"""A conversation on the page, over any dialect that streams: ask, stop, try again. Speaks no HTTP itself."""

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any

import traitlets

from labkit.widgets.answering import Answer, Answering
from labkit.widgets.dialects import Place, Turn, ask, known
from labkit.widgets.shown import HERE, Shown
from labkit.widgets.stream_view import MODEL, Sandboxed

ENDED = ("complete", "stopped", "failed")


class ChatWindow(Shown):
    """`turns` are the conversation: `{"role", "text", "state", "note"}`; an answer's state is that of `Answer`.

    From a cell: `window.ask("…")`, `await window.done`, `window.stop()`, `window.retry()`.
    """

    _esm = HERE / "chat_window.js"
    dialect = traitlets.Unicode().tag(sync=True)
    turns: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)

    def __init__(self, place: Place, dialect: str) -> None:
        super().__init__(dialect=dialect)
        self._place = place
        self._guard = threading.Lock()  # a click comes in another thread than a cell
        self._answering: Answering | None = None
        self.on_msg(self._heard)

    @property
    def says(self) -> str:
        return (
            f'Chat over {self.dialect}. Without a widget: window.ask("What is tea?"), then `await window.done`;\n'
            "  also window.stop() and window.retry()."
        )

    @property
    def busy(self) -> bool:
        return self._answering is not None and not self._answering.future.done()

    @property
    def done(self) -> "asyncio.Future[Answer]":
        """To await: the newest answer. Raises RuntimeError where nothing was asked."""
        return asyncio.wrap_future(self._newest())

    def wait(self, seconds: float | None = None) -> Answer:
        """The same for code that does not await. Raises TimeoutError after `seconds`."""
        return self._newest().result(seconds)

    def ask(self, text: str) -> None:
        """Say something and let the answer come. While one is coming, or without a word, nothing happens."""
        with self._guard:
            if text.strip() and not self.busy:
                said = {"role": "user", "text": text, "state": "complete", "note": ""}
                self._begin([*self.turns, said])

    def retry(self) -> None:
        """Ask the last question again; the answer that it had goes."""
        with self._guard:
            if self.turns and not self.busy:
                self._begin(self.turns[:-1])

    def stop(self) -> None:
        """Close the connection under the answer that is coming."""
        if self._answering is not None:
            self._answering.stop()

    def _begin(self, turns: list[dict[str, str]]) -> None:
        """Show an answer that waits, at once, and start it. Answers that failed are no part of what was said."""
        self.turns = [*turns, {"role": "assistant", "text": "", "state": "waiting", "note": ""}]
        told = tuple(Turn(turn["role"], turn["text"]) for turn in turns if turn["text"] and turn["state"] != "failed")
        self._answering = Answering(partial(ask, self.dialect, self._place, told), self._show)

    def _show(self, answer: Answer) -> None:
        came = {"role": "assistant", "text": answer.text, "state": answer.state, "note": answer.note}
        self.turns = [*self.turns[:-1], came]

    def _newest(self) -> "Future[Answer]":
        if self._answering is None:
            raise RuntimeError('Nothing was asked yet. Ask first: window.ask("What is tea?").')
        return self._answering.future

    def _heard(self, _: Any, message: dict[str, Any], __: Any) -> None:
        match message:
            case {"do": "ask", "text": str(text)}:
                self.ask(text)
            case {"do": "stop"}:
                self.stop()
            case {"do": "retry"}:
                self.retry()


def chat(
    lab: Sandboxed, *, dialect: str = "openai", model: str = MODEL, headers: Mapping[str, str] | None = None
) -> ChatWindow:
    """A window to talk in: `window = chat(lab)`, then `window` as a cell's last line.

    `dialect` is `openai`, which sends the whole conversation each time, or `query` or `websocket`, which know no
    history and send the last words. Raises LookupError for another.
    """
    return ChatWindow(Place(lab.url, lab.key, model, headers or {}), known(dialect))
