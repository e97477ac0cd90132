"""HTTP/1.1 heads, chunks and event-stream blocks read from recorded bytes. Pure; knows no socket and no server.

Everything comes as pieces of (seconds, bytes) and keeps its time: a chunk or an event happened when its last byte did.
Sources: RFC 9112, sections 2 to 7; WHATWG HTML, "Server-sent events".
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Piece = tuple[float, bytes]

BLOCK_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
LINE_END = re.compile(r"\r\n|\n|\r")  # and nothing else: str.splitlines would also cut at U+2028, which JSON may carry


@dataclass(frozen=True, slots=True)
class Head:
    """A start line and its header lines, as sent: names keep their spelling, values lose outer spaces."""

    start: str
    headers: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event with something in it. `data` joins its lines by a newline."""

    at: float
    data: str
    name: str = "message"
    id: str = ""

    @property
    def json(self) -> dict[str, object]:
        """The data as an object; an empty one where it is not JSON (`[DONE]`, for one)."""
        try:
            value = json.loads(self.data)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


def split(pieces: Iterable[Piece]) -> tuple[Head, list[Piece]]:
    """The head, and the pieces of body behind it. Bytes without a blank line are all head."""
    seen, rest = b"", list(pieces)
    while rest and b"\r\n\r\n" not in seen:
        at, data = rest.pop(0)
        seen += data
        head, blank, body = seen.partition(b"\r\n\r\n")
        if blank:
            return parse_head(head), ([(at, body)] if body else []) + rest
    return parse_head(seen), []


def parse_head(raw: bytes) -> Head:
    start, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return Head(start, tuple((name, value.strip()) for name, _, value in pairs))


def chunks(body: Iterable[Piece]) -> Iterator[Piece]:
    """The chunks of a chunked body without their size lines; the empty last one too, if it came."""
    rest = b""
    for at, data in body:
        rest += data
        while (line_end := rest.find(b"\r\n")) >= 0:
            size = int(rest[:line_end].split(b";")[0] or b"0", 16)
            end = line_end + 2 + size
            if len(rest) < end + 2:
                break
            yield at, rest[line_end + 2 : end]
            rest = rest[end + 2 :]
            if not size:
                return  # trailers may follow (RFC 9112, section 7.1.2)


def events(body: Iterable[Piece]) -> Iterator[Event]:
    """The dispatched events of an event stream; blocks of comments alone are none."""
    rest = b""
    for at, data in body:
        rest += data
        while match := BLOCK_END.search(rest):
            block, rest = rest[: match.start()], rest[match.end() :]
            if (event := _event(at, block.decode("utf-8", "replace"))) is not None:
                yield event


def _event(at: float, block: str) -> Event | None:
    fields: dict[str, list[str]] = {}
    for line in LINE_END.split(block):
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    if "data" not in fields:
        return None
    return Event(at, "\n".join(fields["data"]), fields.get("event", [""])[-1] or "message", fields.get("id", [""])[-1])
