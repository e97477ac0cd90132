"""The outermost ASGI layer: what comes in at a sandbox's second origin stays there. Knows ports and strangers only."""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from labserver.lab import Lab
from labserver.stranger import greet


class StrangerMiddleware:
    """No route, no fault, no limit of the lab holds there: it is another server, that happens to run here."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self.app = app
        self.lab = lab

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = scope.get("server")
        stranger = self.lab.sandboxes.stranger_at(server[1]) if server else None
        if stranger is None:
            await self.app(scope, receive, send)
            return
        stranger.note(scope["state"]["exchange"], scope["headers"], scope["query_string"])
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before an accept: a bare 403
            return
        await greet(HTTPConnection(scope))(scope, receive, send)
