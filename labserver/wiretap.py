"""The transport under uvicorn, wrapped: every byte both ways with its time. Knows uvicorn; knows no sandbox.

uvicorn asks its HTTP protocol class for each connection; ours wraps the transport on the way in, so whatever uvicorn
writes passes through here, chunk sizes and status line included. On a WebSocket upgrade uvicorn swaps the protocol
under the transport; the wrapper steps in between again. Whose the bytes are, the connection's `Line` knows.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.protocols.utils import ClientDisconnected

from labserver.exchange import Exchange, minted
from labserver.head_cap import CappedHttp
from labserver.line import Line
from labserver.patience import ARRIVING, HEAD, REQUEST, Patience, too_slow
from labserver.stream import LANE

OVER: Any = {}  # the scope of a cycle that has answered
Gone = ClientDisconnected  # what a WebSocket's `send` raises once its client has left


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
        self._inner.write(self._line.leaving(data))

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
    cycles: list[tuple[Exchange, RequestResponseCycle]]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        self.line = Line(self.app_state["tap"], transport)
        self.cycles = []
        super().connection_made(cast(asyncio.Transport, TappedTransport(transport, self.line)))
        self.line.unframing = self._unframe
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
        self.scope["state"]["exchange"] = self.line.begin()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:  # an upgrade has no cycle
            self.line.handed_on = True
            state = self.scope["state"]
            state[LANE], state[ARRIVING] = self.cycle.send, self.cycle
            self.cycles.append((state["exchange"], self.cycle))

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
        self.line.unframing = None  # nothing of HTTP stays in memory with the socket
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
        exchange, cycle = self.cycles.pop(0)
        exchange.unread = len(cycle.body)
        cycle.scope = OVER  # things in its state hold the cycle: only the collector could tell that both are done

    def _unframe(self, exchange: Exchange, size: int) -> None:
        """uvicorn would choose chunks; here the end of the connection ends the body (RFC 9112, section 6.3, rule 8)."""
        for asked, cycle in self.cycles:
            if asked is exchange:
                cycle.chunked_encoding = False
                cycle.expected_content_length = size
