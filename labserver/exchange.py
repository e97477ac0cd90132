"""One exchange as it crossed the wire: what came in, what went out, when, and how it ended. A leaf.

The wiretap fills it, the journal keeps and exports it, faults strike through it. Times are seconds since `opened`.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from labserver.reel import Reel

COMPLETE = "complete"
CLIENT_LEFT = "client left"
CUT = "cut by a fault"
RESET = "reset by a fault"
SERVER_CLOSED = "server closed"

STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


class Onlooker(Protocol):
    """Who is told while it happens. `at` is seconds since the exchange opened."""

    def came_in(self, at: float, data: bytes) -> None: ...
    def went_out(self, at: float, data: bytes) -> None: ...
    def unveiled(self) -> None: ...


def minted() -> str:
    """A request id where no seed wants the same one every time."""
    return f"req_{secrets.token_hex(12)}"


class Wire:
    """The connection under an exchange, as far as a fault may take hold of it; this one is none, and does nothing."""

    def close(self) -> None:
        """With FIN, once what was written has left."""

    def tear(self) -> None:
        """With RST: what the client still sends is lost."""

    def abort(self) -> None:
        """At once, with what was written and has not left."""

    def mute(self) -> None:
        """From now on nothing leaves, not even a pong."""

    def unframe(self, exchange: "Exchange", size: int) -> None:
        """Let this exchange's answer, which has not begun, leave as `size` bytes with neither length nor chunks."""


NO_WIRE = Wire()  # of an exchange that was never on a wire, or is over


@dataclass(slots=True, eq=False)
class Exchange:
    """A request and its answer, or a WebSocket from handshake to goodbye.

    `connection` counts the server's TCP connections, `nth` the exchanges on this one (1 = a new connection).
    `sent` and `received` hold what was read and written in one piece, up to `keep` bytes in all; `kept` counts them,
    `dropped` the bytes past that. `writes` counts every piece written, kept or not; `body_writes` those after the head
    of the final answer. `status` is that answer's. `claimed` says that somebody above has seen the request and decided
    which journal it belongs to; `malformed` that no parser could read it. `unread` counts the bytes of the request's
    body that arrived and that nobody took, once it is known. `overlap` counts the sandbox's other exchanges that were
    open when this one began; `produced_after` the deltas made when nobody was there to read them. `wire` is what it
    crosses, as long as it does: one that is over keeps no connection in memory.
    `mangle`, if there is one, is given each piece before it leaves; what it gives back is what crosses.
    `first_body` is when the first byte after that answer's head left; `bytes_out` counts all bytes, kept or not.
    `streaming` says that the answer is made while it leaves. `sandbox` is an id. Each of `when_ended` is told once.
    `credentials` says which were presented, without any of them; `secrets` is what must not be seen again, and `sift`
    finds more of it in the request's own bytes. While `veiled`, what a WebSocket's client said is not to be shown: it
    may turn out to be a credential.
    """

    connection: int
    nth: int
    keep: int
    wire: Wire = NO_WIRE
    mangle: Callable[[bytes], bytes] | None = None
    websocket: bool = False
    opened: float = field(default_factory=time.monotonic)
    received: Reel = field(default_factory=Reel)
    sent: Reel = field(default_factory=Reel)
    writes: int = 0
    body_writes: int = 0
    status: int | None = None
    claimed: bool = False
    malformed: bool = False
    unread: int | None = None
    overlap: int = 0
    dropped: int = 0
    kept: int = 0
    ended: str | None = None
    seconds: float | None = None
    cause: str | None = None
    fault: str = ""
    produced: int = 0
    produced_after: int = 0
    left_after: int | None = None
    secrets: tuple[bytes, ...] = ()
    credentials: tuple[dict[str, str | None], ...] = ()
    sift: Callable[[bytes], tuple[bytes, ...]] | None = None
    veiled: bool = False
    _closed: asyncio.Event | None = None
    onlooker: Onlooker | None = None
    when_ended: list[Callable[["Exchange"], None]] = field(default_factory=list)
    first_body: float | None = None
    bytes_out: int = 0
    streaming: bool = False
    request_id: str = ""
    sandbox: str = ""

    def came_in(self, data: bytes) -> None:
        at = time.monotonic() - self.opened
        if self._has_room(data):
            self.received.add(at, data)
        if self.onlooker is not None:
            self.onlooker.came_in(at, data)

    def went_out(self, data: bytes) -> None:
        self.writes += 1
        self.bytes_out += len(data)
        at = time.monotonic() - self.opened
        if self.status is not None:
            if data:  # uvicorn writes an empty piece now and then
                self.body_writes += 1
                if self.first_body is None:
                    self.first_body = at
        elif (line := STATUS_LINE.match(data)) and (line[1][:1] != b"1" or line[1] == b"101"):
            self.status = int(line[1])
        if self._has_room(data):
            self.sent.add(at, data)
        if self.onlooker is not None:
            self.onlooker.went_out(at, data)

    def worked(self) -> None:
        """One more delta was made, whether or not anybody is still there."""
        self.produced += 1
        self.produced_after += self.ended is not None

    @property
    def closed(self) -> asyncio.Event:
        """Set once the exchange has ended. Made when somebody asks: most exchanges are never waited for."""
        if self._closed is None:
            self._closed = asyncio.Event()
            if self.ended is not None:
                self._closed.set()
        return self._closed

    def hide(self, *secrets: str | bytes) -> None:
        """These must not be seen again either. Call it before they leave."""
        added = {secret.encode() if isinstance(secret, str) else secret for secret in secrets}
        self.secrets = tuple(sorted({*self.secrets, *added} - {b""}, key=len, reverse=True))

    def unveil(self) -> None:
        """What the client said may be shown, but for its secrets, which are known by now."""
        if self.veiled:
            self.veiled = False
            if self.onlooker is not None:
                self.onlooker.unveiled()

    @property
    def asked(self) -> tuple[str, str]:
        """(method, target) of the request line as it was sent; empty strings where there is none."""
        line = b""
        for _, data in self.received:
            line += data
            if b"\n" in data:
                break
        method, _, rest = line.lstrip(b"\r\n").partition(b"\n")[0].decode("latin-1").partition(" ")
        return method.strip(), rest.partition(" ")[0].strip()

    def keep_at_most(self, keep: int) -> None:
        """Less room than was given at first: what is kept beyond it goes, the latest pieces first."""
        if self.kept + self.keep <= keep:
            return
        self.keep = max(0, keep - self.kept)
        if self.kept <= keep:
            return
        for reel in (self.sent, self.received):
            gone = reel.keep_at_most(max(0, reel.size - max(0, self.kept - keep)))
            self.kept -= gone
            self.dropped += gone

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
        self.wire.close()

    def reset(self) -> None:
        """Break the connection under the answer with RST: what the client has not received by then is lost with it."""
        self.cause = RESET
        self.wire.tear()

    def drop(self, cause: str) -> None:
        """Give the connection up at once, with what its client has not taken: for one that takes nothing any more."""
        self.cause = cause
        self.wire.abort()

    def end(self, how: str) -> None:
        """Close the record, once: the first cause stands."""
        if self.ended is None:
            self.ended = self.cause or how
            self.seconds = time.monotonic() - self.opened
            if self.ended == CLIENT_LEFT:
                self.left_after = self.body_writes
            if self._closed is not None:
                self._closed.set()
            self.wire, self.mangle = NO_WIRE, None
            listeners, self.when_ended = self.when_ended, []  # an ended exchange holds on to nobody
            for told in listeners:
                told(self)
