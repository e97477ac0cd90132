"""Pieces of bytes with the moments at which they passed, kept flat. Knows bytes and numbers. A leaf.

A thousand open streams of a few hundred pieces each are most of what a server holds in memory; as tuples of a float
and bytes, a piece would cost half as much again as what it says.
"""

from array import array
from collections.abc import Iterator

Segment = tuple[float, bytes]


class Reel:
    """`for at, data in reel`: the pieces in order. Its truth is whether there is any, its length how many."""

    __slots__ = ("_bytes", "_ends", "_moments")

    def __init__(self) -> None:
        self._moments = array("d")
        self._ends = array("Q")
        self._bytes = bytearray()

    def add(self, at: float, data: bytes) -> None:
        self._moments.append(at)
        self._bytes += data
        self._ends.append(len(self._bytes))

    def __iter__(self) -> Iterator[Segment]:
        start = 0
        for at, end in zip(self._moments, self._ends, strict=True):
            yield at, bytes(self._bytes[start:end])
            start = end

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def size(self) -> int:
        """All bytes of all pieces."""
        return len(self._bytes)

    def keep_at_most(self, size: int) -> int:
        """Let go of what is beyond so many bytes, the latest first. Gives the number of bytes that went."""
        gone = max(0, len(self._bytes) - max(0, size))
        while self._ends and self._ends[-1] > size:
            start = self._ends[-2] if len(self._ends) > 1 else 0
            if start < size:
                self._ends[-1] = size
            else:
                self._ends.pop()
                self._moments.pop()
        del self._bytes[max(0, size) :]
        return gone
