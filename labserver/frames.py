"""WebSocket frames read from raw bytes, with the time each one was whole. Knows RFC 6455 section 5.2, nothing else.

Our own reader rather than a library's, because a witness also shows what a library hides or refuses: masks, pings,
reserved bits, a frame too large.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labserver.reel import Segment

OPCODES = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `payload` is unmasked; `size` counts all its bytes on the wire; `at` is seconds since the start.

    `rsv` is the three reserved bits as a number, 0 where no extension is in use.
    """

    at: float
    opcode: str
    fin: bool
    mask: bytes | None
    payload: bytes
    size: int
    rsv: int = 0

    @property
    def close_code(self) -> int | None:
        return int.from_bytes(self.payload[:2], "big") if self.opcode == "close" and len(self.payload) >= 2 else None


def read(segments: Iterable[Segment]) -> Iterator[Frame]:
    """Frames from (seconds, bytes) pieces that start at a frame's first byte. An unfinished last frame is left out."""
    reader = Reader()
    for at, data in segments:
        yield from reader.feed(at, data)


class Reader:
    """Feed it one direction's bytes in order; it yields each frame once it is whole. `rest` is an unfinished one's."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, at: float, data: bytes) -> Iterator[Frame]:
        self.rest += data
        while (frame := _first(at, self.rest)) is not None:
            self.rest = self.rest[frame.size :]
            yield frame


def _first(at: float, data: bytes) -> Frame | None:
    if len(data) < 2:
        return None
    opcode, masked, length = data[0] & 0x0F, bool(data[1] & 0x80), data[1] & 0x7F
    start = 2
    if length >= 126:
        width = 2 if length == 126 else 8
        if len(data) < start + width:
            return None
        length = int.from_bytes(data[start : start + width], "big")
        start += width
    mask = data[start : start + 4] if masked else None
    start += 4 if masked else 0
    if len(data) < start + length:
        return None
    payload = data[start : start + length]
    if mask:
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    name = OPCODES.get(opcode, f"reserved {opcode}")
    return Frame(at, name, bool(data[0] & 0x80), mask, payload, start + length, (data[0] >> 4) & 7)
