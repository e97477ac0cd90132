"""A recording door before a learner's own server: what passes becomes exchanges. Knows sockets; judges nothing.

Every byte goes through unchanged, both ways, with its time. An exchange begins with the first bytes that a client sends
on a connection, or sends after an answer was whole (HTTP/1.1 without pipelining, which no client here uses).
"""

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from labkit import bytestream
from labkit.bytestream import Piece
from labkit.exchange import Exchange

KEPT = 1024 * 1024  # bytes of each direction of one exchange
READ = 65536
BODYLESS = (204, 304)


@dataclass(slots=True)
class Passing:
    """One exchange while it passes; `ended` is why it is over where the answer does not say so itself."""

    number: int
    connection: int
    nth: int
    opened: float
    began: float
    asked: list[Piece] = field(default_factory=list)
    answered: list[Piece] = field(default_factory=list)
    ended: str | None = None
    dropped: int = 0
    overlap: int = 0

    def keep(self, pieces: list[Piece], data: bytes) -> None:
        room = KEPT - sum(len(piece) for _, piece in pieces)
        self.dropped += max(0, len(data) - room)
        if room > 0:
            pieces.append((time.monotonic() - self.began, data[:room]))

    def frozen(self) -> Exchange:
        seen = self._as("http", self.ended)
        if seen.status == 101:
            return self._as("websocket", self.ended)
        return self._as("http", "complete") if self.ended is None and _whole(seen) else seen

    def _as(self, kind: str, ended: str | None) -> Exchange:
        last = (self.answered or self.asked)[-1][0] if self.asked else 0.0
        return Exchange(
            number=self.number,
            kind=kind,
            connection=self.connection,
            nth=self.nth,
            opened=self.opened,
            sent_by_client=tuple(self.asked),
            sent_by_server=tuple(self.answered),
            frames=(),
            ended=ended,
            seconds=last if ended else None,
            fault="",
            produced=0,
            dropped=self.dropped,
            reused=self.nth > 1,
            overlap=self.overlap,
        )


def _whole(seen: Exchange) -> bool:
    """Whether the answer says of itself that it is over."""
    if seen.status is None:
        return False
    pieces = bytestream.split(seen.sent_by_server)[1]
    length = seen.response.get("content-length")
    if seen.method == "HEAD" or seen.status in BODYLESS:
        return True
    if seen.chunked:
        return any(data == b"" for _, data in bytestream.chunks(pieces))
    return length.isdigit() and sum(len(data) for _, data in pieces) >= int(length)


class Door:
    """Listens at `url` and passes everything on to the port of the server behind it."""

    def __init__(self, port: int) -> None:
        self._behind = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._began = time.monotonic()
        self._changed = threading.Condition()
        self._passed: list[Passing] = []
        self._sockets: list[socket.socket] = [self._listener]
        self._connections = 0
        threading.Thread(target=self._accept, name="wirelab door", daemon=True).start()

    def exchanges(self, wait: float = 2.0) -> list[Exchange]:
        """What passed, oldest first; waits up to `wait` seconds for open ones to end."""
        deadline = time.monotonic() + wait
        with self._changed:
            while True:
                seen = [one.frozen() for one in self._passed]
                left = deadline - time.monotonic()
                if left <= 0 or all(one.ended for one in seen):
                    return seen
                self._changed.wait(left)

    def close(self) -> None:
        """Shut the door; whatever still passes is cut."""
        with self._changed:
            sockets, self._sockets = self._sockets, []
        for one in sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._behind), timeout=5)
            except OSError:
                client.close()  # nobody behind it: the client sees the connection end
                continue
            server.settimeout(None)
            with self._changed:
                self._connections += 1
                self._sockets += [client, server]
                passage = _Passage(self, client, server, self._connections)
            for pump in (passage.ask, passage.answer):
                threading.Thread(target=pump, name="wirelab door", daemon=True).start()

    def begin(self, connection: int, nth: int) -> Passing:
        now = time.monotonic()
        overlap = sum(one.frozen().ended is None for one in self._passed)
        passing = Passing(len(self._passed) + 1, connection, nth, now - self._began, now, overlap=overlap)
        self._passed.append(passing)
        return passing

    @property
    def changed(self) -> threading.Condition:
        return self._changed


class _Passage:
    """One connection through the door: two threads, one for each direction."""

    def __init__(self, door: Door, client: socket.socket, server: socket.socket, number: int) -> None:
        self._door, self._client, self._server, self._number = door, client, server, number
        self._now: Passing | None = None
        self._count = 0

    def ask(self) -> None:
        while data := _read(self._client):
            with self._door.changed:
                if self._now is None or self._now.frozen().ended == "complete":
                    self._count += 1
                    self._now = self._door.begin(self._number, self._count)
                self._now.keep(self._now.asked, data)
            if not _write(self._server, data):
                break
        self._over("client left")
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)

    def answer(self) -> None:
        while data := _read(self._server):
            with self._door.changed:
                if self._now is not None:
                    self._now.keep(self._now.answered, data)
                self._door.changed.notify_all()
            if not _write(self._client, data):
                break
        self._over("server closed")
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)

    def _over(self, why: str) -> None:
        with self._door.changed:
            if self._now is not None and self._now.ended is None:
                seen = self._now.frozen()
                until_close = (
                    why == "server closed"
                    and seen.status not in (None, 101)
                    and not seen.chunked
                    and not seen.response.get("content-length")
                )
                self._now.ended = "complete" if until_close or seen.ended == "complete" else why
            self._door.changed.notify_all()


def _read(one: socket.socket) -> bytes:
    try:
        return one.recv(READ)
    except OSError:
        return b""


def _write(one: socket.socket, data: bytes) -> bool:
    try:
        one.sendall(data)
    except OSError:
        return False
    return True
