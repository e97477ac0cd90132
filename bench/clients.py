"""Clients that cost next to nothing: bytes out, bytes in, moments kept. Know HTTP/1.1 and RFC 6455 just enough."""

import asyncio
import base64
import json
import os
import random
import time
from array import array

from bench.server import Served

END_OF_EVENT = b"\n\n"


class Stream(asyncio.Protocol):
    """One streamed answer. `gaps` are the seconds between two events as they arrived, from the second event on.

    The first event may be a greeting that leaves before the model's first token: what follows it is no gap.
    """

    def __init__(self, request: bytes, last: bytes) -> None:
        self.request, self.last = request, last
        self.gaps = array("f")
        self.first: float | None = None
        self.events = 0
        self.whole = False
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked = self._latest = 0.0
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self) -> None:
        self._asked = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        data = self._tail + data
        count = data.count(END_OF_EVENT)
        cut = data.rfind(END_OF_EVENT) + len(END_OF_EVENT) if count else 0
        self._tail = data[cut:][-64:]
        self.seen(now, count)
        if self.last in data:
            self.whole = True
            self.transport.close()

    def seen(self, now: float, count: int) -> None:
        if not count:
            return
        if self.first is None:
            self.first = now - self._asked
        elif self.events > 1:
            self.gaps.append(now - self._latest)
        self.gaps.extend([0.0] * (count - 1))
        self.events += count
        self._latest = now

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


class Socket(Stream):
    """One WebSocket that asks once and counts the frames of the answer."""

    def __init__(self, handshake: bytes, query: bytes) -> None:
        super().__init__(query, b'"end"')
        self.handshake = handshake
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.write(self.handshake)

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        if not self.opened.done():
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self.transport.close()
                return
            self.opened.set_result(None)
        self._rest += data
        frames, self._rest = _frames(self._rest)
        self.seen(now, frames)
        if self.last in data:
            self.whole = True
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self.opened.done():
            self.opened.set_exception(ConnectionError("the handshake was refused"))


class Poster(asyncio.Protocol):
    """Asks again and again on one connection until a moment. `times` are the seconds of each answer.

    With `every` it asks at that interval, counted from when each question was due, also where the one before it was
    answered late: a server must not look fast because nobody could ask. Without, as soon as it was answered.
    """

    def __init__(self, request: bytes, until: float, every: float = 0.0) -> None:
        self.request, self.until, self.every = request, until, every
        self.times = array("f")
        self.failed = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._got = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._due = time.perf_counter() + random.uniform(0, self.every)
        self._wait()

    def _wait(self) -> None:
        ahead = self._due - time.perf_counter()
        if ahead > 0:
            asyncio.get_running_loop().call_later(ahead, self.transport.write, self.request)
        else:
            self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found or not _is_whole(head.lower(), body):
            return
        now = time.perf_counter()
        self.times.append(now - self._due)
        self.failed += b" 200 " not in head.partition(b"\r\n")[0]
        self._got = b""
        if now >= self.until:
            self.transport.close()
        else:
            self._due = self._due + self.every if self.every else now
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def post(served: Served, path: str, body: object, pace: str = "") -> bytes:
    content = json.dumps(body).encode()
    paced = f"x-lab-pace: {pace}\r\n" if pace else ""
    head = f"POST {path} HTTP/1.1\r\nhost: {served.host}:{served.port}\r\n{served.headers}{paced}"
    return f"{head}content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n".encode() + content


def handshake(served: Served, path: str, pace: str = "") -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    paced = f"x-lab-pace: {pace}\r\n" if pace else ""
    upgrade = f"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n"
    head = f"GET {path} HTTP/1.1\r\nhost: {served.host}:{served.port}\r\n{served.headers}{paced}{upgrade}\r\n"
    return head.encode()


def text_frame(text: str) -> bytes:
    """A masked text frame; a mask of zeros leaves the payload as it is."""
    payload = text.encode()
    size = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + payload


def _frames(data: bytes) -> tuple[int, bytes]:
    """How many whole frames of a server these bytes hold, and what is left over."""
    count = 0
    while len(data) >= 2:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        if len(data) < start + size:
            break
        count, data = count + 1, data[start + size :]
    return count, data


def _is_whole(head: bytes, body: bytes) -> bool:
    _, found, rest = head.partition(b"\r\ncontent-length: ")
    if found:
        return len(body) >= int(rest.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")
