"""The ASGI layer that lets faults strike: between the surface, which answers honestly, and the wire.

Knows ASGI messages and plans; what a plan does to an event stands in `faults`. Applies only where a plan is set.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver import sse
from labserver.exchange import Exchange
from labserver.faults import Answer, Plan, spell


class Struck(Exception):
    """A fault has ended this answer; nothing that the application still wants to say will leave."""


class FaultMiddleware:
    """Reads `plan` and `exchange` from the scope's state; echoes the plan in `x-lab-fault`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        plan: Plan = scope.get("state", {}).get("plan", {})
        if not plan:
            await self.app(scope, receive, send)
            return
        broken = Broken(send, plan, scope["state"]["exchange"])
        try:
            await self.app(scope, receive, broken)
        except Struck:
            return


class Broken:
    """A `send` that breaks the answer as planned."""

    def __init__(self, send: Send, plan: Plan, exchange: Exchange) -> None:
        self.send = send
        self.plan = plan
        self.exchange = exchange
        self.answer = Answer(plan, event_stream=False)

    async def __call__(self, message: Message) -> None:
        match message["type"]:
            case "http.response.start":
                kinds = [value for name, value in message["headers"] if name == b"content-type"]
                stream = any(kind.startswith(sse.MEDIA_TYPE.encode()) for kind in kinds)
                self.answer = Answer(self.plan, event_stream=stream)
                await self._open(message)
            case "websocket.accept":
                await self._open(message)
            case "http.response.body":
                await self._body(message)
            case "websocket.send":
                await self._frame(message)
            case _:
                await self.send(message)

    async def _open(self, message: Message) -> None:
        echo = (b"x-lab-fault", spell(self.plan).encode())
        await self.send({**message, "headers": [*message.get("headers", []), echo]})

    async def _body(self, message: Message) -> None:
        await self._strike_if_due()
        if event := message.get("body", b""):
            for piece in self.answer.through(event):
                await self.send({"type": message["type"], "body": piece, "more_body": True})
            await self._strike_if_due()
        if not message.get("more_body", False) or self.answer.over:
            await self.send({"type": message["type"], "body": b"", "more_body": False})
        if self.answer.over:
            raise Struck

    async def _frame(self, message: Message) -> None:
        await self._strike_if_due()
        await self.send(message)
        list(self.answer.through(b"frame"))
        await self._strike_if_due()

    async def _strike_if_due(self) -> None:
        if self.answer.cut_now:
            self.exchange.cut()
            await self.exchange.closed.wait()
            raise Struck
