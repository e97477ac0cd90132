"""The outermost ASGI layer: what comes in at a sandbox's second origin stays there. Knows ports and strangers only."""

from collections.abc import Awaitable

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from labserver.lab import Lab
from labserver.stranger import Stranger, greet


class StrangerMiddleware:
    """No route, no fault, no limit of the lab holds there: it is another server, that happens to run here."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self.app = app
        self.lab = lab

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        server = scope.get("server")
        stranger = self.lab.sandboxes.stranger_at(server[1]) if server else None
        if stranger is None:
            return self.app(scope, receive, send)
        return self._greet(stranger, scope, receive, send)

    async def _greet(self, stranger: Stranger, scope: Scope, receive: Receive, send: Send) -> None:
        stranger.note(scope["state"]["exchange"], scope["headers"], scope["query_string"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before an accept: a bare 403
            return
        await greet(HTTPConnection(scope))(scope, receive, send)
