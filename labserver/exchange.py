"""One exchange as it crossed the wire: what came in, what went out, when, and how it ended. A leaf.

The wiretap fills it, the journal keeps and exports it, faults strike through it. Times are seconds since `opened`.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Segment = tuple[float, bytes]

COMPLETE = "complete"
CLIENT_LEFT = "client left"
CUT = "cut by a fault"
RESET = "reset by a fault"
SERVER_CLOSED = "server closed"


def _no_wire() -> None:
    """An exchange that was never on a wire has nothing to break."""


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its answer, or a WebSocket from handshake to goodbye.

    `connection` counts the server's TCP connections, `nth` the exchanges on this one (1 = a new connection).
    `sent` and `received` hold what was read and written in one piece, up to `keep` bytes in all; `kept` counts them,
    `dropped` the bytes past that. `writes` counts every piece written, kept or not. `hang_up` closes the connection
    with FIN, `tear` with RST, and after `mute` nothing more leaves on it.
    """

    connection: int
    nth: int
    hang_up: Callable[[], None]
    keep: int
    tear: Callable[[], None] = _no_wire
    mute: Callable[[], None] = _no_wire
    websocket: bool = False
    opened: float = field(default_factory=time.monotonic)
    received: list[Segment] = field(default_factory=list)
    sent: list[Segment] = field(default_factory=list)
    writes: int = 0
    dropped: int = 0
    kept: int = 0
    ended: str | None = None
    seconds: float | None = None
    cause: str | None = None
    fault: str = ""
    produced: int = 0
    secrets: tuple[bytes, ...] = ()
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def came_in(self, data: bytes) -> None:
        if self._has_room(data):
            self.received.append((time.monotonic() - self.opened, data))

    def went_out(self, data: bytes) -> None:
        self.writes += 1
        if self._has_room(data):
            self.sent.append((time.monotonic() - self.opened, data))

    def keep_at_most(self, keep: int) -> None:
        """Less room than was given at first: what is kept beyond it goes, the latest pieces first."""
        if self.kept + self.keep <= keep:
            return
        self.keep = max(0, keep - self.kept)
        for pieces in (self.sent, self.received):
            while self.kept > keep and pieces:
                at, data = pieces.pop()
                rest = max(0, len(data) - (self.kept - keep))
                self.kept -= len(data) - rest
                self.dropped += len(data) - rest
                if rest:
                    pieces.append((at, data[:rest]))

    def _has_room(self, data: bytes) -> bool:
        if self.keep >= len(data):
            self.keep -= len(data)
            self.kept += len(data)
            return True
        self.keep = 0
        self.dropped += len(data)
        return False

    def cut(self, cause: str = CUT) -> None:
        """Close the connection under the answer: what was written still leaves, then FIN."""
        self.cause = cause
        self.hang_up()

    def reset(self) -> None:
        """Break the connection under the answer with RST: what the client has not received by then is lost with it."""
        self.cause = RESET
        self.tear()

    def end(self, how: str) -> None:
        """Close the record, once: the first cause stands."""
        if self.ended is None:
            self.ended = self.cause or how
            self.seconds = time.monotonic() - self.opened
            self.closed.set()
