"""Colour where a terminal shows it, plain text elsewhere. Knows rich; every line says the same in words."""

import json
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

STYLES = {
    "asked": "cyan",
    "said": "green",
    "good": "bold green",
    "warned": "bold yellow",
    "broken": "bold red",
    "quiet": "dim",
    "": "",
}
# What would move a terminal's cursor or change its colours, and the marks that turn a line's direction.
MOVING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

Part = tuple[str, str]


class Easel:
    """Lines for a reader. rich decides about colour: a terminal gets it, a pipe not, and NO_COLOR is honoured.

    What belongs to the answer goes to `out`, what is said about it aside, to `err`: `wirelab send get … | jq .` works.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out, self._err = _console(out or sys.stdout), _console(err or sys.stderr)
        self._begun = False

    @property
    def live(self) -> bool:
        """Whether a person reads."""
        return self._out.is_terminal

    def line(self, *parts: Part) -> None:
        """(words, style) in a row. A terminal that is too narrow gets the beginning: the journal has the rest."""
        self._end_line()
        _draw(self._out, parts)

    def aside(self, *parts: Part) -> None:
        self._end_line()
        _draw(self._err, parts)

    def json(self, said: Mapping[str, Any]) -> None:
        """One object a line, for a program."""
        self._write(json.dumps(said, ensure_ascii=False) + "\n")

    def words(self, text: str) -> None:
        """A piece of an answer as it comes, without a line's end."""
        self._write(harmless(text) if self.live else text)

    def body(self, body: bytes) -> None:
        """A whole answer, JSON indented."""
        try:
            text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
        except ValueError:
            text = body.decode("utf-8", "replace")
        self._write(harmless(text) + ("\n" if text else ""))

    def raw(self, piece: bytes) -> None:
        """Bytes as they came, for a pipe or a file."""
        buffer = getattr(self._out.file, "buffer", None)
        if buffer is None:
            self._write(piece.decode("utf-8", "replace"))
            return
        buffer.write(piece)
        buffer.flush()

    def _end_line(self) -> None:
        if self._begun:
            self._write("\n")

    def _write(self, text: str) -> None:
        self._begun = not text.endswith("\n") if text else self._begun
        self._out.file.write(text)
        self._out.file.flush()


def harmless(text: str) -> str:
    return MOVING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def of_status(status: int | None) -> str:
    return "broken" if status is None or status >= 500 else "warned" if status >= 400 else "good"


def of_end(ended: str | None) -> str:
    return "good" if ended == "complete" else "warned" if ended in ("client left", "server closed") else "broken"


def _console(file: TextIO) -> Console:
    return Console(file=file, highlight=False, markup=False, emoji=False, soft_wrap=True)


def _draw(console: Console, parts: tuple[Part, ...]) -> None:
    text = Text()
    for words, style in parts:
        text.append(words, STYLES[style])
    if console.is_terminal:
        text.truncate(max(console.width, 40), overflow="ellipsis")
    console.print(text)
    console.file.flush()
