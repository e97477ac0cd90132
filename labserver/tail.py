"""The journal while it happens: numbered events in a bounded log, read by any number of listeners at their own speed.

Knows exchanges and frames; knows no HTTP. Nobody is waited for: a listener is a place in the log, so one that reads
too slowly finds the oldest events gone and is told how many. The log is kept from the first listener on.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

from labserver import frames
from labserver.exchange import Exchange
from labserver.record import frame_as_json
from labserver.redaction import Blotter

KEEP = 1000  # events
SHOWN = 4096  # bytes of a chunk or frame; the journal has the rest
MOST_LISTENERS = 16


@dataclass(frozen=True, slots=True)
class Event:
    """`id` counts up from 1 over the life of the sandbox; `name` is opened, head, chunk, frame, ended or reset."""

    id: int
    name: str
    data: dict[str, Any]


class Tail:
    def __init__(self, keep: int = KEEP) -> None:
        self._log: deque[Event] = deque(maxlen=keep)
        self._last = 0
        self._news = asyncio.Event()
        self.life = 0
        self.on = False
        self.closed = False
        self.listeners = 0

    @property
    def last(self) -> int:
        """The newest event's id; 0 before the first."""
        return self._last

    def say(self, name: str, **data: Any) -> None:
        self._last += 1
        self._log.append(Event(self._last, name, data))
        self._wake()

    def since(self, last: int, most: int = 100) -> tuple[int | None, list[Event]]:
        """(how many events after `last` are gone, the next ones). None: this log never had an event with that id."""
        if last > self._last:
            return None, list(self._log)[:most]
        first = self._last - len(self._log) + 1
        skip = max(0, last + 1 - first)
        return max(0, first - last - 1), [self._log[at] for at in range(skip, min(skip + most, len(self._log)))]

    async def news(self, last: int) -> None:
        """Returns once there is an event after `last`, or the log was cleared, or the sandbox has ended."""
        life = self.life
        while self._last <= last and not self.closed and self.life == life:
            await self._news.wait()

    def clear(self) -> None:
        """As new: the next event is number 1 again. `life` counts how often this was done."""
        self._log.clear()
        self._last = 0
        self.life += 1
        self._wake()

    def close(self) -> None:
        """The sandbox has ended; so do its listeners."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


class Watch:
    """Tells a tail what happens to one exchange."""

    def __init__(self, tail: Tail, number: int, exchange: Exchange) -> None:
        self._tail = tail
        self._number = number
        self._exchange = exchange
        self._asked, self._asking = b"", True
        self._head = b""
        self._chunks = 0
        self._in, self._out = Blotter(exchange.secrets), Blotter(exchange.secrets)
        self._readers = (frames.Reader(), frames.Reader())
        self._greeted = False
        self._veiled: list[tuple[float, bytes]] = []

    def came_in(self, at: float, data: bytes) -> None:
        """What a client sends ahead of its answer is only told when it is frames: a request's head comes first."""
        if not self._exchange.websocket:
            return
        if self._asking:
            self._asked += data
            _, end, data = self._asked.partition(b"\r\n\r\n")
            self._asking = not end
        if not self._asking and data:
            self._heard(at, data)

    def _heard(self, at: float, data: bytes) -> None:
        if self._exchange.veiled:
            self._veiled.append((at, data))
        else:
            self._frames("received", at, data)

    def unveiled(self) -> None:
        """What waited to be told may be told now."""
        waiting, self._veiled = self._veiled, []
        for at, data in waiting:
            self._frames("received", at, data)

    def went_out(self, at: float, data: bytes) -> None:
        if not self._greeted:
            self._greet(at, data)
        elif self._exchange.status == 101:
            self._frames("sent", at, data)
        else:
            self._chunk(at, data)

    def _greet(self, at: float, data: bytes) -> None:
        """The answer's head: interim ones pass unsaid, and what follows it in the same piece is body."""
        self._head += data
        while (end := self._head.find(b"\r\n\r\n")) >= 0 and not self._greeted:
            head, self._head = self._head[: end + 4], self._head[end + 4 :]
            self._greeted = not head.startswith(b"HTTP/1.1 1") or head.startswith(b"HTTP/1.1 101 ")
            if self._greeted:
                text = self._clean(self._out, head).decode("latin-1")
                self._tail.say("head", number=self._number, at=at, status=self._exchange.status, text=text)
        if self._greeted and self._head:
            self.went_out(at, self._head)

    def _chunk(self, at: float, data: bytes) -> None:
        if data:
            self._chunks += 1
            text = self._clean(self._out, data)[:SHOWN].decode("latin-1")
            self._tail.say("chunk", number=self._number, at=at, index=self._chunks, size=len(data), text=text)

    def _frames(self, direction: str, at: float, data: bytes) -> None:
        outbound = direction == "sent"
        blotter = self._out if outbound else self._in
        for frame in self._readers[outbound].feed(at, data):
            payload = self._clean(blotter, frame.payload, last=frame.fin)[:SHOWN]
            self._tail.say("frame", number=self._number, **frame_as_json(direction, frame, payload))

    def _clean(self, blotter: Blotter, data: bytes, last: bool = False) -> bytes:
        blotter.secrets = self._exchange.secrets  # by now there may be more of them
        return blotter.through(data, last)
