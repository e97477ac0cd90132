"""How long a client may keep us waiting for the rest of its request. Knows clocks and ASGI messages, no sandbox.

A client that sends its head or its body byte by byte holds a connection for as long as it likes (slowloris); here it is
answered 408 and closed (RFC 9110, section 15.5.9). These are limits, so LABSERVER_TIME_SCALE does not shrink them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver.errors import TooSlow

REQUEST, HEAD, BODY = "request", "head", "body"  # what a connection waits for
ARRIVING = "arriving"  # in a scope's state: whose `more_body` says whether some of the body is still on its way


@dataclass(frozen=True, slots=True)
class Arriving:
    """A body of which nobody knows whether something is still on its way."""

    more_body: bool = True


PERHAPS = Arriving()


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds: until a new connection's first byte, from a head's first byte to its end, between bytes of a body."""

    request: float = 75.0
    head: float = 20.0
    body: float = 30.0

    def of(self, what: str) -> float:
        return {REQUEST: self.request, HEAD: self.head, BODY: self.body}[what]


class Patience:
    """One connection's. Its one timer is set rarely and looks when it fires: a request that comes whole costs nothing.

    `give_up(what)` is called when that was waited for in vain.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: Waits, give_up: Callable[[str], None]) -> None:
        self._loop = loop
        self._limits = limits
        self._give_up = give_up
        self._what: tuple[str, int] | None = None
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._fires = 0.0

    def wait(self, what: str | None, number: int = 0) -> None:
        """From now on it is `what` of the request of this number; None: nothing of the client's is missing.

        A head has one limit from its first byte to its last, so asking again for the same one changes nothing.
        """
        if what is None:
            self._what = None
        elif what == BODY or self._what != (what, number):
            self._what, self._since = (what, number), self._loop.time()
            self._arm(self._since + self._limits.of(what))

    def once_more(self) -> None:
        """The client is not to blame: count anew."""
        if self._what is not None:
            self._since = self._loop.time()
            self._arm(self._since + self._limits.of(self._what[0]))

    def end(self) -> None:
        self._what = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, moment: float) -> None:
        if self._timer is not None:
            if self._fires <= moment:
                return
            self._timer.cancel()
        self._fires = moment
        self._timer = self._loop.call_at(moment, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._what is None:
            return
        due = self._since + self._limits.of(self._what[0])
        if due > self._loop.time():
            self._arm(due)
        else:
            self._give_up(self._what[0])


class PatienceMiddleware:
    """Raises TooSlow in the application that waits for a body whose next bytes do not come."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        arriving = scope.get("state", {}).get(ARRIVING, PERHAPS)
        if scope["type"] != "http" or not arriving.more_body or not _has_body(scope):
            return self.app(scope, receive, send)
        settled = False  # the body is whole, or the answer has begun without it

        async def patient() -> Message:
            nonlocal settled
            settled = settled or not arriving.more_body
            while not settled:
                try:
                    async with asyncio.timeout(self.seconds):
                        message = await receive()
                except TimeoutError:
                    if settled:
                        break
                    raise too_slow(BODY, self.seconds) from None
                settled = settled or not message.get("more_body", False)
                return message
            return await receive()

        async def sent(message: Message) -> None:
            nonlocal settled
            settled = True
            await send(message)

        return self.app(scope, patient, sent)


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") and value != b"0" for name, value in scope["headers"])


def too_slow(what: str, seconds: float) -> TooSlow:
    within = {HEAD: "The head did not end", BODY: "No further byte of the body came"}[what]
    cure = {
        HEAD: "A blank line (CRLF CRLF) ends a head.",
        BODY: "Send as many bytes as Content-Length says, or a last chunk of size 0.",
    }[what]
    return TooSlow(f"{within} within {seconds:g} s. {cure}")
