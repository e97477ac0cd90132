"""HTTP/1.1 heads, chunks and event-stream blocks read from recorded bytes. Pure; knows no socket and no server.

Everything comes as pieces of (seconds, bytes) and keeps its time: a chunk or an event happened when its last byte did.
Sources: RFC 9112, sections 2 to 7; WHATWG HTML, "Server-sent events".
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Piece = tuple[float, bytes]

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\n|\r")  # and nothing else: str.splitlines would also cut at U+2028
SIZE_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?$")
INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d ")


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
    """The head, and the pieces of body behind it. Bytes without a blank line are all head.

    Interim answers (`100 Continue` and its like, RFC 9110 section 15.2) come before the head and are passed over.
    """
    seen, rest = b"", list(pieces)
    while rest:
        at, data = rest.pop(0)
        seen += data
        head, blank, body = seen.partition(b"\r\n\r\n")
        while blank and INTERIM.match(head):
            seen = body
            head, blank, body = seen.partition(b"\r\n\r\n")
        if blank:
            return parse_head(head), ([(at, body)] if body else []) + rest
    return parse_head(seen), []


def parse_head(raw: bytes) -> Head:
    start, *lines = raw.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return Head(start, tuple((name, value.strip(" \t")) for name, _, value in pairs))


def chunks(body: Iterable[Piece]) -> Iterator[Piece]:
    """The chunks of a chunked body without their size lines; the empty last one too, if it came.

    What follows a size line that is none is passed over: nobody could say what it is.
    """
    rest = b""
    for at, data in body:
        rest += data
        while (line_end := rest.find(b"\r\n")) >= 0:
            size_line = SIZE_LINE.match(rest[:line_end])
            if size_line is None:
                return
            end = line_end + 2 + int(size_line[1], 16)
            if len(rest) < end + 2:
                break
            yield at, rest[line_end + 2 : end]
            rest = rest[end + 2 :]


def events(body: Iterable[Piece]) -> Iterator[Event]:
    """The dispatched events of an event stream; blocks of comments alone are none."""
    block: list[str] = []
    for at, line in _lines(body):
        if line:
            block.append(line)
        elif (event := _event(at, block)) is not None:
            yield event
        if not line:
            block = []


def _lines(body: Iterable[Piece]) -> Iterator[tuple[float, str]]:
    """Whole lines, ended by LF, CR LF or CR, each with the time of its end. One byte order mark at the start goes."""
    rest, fresh, after_cr = b"", True, False
    for at, data in body:
        rest += data
        if fresh and (len(rest) >= len(BOM) or not BOM.startswith(rest)):
            rest, fresh = rest.removeprefix(BOM), False
        if after_cr and rest:
            rest, after_cr = rest.removeprefix(b"\n"), False
        while not fresh and (end := LINE_END.search(rest)):
            after_cr = end[0] == b"\r" and end.end() == len(rest)
            yield at, rest[: end.start()].decode("utf-8", "replace")
            rest = rest[end.end() :]


def _event(at: float, block: list[str]) -> Event | None:
    fields: dict[str, list[str]] = {}
    for line in block:
        name, _, value = line.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    if "data" not in fields:
        return None
    ids = [value for value in fields.get("id", []) if "\0" not in value]
    return Event(at, "\n".join(fields["data"]), fields.get("event", [""])[-1] or "message", ids[-1] if ids else "")
