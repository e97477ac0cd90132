"""The ASGI layer that keeps bodies small: 413 before a byte is read where the length is told, else when it is too much.

Knows ASGI messages and a tier's number; knows no JSON. httptools holds a body to its Content-Length, so only one that
comes in chunks must be counted. After a 413 the connection closes (RFC 9110, section 15.5.14), but what the client
still sends is read away first, for a while: closing on unread bytes resets the connection, and the answer is lost.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver.errors import LabError, TooLarge
from labserver.lab import Lab
from labserver.racing import first_done

PATIENCE = 2.0  # seconds in which a client may finish sending what nobody wants


class Overflow(Exception):
    """The application read past the cap."""


class BodyCapMiddleware:
    """Reads `sandbox` from the scope's state. `respond` gives an error the shape of its path's dialect."""

    def __init__(self, app: ASGIApp, lab: Lab, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.lab = lab
        self.respond = respond

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        told = dict(scope["headers"]) if scope["type"] == "http" else {}
        length, chunked = int(told.get(b"content-length", b"0")), b"transfer-encoding" in told
        if not length and not chunked:
            return self.app(scope, receive, send)
        most = scope["state"]["sandbox"].tier.body_bytes
        if length > most:
            return self._refuse(scope, receive, send, most)
        return self._measured(scope, receive, send, most) if chunked else self.app(scope, receive, send)

    async def _measured(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        gauge = Gauge(receive, send, most)
        try:
            await self.app(scope, gauge.receive, gauge.send)
        except* Overflow:  # FastAPI makes a 400 of it, others let it through
            pass
        if gauge.over:
            await self._refuse(scope, receive, send, most)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """The whole answer at once, and its end when the client has said everything, or after PATIENCE seconds."""
        error = TooLarge(
            f"The body is larger than the {most} bytes that this sandbox takes. Send less at once.",
            details={"most_bytes": most},
        )
        answer = self.respond(HTTPConnection(scope), error)
        answer.headers["connection"] = "close"
        await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        if b"expect" not in dict(scope["headers"]):  # one who waits for a 100 has sent nothing, and now never will
            await first_done(_read_away(receive), self.lab.bell.sleep(PATIENCE))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read_away(receive: Receive) -> None:
    while (message := await receive())["type"] == "http.request" and message["more_body"]:
        pass


class Gauge:
    """Counts a body on its way in; past the cap the application reads and says nothing more."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._left = most
        self._begun = False
        self.over = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not self._begun:
            self._left -= len(message["body"])
            if self._left < 0:
                self.over = True
                raise Overflow
        return message

    async def send(self, message: Message) -> None:
        if not self.over:
            self._begun = True
            await self._send(message)
