"""One TCP connection's bytes, dealt out to its exchanges, and what all connections share. Knows no uvicorn.

Bytes are given to the exchange they belong to: requests in the order in which they begin, answers in the same order
(RFC 9112, section 9.3.2). The wiretap says what passes and where a request begins and ends.
"""

import asyncio
import itertools
import socket
import struct
import sys
import time
from collections.abc import Callable

from labserver.errors import LabError
from labserver.exchange import CLIENT_LEFT, COMPLETE, SERVER_CLOSED, Exchange, Wire
from labserver.metering import Meter
from labserver.patience import BODY, HEAD, Waits

Adopt = Callable[[Exchange, int], None]
# SO_LINGER on, for no time at all; Windows has two shorts where others have two ints.
AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Tap:
    """What all connections of one server share: their numbers, the room for an exchange, the last sign of life.

    `adopt` is given each exchange that no application saw, with the port it came in by: no parser could read it, or
    it never became a whole request. `excuse` writes the answer to such a one: an error, as its target's dialect has it.
    Each of `when_ended` is told of every exchange's end, whoever answered it.
    """

    adopt: Adopt | None = None
    excuse: Callable[[str, LabError], bytes] | None = None
    when_ended: tuple[Callable[[Exchange], None], ...] = ()

    def __init__(self, keep: int, waits: Waits | None = None) -> None:
        self.keep = keep
        self.waits = waits or Waits()
        self.numbers = itertools.count(1)
        self.open: set[Exchange] = set()
        self.last_traffic = time.monotonic()


class Line(Wire):
    """One TCP connection: deals its bytes out to its exchanges."""

    def __init__(self, tap: Tap, transport: asyncio.Transport) -> None:
        self.tap = tap
        self.transport = transport
        self.number = next(tap.numbers)
        self.count = 0
        self.answering: list[Exchange] = []  # seldom more than one: a deque would cost ten times as much room
        self.reading: Exchange | None = None
        self.meter = Meter()
        self.meter.done = True  # no request before the first
        self.pending = b""
        self.closed_here = False
        self.port = 0
        self.whole = True  # the request being read has ended, as far as the parser knows
        self.handed_on = False  # the application has it
        self.muted = False
        self.unframing: Callable[[Exchange, int], None] | None = None  # the wiretap knows how, as long as this is HTTP

    def close(self) -> None:
        self.transport.close()

    def abort(self) -> None:
        self.transport.abort()

    def unframe(self, exchange: Exchange, size: int) -> None:
        if self.unframing is not None:
            self.unframing(exchange, size)

    def tear(self) -> None:
        """Close with RST instead of FIN: what is written leaves first, what the client still sends is lost."""
        if self.transport.is_closing():
            return
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.transport.close()

    def mute(self) -> None:
        """From now on nothing leaves, not even a pong: uvicorn's own keep-alive ends the connection in the end."""
        self.muted = True

    def received(self, data: bytes) -> None:
        """Bytes that are about to be parsed; `begin` or `settle` says whose they are."""
        self.tap.last_traffic = time.monotonic()
        self.pending += data

    def begin(self) -> Exchange:
        """A request begins somewhere in the pending bytes: what is left of the one before it goes there first."""
        if not self.meter.done:
            rest = self.meter.feed(self.pending)
            self._give(self.pending[:rest])
            self.pending = self.pending[rest:]
        self.count += 1
        self.whole = self.handed_on = False
        self.meter = Meter()
        self.reading = Exchange(self.number, self.count, self.tap.keep, self)
        self.reading.when_ended.extend(self.tap.when_ended)
        self.answering.append(self.reading)
        self.tap.open.add(self.reading)
        return self.reading

    def settle(self) -> None:
        """Parsing is done: what is still pending belongs to the request being read."""
        if not self.meter.done:
            self.meter.feed(self.pending)
        self._give(self.pending)
        self.pending = b""

    def _give(self, data: bytes) -> None:
        if data and self.reading is not None:
            self.reading.came_in(data)

    @property
    def missing(self) -> str | None:
        """What the client still owes of the request that it has begun."""
        return None if self.whole else BODY if self.handed_on else HEAD

    def malformed(self) -> Exchange:
        """The parser gave up on the pending bytes: in the request being read, or where the next one should begin."""
        culprit = self.begin() if self.whole or self.reading is None else self.reading
        self.settle()
        culprit.malformed = True
        if not self.handed_on:  # else the application claims it in a moment, if it has not yet
            self._offer(culprit)
        return culprit

    def _offer(self, exchange: Exchange) -> None:
        if not exchange.claimed and exchange.received and self.tap.adopt is not None:
            exchange.claimed = True
            self.tap.adopt(exchange, self.port)

    def leaving(self, data: bytes) -> bytes:
        """What really leaves: something else, where a fault lies about the framing."""
        if self.answering:
            exchange = self.answering[0]
            if exchange.mangle is not None:
                data = exchange.mangle(data)
            exchange.went_out(data)
        return data

    def answered(self) -> None:
        if self.answering:
            self._end(self.answering.pop(0), COMPLETE)

    def lost(self) -> None:
        """The connection is gone: whatever was unanswered ended because of the side that closed first."""
        while self.answering:
            exchange = self.answering.pop(0)
            self._offer(exchange)
            closed = COMPLETE if exchange.websocket else SERVER_CLOSED
            self._end(exchange, closed if self.closed_here else CLIENT_LEFT)

    def _end(self, exchange: Exchange, how: str) -> None:
        exchange.end(how)
        self.tap.last_traffic = time.monotonic()
        self.tap.open.discard(exchange)
