"""One HTTP message out of the pieces that crossed: head, body without its chunk lines. Pure; knows no journal. A leaf.

Generous, for it also reads what a parser refused and what was cut in the middle.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

BLANK = re.compile(rb"\r?\n\r?\n")
INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)\d\d ")
SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,15})\s*(?:;|\Z)")  # a chunk's, before its extensions
GZIP_OR_ZLIB = 47  # zlib's number for: whichever of the two the header names
MOST_DECODED = 8 * 1024 * 1024  # a small body may unpack to a huge one


@dataclass(frozen=True, slots=True)
class Message:
    """`start` is the request or status line; `head_size` counts the head's bytes, its blank line too, -1 if unknown.

    `body` is without chunk lines, `decoded` also without gzip.
    """

    start: str
    headers: tuple[tuple[str, str], ...]
    head_size: int
    body: bytes
    decoded: bytes

    def fields(self, name: str) -> list[str]:
        return [value for field, value in self.headers if field.lower() == name]

    def field(self, name: str) -> str:
        return next(iter(self.fields(name)), "")


def read(pieces: Iterable[tuple[float, str]]) -> Message:
    """The final message of these (seconds, latin-1) pieces: an interim answer (100) before it is passed over."""
    raw = "".join(text for _, text in pieces).encode("latin-1")
    while INTERIM.match(raw) and (end := BLANK.search(raw)):
        raw = raw[end.end() :]
    blank = BLANK.search(raw)
    head, body = (raw[: blank.start()], raw[blank.end() :]) if blank else (raw, b"")
    start, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    named = (line.partition(":") for line in lines if ":" in line)
    headers = tuple((name, value.strip(" \t")) for name, _, value in named)
    message = Message(start, headers, blank.end() if blank else -1, body, body)
    if "chunked" in message.field("transfer-encoding").lower():
        body = unchunked(body)
    packed = message.field("content-encoding").lower() in ("gzip", "x-gzip", "deflate")
    return Message(start, headers, message.head_size, body, _unpacked(body) if packed else body)


def unchunked(body: bytes) -> bytes:
    """The data of the chunks, as far as it came."""
    return b"".join(body[start:end] for start, end in chunk_spans(body))


def chunk_spans(body: bytes) -> list[tuple[int, int]]:
    """Where the data of each chunk begins and ends, as far as it came."""
    spans: list[tuple[int, int]] = []
    at = 0
    while (end := body.find(b"\r\n", at)) >= 0:
        line = SIZE.match(body, at, end)
        size = int(line[1], 16) if line is not None else 0
        if not size:
            break
        spans.append((end + 2, min(end + 2 + size, len(body))))
        at = end + 2 + size + 2
    return spans


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(GZIP_OR_ZLIB).decompress(body, MOST_DECODED)
    except zlib.error:
        return body
