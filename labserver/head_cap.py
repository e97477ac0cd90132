"""uvicorn's HTTP protocol with a bound on heads: a request line and headers beyond it get a 431. Knows uvicorn only.

httptools has no such bound: it would collect one endless header for ever. 431 (RFC 6585, section 5) rather than a plain
400, because the client can do something about it. What it still sends is thrown away for a while before the connection
closes: closing on unread bytes would reset it, and the answer would be lost.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST = 64 * 1024  # bytes of one request's head
PATIENCE = 2.0  # seconds in which a client may finish sending what nobody wants
TOLD = f"The request line and headers are larger than the {MOST} bytes that this server takes.".encode()
ANSWER = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"x-request-id: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
)


class HeadTooLarge(Exception):
    """Makes httptools give up in the middle of a head."""


class CappedHttp(HttpToolsProtocol):
    """Counts a head as it is parsed and, where a part of it does not end, as it arrives."""

    _in_head = False
    _parsed = 0
    _arrived = 0
    _refused = False

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        super().data_received(data)
        if self._in_head and not self._refused:
            self._arrived += len(data)
            if self._arrived > MOST:
                self.send_400_response("")

    def on_message_begin(self) -> None:
        self._in_head, self._parsed, self._arrived = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._parsed += len(url)
        if self._parsed > MOST:
            raise HeadTooLarge
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._parsed += len(name) + len(value) + 4  # a colon, a space, CR LF
        if self._parsed > MOST:
            raise HeadTooLarge
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    @property
    def head_too_large(self) -> bool:
        return max(self._parsed, self._arrived) > MOST

    def send_431_response(self, request_id: str) -> None:
        """In place of the 400 that uvicorn sends where the parser gave up."""
        self._refused = True
        self.transport.write(ANSWER % (request_id.encode(), len(TOLD), TOLD))
        self.transport.write_eof()
        self.loop.call_later(PATIENCE, self.transport.close)
