"""The stream view: an answer on the page while it comes, and a button that really stops it. Speaks no HTTP itself."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import traitlets

from labkit.widgets.answering import Answer, Answering
from labkit.widgets.dialects import Place, Turn, ask, known
from labkit.widgets.shown import HERE, Shown

MODEL = "gpt-4o-mini"


class Sandboxed(Protocol):
    """What `labkit.open` gives back: an address and a key."""

    url: str
    key: str


class StreamView(Shown):
    """Shows pieces as they come. `await view.done` or `view.wait()` gives the whole answer, `view.stop()` ends it."""

    _esm = HERE / "stream_view.js"
    question = traitlets.Unicode().tag(sync=True)
    dialect = traitlets.Unicode().tag(sync=True)
    pieces: traitlets.List[str] = traitlets.List().tag(sync=True)
    state = traitlets.Unicode("waiting").tag(sync=True)
    ttft = traitlets.Float(None, allow_none=True).tag(sync=True)
    rate = traitlets.Float(None, allow_none=True).tag(sync=True)
    seconds = traitlets.Float(0.0).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, place: Place, question: str, dialect: str, stop_after: int | None) -> None:
        super().__init__(question=question, dialect=dialect)
        self.on_msg(self._heard)
        source = partial(ask, dialect, place, (Turn("user", question),))
        self._answering = Answering(source, self._show, stop_after)

    @property
    def says(self) -> str:
        return (
            f"Stream view: “{self.question}”, asked over {self.dialect}.\n"
            "  `await view.done` gives the whole answer, `view.stop()` ends it where it is."
        )

    @property
    def done(self) -> "asyncio.Future[Answer]":
        """To await: the answer, once it has ended, however it did."""
        return asyncio.wrap_future(self._answering.future)

    def wait(self, seconds: float | None = None) -> Answer:
        """The same for code that does not await. Raises TimeoutError after `seconds`."""
        return self._answering.future.result(seconds)

    def stop(self) -> None:
        """Close the connection under the answer; the server sees its client leave. The button does this."""
        self._answering.stop()

    def _heard(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message.get("do") == "stop":
            self.stop()

    def _show(self, answer: Answer) -> None:
        with self.hold_sync():
            self.pieces, self.state, self.note = list(answer.pieces), answer.state, answer.note
            self.ttft, self.rate, self.seconds = answer.ttft, answer.rate, answer.seconds


def stream(
    lab: Sandboxed,
    question: str,
    *,
    dialect: str = "query",
    model: str = MODEL,
    headers: Mapping[str, str] | None = None,
    stop_after: int | None = None,
) -> StreamView:
    """Ask, and show the answer as it comes: `view = stream(lab, "What is tea?")`, then `view` as a cell's last line.

    `dialect` is `query`, `openai` or `websocket`; `headers` go along, such as `x-lab-pace`; `stop_after` leaves by
    itself after so many pieces, for a notebook that runs unwatched. Raises LookupError for an unknown dialect.
    """
    place = Place(lab.url, lab.key, model, headers or {})
    return StreamView(place, question, known(dialect), stop_after)
