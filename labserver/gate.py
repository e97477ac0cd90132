"""The ASGI layer that answers to this server's own names only, on every route and every door. Knows scopes.

The entrance has looked at the name, and left in the scope's state what is wrong with it. This layer stands inside the
journal's, so that a refusal is on record with its bytes.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from labserver.errors import LabError


class HostMiddleware:
    """`respond` gives a refusal the shape of its path's dialect; a WebSocket gets it instead of its 101."""

    def __init__(self, app: ASGIApp, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.respond = respond

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if (wrong := scope.get("state", {}).get("wrong_host")) is not None:
            return self.respond(HTTPConnection(scope), wrong)(scope, receive, send)
        return self.app(scope, receive, send)
