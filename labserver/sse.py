"""Server-sent events as bytes: encode one event, decode a stream fed in any pieces. Pure; a leaf.

Source: WHATWG HTML, "Server-sent events", sections 9.2.5 and 9.2.6.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass

DONE = b"data: [DONE]\n\n"
MEDIA_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One dispatched event. `id` is the last event id in force, which persists over events that carry none."""

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None


def encode(data: str, event: str | None = None, id: str | None = None) -> bytes:
    """One event in UTF-8, ended by a blank line. Each line of `data` becomes a `data:` line of its own."""
    lines = []
    if event is not None:
        lines.append(f"event: {event}")
    if id is not None:
        lines.append(f"id: {id}")
    lines += [f"data: {line}" for line in _lines_of(data)]
    return ("\n".join(lines) + "\n\n").encode()


def comment(text: str = "") -> bytes:
    """A comment block, which every parser ignores: it keeps a quiet connection from being closed on the way."""
    return f": {text}\n\n".encode()


def _lines_of(data: str) -> list[str]:
    return data.replace("\r\n", "\n").replace("\r", "\n").split("\n")


class Decoder:
    """Feed it bytes cut anywhere; it yields whole events. An unfinished last block is never dispatched."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._after_cr = False  # an LF that comes next belongs to the CR that ended the last line
        self._fresh = True
        self._data: list[str] = []
        self._event = ""
        self._id = ""
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        text = self._utf8.decode(chunk)
        if self._fresh and text:
            text, self._fresh = text.removeprefix("\ufeff"), False
        self._rest += text
        while (line := self._next_line()) is not None:
            if (event := self._take(line)) is not None:
                yield event

    def _next_line(self) -> str | None:
        if self._after_cr and self._rest:
            self._rest, self._after_cr = self._rest.removeprefix("\n"), False
        ends = [at for at in (self._rest.find("\r"), self._rest.find("\n")) if at >= 0]
        if not ends:
            return None
        at = min(ends)
        self._after_cr = self._rest[at] == "\r"
        line, self._rest = self._rest[:at], self._rest[at + 1 :]
        return line

    def _take(self, line: str) -> ServerSentEvent | None:
        if line == "":
            return self._dispatch()
        field, colon, value = line.partition(":")
        if field == "" and colon:
            return None
        value = value.removeprefix(" ")
        if field == "data":
            self._data.append(value)
        elif field == "event":
            self._event = value
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and value.isascii() and value.isdigit() and len(value) < 20:
            self._retry = int(value)
        return None

    def _dispatch(self) -> ServerSentEvent | None:
        data, name, self._data, self._event = self._data, self._event, [], ""
        if not data:
            return None
        return ServerSentEvent("\n".join(data), name or "message", self._id, self._retry)
