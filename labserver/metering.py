"""Where one HTTP request ends and the next begins. Knows RFC 9112 sections 5 to 7; keeps no bytes. A leaf.

A parser would know too, but httptools does not tell; the wiretap must give every byte to its own request.
"""

import re

LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)


class Meter:
    """Feed it a connection's bytes in order: `feed` says how many of them are still this request's."""

    def __init__(self) -> None:
        self._head = b""
        self._left: int | None = None  # bytes of body (or of this chunk with its CRLF) still to come
        self._chunked = False
        self._line = b""
        self._last_chunk = False
        self.done = False

    def feed(self, data: bytes) -> int:
        """How many of these bytes belong to this request; fewer than all of them means that it is `done`."""
        at = 0
        while at < len(data) and not self.done:
            at += self._take(data[at:])
        return at

    def _take(self, data: bytes) -> int:
        if self._left is None:
            return self._take_head(data)
        if self._left:
            taken = min(self._left, len(data))
            self._left -= taken
            self.done = not self._left and not self._chunked
            return taken
        return self._take_chunk_line(data)

    def _take_head(self, data: bytes) -> int:
        before = len(self._head)
        self._head += data
        end = self._head.find(b"\r\n\r\n", max(0, before - 3))
        if end < 0:
            return len(data)
        head, self._head = self._head[: end + 2], b""
        self._chunked = CHUNKED.search(head) is not None
        length = LENGTH.search(head)
        self._left = int(length[1]) if length and not self._chunked else 0
        self.done = not self._left and not self._chunked
        return end + 4 - before

    def _take_chunk_line(self, data: bytes) -> int:
        """A chunk's size line, or, behind the last chunk, a trailer line; the empty one ends the request."""
        before = len(self._line)
        self._line += data
        end = self._line.find(b"\r\n", max(0, before - 1))
        if end < 0:
            return len(data)
        line, self._line = self._line[:end], b""
        if self._last_chunk:
            self.done = not line
        elif size := _size(line):
            self._left = size + 2
        else:
            self._last_chunk = True
        return end + 2 - before


def _size(line: bytes) -> int:
    """The size in a chunk's first line; 0 for one that is no size, which ends the connection anyway."""
    digits = line.partition(b";")[0].strip()
    return int(digits, 16) if re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits) else 0
