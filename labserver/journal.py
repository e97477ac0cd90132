"""What the bytes were: a ring of exchanges, exported as plain JSON with every credential blotted out.

Knows exchanges and frames; knows no sandbox and no dialect. Bytes leave as latin-1 text, one character per byte, which
JSON carries unharmed and `.encode("latin-1")` turns back.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from labserver import frames
from labserver.exchange import Exchange, Segment

TELLING = 12  # bytes: a shorter piece of a key tells nobody anything


@dataclass(frozen=True, slots=True)
class Entry:
    """One exchange in its sandbox: its number there, and the number of its TCP connection there; both from 1."""

    number: int
    connection: int
    exchange: Exchange


class Journal:
    """The last `size` exchanges of one sandbox, oldest first, and of those no more than about `budget` bytes."""

    def __init__(self, size: int, budget: int = 16 * 1024 * 1024) -> None:
        self._ring: deque[Entry] = deque(maxlen=size)
        self._budget = budget
        self._weigh_every = max(1, size // 8)  # a look at all of them is not for every request
        self._count = 0
        self._connections = 0

    def open(self, exchange: Exchange) -> None:
        self._count += 1
        self._ring.append(Entry(self._count, self._connection_of(exchange), exchange))
        if self._count % self._weigh_every == 0:
            self._lighten()

    def _connection_of(self, exchange: Exchange) -> int:
        earlier = reversed(self._ring) if exchange.nth > 1 else ()
        for entry in earlier:
            if entry.exchange.connection == exchange.connection:
                return entry.connection
        self._connections += 1
        return self._connections

    def _lighten(self) -> None:
        """Let the oldest go until what is left fits the budget; the newest always stays."""
        weight = sum(entry.exchange.kept for entry in self._ring)
        while weight > self._budget and len(self._ring) > 1:
            weight -= self._ring.popleft().exchange.kept

    def clear(self) -> None:
        self._ring.clear()
        self._count = self._connections = 0

    @property
    def count(self) -> int:
        """How many exchanges were opened since the start or the last `clear`, kept or not."""
        return self._count

    def still_open(self) -> list[Exchange]:
        return [entry.exchange for entry in self._ring if entry.exchange.ended is None]

    def records(self, last: int | None = None) -> list[dict[str, Any]]:
        chosen = list(self._ring)[-last:] if last else list(self._ring)
        return [record(entry.number, entry.connection, entry.exchange) for entry in chosen]


def record(number: int, connection: int, exchange: Exchange) -> dict[str, Any]:
    """One exchange as JSON. `connection` counts from 1 within the sandbox.

    `request` and `response` are lists of [seconds, bytes as latin-1]; a WebSocket's bytes after its handshake are
    `frames` instead. `ended` is null while it is open. `produced` counts the deltas that the model made.
    """
    received, sent = redact(exchange.received, exchange.secrets), redact(exchange.sent, exchange.secrets)
    shown: list[dict[str, Any]] = []
    if exchange.websocket and _upgraded(sent):
        received, after_request = split_head(received)
        sent, after_answer = split_head(sent)
        inbound = _frames("received", after_request, exchange.secrets)
        outbound = _frames("sent", after_answer, exchange.secrets)
        shown = sorted(inbound + outbound, key=lambda frame: frame["at"])
    return {
        "number": number,
        "kind": "websocket" if exchange.websocket else "http",
        "connection": connection,
        "nth": exchange.nth,
        "opened": exchange.opened,
        "request": _export(received),
        "response": _export(sent),
        "frames": shown,
        "writes": exchange.writes,
        "dropped": exchange.dropped,
        "ended": exchange.ended,
        "seconds": exchange.seconds,
        "fault": exchange.fault,
        "produced": exchange.produced,
    }


def redact(segments: list[Segment], secrets: tuple[bytes, ...]) -> list[Segment]:
    """The same pieces without the secrets. A secret cut in two by the network joins its pieces."""
    if not secrets:
        return segments
    if _is_cut([data for _, data in segments], secrets):
        segments = [(segments[0][0], b"".join(data for _, data in segments))]
    return [(at, _blot(data, secrets)) for at, data in segments]


def _is_cut(pieces: list[bytes], secrets: tuple[bytes, ...]) -> bool:
    """Whether some secret begins in one piece and ends in another."""
    whole = b"".join(pieces)
    return any(whole.count(secret) > sum(piece.count(secret) for piece in pieces) for secret in secrets)


def _blot(data: bytes, secrets: tuple[bytes, ...]) -> bytes:
    """Without the secrets, and without any telling piece of one: an answer may repeat a key and leave in slices."""
    for secret in secrets:
        if any(block in data for block in _blocks(secret)):
            for size in range(len(secret), min(len(secret), TELLING) - 1, -1):
                for start in range(len(secret) - size + 1):
                    piece = secret[start : start + size]
                    data = data.replace(piece, mask(piece))
    return data


@lru_cache(maxsize=4096)
def _blocks(secret: bytes) -> tuple[bytes, ...]:
    """Neighbouring blocks so short that every telling piece holds a whole one: a quick look before the slow one."""
    width = min(len(secret), (TELLING + 1) // 2)
    return tuple(secret[at : at + width] for at in range(0, len(secret) - width + 1, width))


def mask(secret: bytes) -> bytes:
    """What stands where a secret stood: as long as it was, so that every length on the wire stays true."""
    return b"[key" + b"*" * (len(secret) - 5) + b"]" if len(secret) > 4 else b"*" * len(secret)


def split_head(segments: list[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Cut the pieces after the first blank line: the handshake, and what came after it."""
    seen = b""
    for index, (at, data) in enumerate(segments):
        seen += data
        end = seen.find(b"\r\n\r\n")
        if end >= 0:
            here = len(data) - (len(seen) - (end + 4))
            tail = [(at, data[here:])] if data[here:] else []
            return [*segments[:index], (at, data[:here])], tail + segments[index + 1 :]
    return segments, []


def _upgraded(sent: list[Segment]) -> bool:
    """Whether the handshake was accepted; a refusal is plain HTTP to its end."""
    return b"".join(data for _, data in sent[:1]).startswith(b"HTTP/1.1 101 ")


def _frames(direction: str, segments: list[Segment], secrets: tuple[bytes, ...]) -> list[dict[str, Any]]:
    """The frames of one direction. A secret that was cut over the fragments of a message moves into its first one."""
    read = list(frames.read(segments))
    payloads = [frame.payload for frame in read]
    data = [index for index, frame in enumerate(read) if frame.opcode in ("text", "binary", "continuation")]
    if _is_cut([payloads[index] for index in data], secrets):
        joined = b"".join(payloads[index] for index in data)
        for index in data:
            payloads[index] = b""
        payloads[data[0]] = joined
    return [_frame(direction, frame, _blot(data, secrets)) for frame, data in zip(read, payloads, strict=True)]


def _frame(direction: str, frame: frames.Frame, payload: bytes) -> dict[str, Any]:
    return {
        "at": frame.at,
        "direction": direction,
        "opcode": frame.opcode,
        "fin": frame.fin,
        "mask": frame.mask.hex() if frame.mask else None,
        "payload": payload.decode("latin-1"),
        "size": frame.size,
        "close_code": frame.close_code,
    }


def _export(segments: Iterable[Segment]) -> list[tuple[float, str]]:
    return [(at, data.decode("latin-1")) for at, data in segments]
