"""Pieces of bytes with the moments at which they passed. Knows bytes and numbers. A leaf.

A thousand open streams of a few hundred pieces each are most of what a server holds in memory; as tuples of a float
and bytes, a piece would cost half as much again as what it says. So many pieces are kept flat, and a few as they came.
"""

from array import array
from collections.abc import Iterator

Segment = tuple[float, bytes]
FEW = 4


class Flat:
    """Many pieces: all bytes in one row, with the moment and the end of each."""

    __slots__ = ("bytes", "ends", "moments")

    def __init__(self) -> None:
        self.moments = array("d")
        self.ends = array("Q")
        self.bytes = bytearray()

    def append(self, piece: Segment) -> None:
        self.moments.append(piece[0])
        self.bytes += piece[1]
        self.ends.append(len(self.bytes))

    def __iter__(self) -> Iterator[Segment]:
        start = 0
        for at, end in zip(self.moments, self.ends, strict=True):
            yield at, bytes(self.bytes[start:end])
            start = end

    def __len__(self) -> int:
        return len(self.ends)


class Reel:
    """`for at, data in reel`: the pieces in order. Its truth is whether there is any, its length how many.

    `size` is all bytes of all pieces.
    """

    __slots__ = ("_pieces", "size")

    def __init__(self) -> None:
        self._pieces: list[Segment] | Flat = []
        self.size = 0

    def add(self, at: float, data: bytes) -> None:
        if len(self._pieces) == FEW and isinstance(self._pieces, list):
            self._pieces = _flat(self._pieces)
        self._pieces.append((at, bytes(data)))
        self.size += len(data)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._pieces)

    def __len__(self) -> int:
        return len(self._pieces)

    def keep_at_most(self, size: int) -> int:
        """Let go of what is beyond so many bytes, the latest first. Gives the number of bytes that went."""
        gone, room = max(0, self.size - max(0, size)), size
        kept: list[Segment] = []
        for at, data in self:
            if room > 0:
                kept.append((at, data[:room]))
                room -= len(data)
        self._pieces, self.size = kept if len(kept) <= FEW else _flat(kept), self.size - gone
        return gone


def _flat(pieces: list[Segment]) -> Flat:
    flat = Flat()
    for piece in pieces:
        flat.append(piece)
    return flat
