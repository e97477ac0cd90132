"""The transport under uvicorn, wrapped: every byte both ways with its time. Knows uvicorn; knows no sandbox.

uvicorn asks its HTTP protocol class for each connection; ours wraps the transport on the way in, so whatever uvicorn
writes passes through here, chunk sizes and status line included. On a WebSocket upgrade uvicorn swaps the protocol
under the transport; the wrapper steps in between again. Bytes are given to the exchange they belong to: requests in
the order in which they begin, answers in the same order (RFC 9112, section 9.3.2).
"""

import asyncio
import itertools
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected

from labserver.errors import LabError
from labserver.exchange import CLIENT_LEFT, COMPLETE, SERVER_CLOSED, Exchange, minted
from labserver.head_cap import CappedHttp
from labserver.metering import Meter
from labserver.patience import BODY, HEAD, REQUEST, Patience, Waits, too_slow

Gone = ClientDisconnected  # what a WebSocket's `send` raises once its client has left
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


class Line:
    """One TCP connection: deals its bytes out to its exchanges."""

    def __init__(self, tap: Tap, transport: asyncio.Transport) -> None:
        self.tap = tap
        self.transport = transport
        self.number = next(tap.numbers)
        self.count = 0
        self.answering: deque[Exchange] = deque()
        self.reading: Exchange | None = None
        self.meter = Meter()
        self.meter.done = True  # no request before the first
        self.pending = b""
        self.closed_here = False
        self.port = 0
        self.whole = True  # the request being read has ended, as far as the parser knows
        self.handed_on = False  # the application has it
        self.muted = False

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
        self.reading = Exchange(self.number, self.count, self.transport.close, self.tap.keep, self.tear, self.mute)
        self.reading.abort = self.transport.abort
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

    def mangled(self, data: bytes) -> bytes:
        """What really leaves instead, where a fault lies about the framing."""
        mangle = self.answering[0].mangle if self.answering else None
        return data if mangle is None else mangle(data)

    def wrote(self, data: bytes) -> None:
        self.tap.last_traffic = time.monotonic()
        if self.answering:
            self.answering[0].went_out(data)

    def answered(self) -> None:
        if self.answering:
            self._end(self.answering.popleft(), COMPLETE)

    def lost(self) -> None:
        """The connection is gone: whatever was unanswered ended because of the side that closed first."""
        while self.answering:
            exchange = self.answering.popleft()
            self._offer(exchange)
            closed = COMPLETE if exchange.websocket else SERVER_CLOSED
            self._end(exchange, closed if self.closed_here else CLIENT_LEFT)

    def _end(self, exchange: Exchange, how: str) -> None:
        exchange.end(how)
        self.tap.open.discard(exchange)


class TappedTransport:
    """A transport that tells the line what passes; everything else is the real one's."""

    def __init__(self, inner: asyncio.Transport, line: Line) -> None:
        self._inner = inner
        self._line = line
        self.write = self._write
        self.is_closing = inner.is_closing

    def _write(self, data: bytes) -> None:
        if self._line.muted:
            return
        data = self._line.mangled(data)
        self._line.wrote(data)
        self._inner.write(data)

    def close(self) -> None:
        self._line.closed_here = True
        self._inner.close()

    def write_eof(self) -> None:
        self._line.closed_here = True
        self._inner.write_eof()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._inner.set_protocol(Interposed(cast(asyncio.Protocol, protocol), self._line))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Interposed(asyncio.Protocol):
    """Stands between the transport and the WebSocket protocol after an upgrade, and passes everything on."""

    def __init__(self, inner: asyncio.Protocol, line: Line) -> None:
        self._inner = inner
        self._line = line

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def data_received(self, data: bytes) -> None:
        self._line.received(data)
        self._line.settle()
        self._inner.data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._line.lost()
        self._inner.connection_lost(exc)


class TappedHttp(CappedHttp):
    """uvicorn's HTTP protocol with a tap on its transport. Each scope's state carries its `exchange`."""

    line: Line
    patience: Patience
    cycles: deque[tuple[Exchange, RequestResponseCycle]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self.line = Line(self.app_state["tap"], transport)
        self.cycles = deque()
        super().connection_made(cast(asyncio.Transport, TappedTransport(transport, self.line)))
        self.line.port = (self.server and self.server[1]) or 0
        self.patience = Patience(self.loop, self.line.tap.waits, self.give_up)
        self.patience.wait(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.line.received(data)
        super().data_received(data)
        self.line.settle()
        reading = self.line.reading
        if reading is None or not reading.websocket:  # stray line ends begin no request, so then one is still awaited
            self.patience.wait(self.line.missing or (None if self.answering else REQUEST), self.line.count)

    @property
    def answering(self) -> bool:
        """Whether the application has a request, or is about to."""
        return self.cycle is not None and not self.cycle.response_complete

    def give_up(self, what: str) -> None:
        """The client lets us wait. Where its request has reached the application, that one answers and closes."""
        if self.answering:
            self.patience.once_more()
        else:
            tap, reading = self.line.tap, self.line.reading
            if what == HEAD and reading is not None and tap.excuse is not None and not self.transport.is_closing():
                self.transport.write(tap.excuse(reading.asked[1], too_slow(HEAD, tap.waits.head)))
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        state = cast(dict[str, Any], self.scope)["state"]
        state["exchange"] = self.line.begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:  # an upgrade has no cycle
            self.line.handed_on = True
            exchange = cast(Exchange, self.line.reading)
            exchange.unframe = partial(_unframe, self.cycle)
            self.cycles.append((exchange, self.cycle))

    def on_message_complete(self) -> None:
        self.line.whole = True
        super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and self.cycle.response_complete:  # nobody will take it any more
            exchange = cast(Exchange, self.line.reading)
            exchange.unread = (exchange.unread or 0) + len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        if self.cycles:  # none are left where an answer ends after its client has gone
            self._count_unread()
        self.line.answered()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        self.line.settle()
        exchange = cast(Exchange, self.line.reading)
        exchange.websocket = True
        self.app_state = {**self.app_state, "exchange": exchange}
        self.patience.end()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """As uvicorn's, with the id under which the log has it."""
        exchange = self.line.malformed()
        exchange.request_id = exchange.request_id or minted()
        if self.head_too_large:
            self.send_431_response(exchange.request_id)
            return
        head = (
            b"HTTP/1.1 400 Bad Request",
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(msg),
            b"x-request-id: " + exchange.request_id.encode(),
            b"connection: close",
        )
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + msg.encode("ascii"))
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.patience.end()
        while self.cycles:
            _, cycle = self.cycles[0]
            cycle.disconnected = True  # uvicorn 0.54 tells only the last of several pipelined requests
            cycle.message_event.set()
            self._count_unread()
        self.line.lost()
        super().connection_lost(exc)

    def _count_unread(self) -> None:
        exchange, cycle = self.cycles.popleft()
        exchange.unread = len(cycle.body)


def _unframe(cycle: RequestResponseCycle, size: int) -> None:
    """uvicorn would choose chunks; here the end of the connection ends the body (RFC 9112, section 6.3, rule 8)."""
    cycle.chunked_encoding = False
    cycle.expected_content_length = size
