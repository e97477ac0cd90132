"""The ASGI layer that answers to this server's own names only, on every route and every door. Knows trust and scopes.

It stands inside the journal's layer, so that a refusal is on record with its bytes.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from labserver.errors import LabError
from labserver.trust import Trust


class HostMiddleware:
    """`respond` gives a refusal the shape of its path's dialect; a WebSocket gets it instead of its 101."""

    def __init__(self, app: ASGIApp, trust: Trust, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.trust = trust
        self.respond = respond

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] in ("http", "websocket") and (wrong := self.trust.wrong_host(scope)) is not None:
            return self.respond(HTTPConnection(scope), wrong)(scope, receive, send)
        return self.app(scope, receive, send)
