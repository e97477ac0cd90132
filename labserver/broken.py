"""The `send` of one exchange, which breaks the answer as planned. Knows ASGI messages; `answers` decides."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.types import Message, Receive, Send

from labserver import sse
from labserver.answers import Answer, Close, Cut, Over, Silence, Step, Wait
from labserver.exchange import Exchange
from labserver.faults import BODY, SOCKET, STREAM, Plan, spell
from labserver.mangling import Mangler, needed
from labserver.racing import first_done

Sleep = Callable[[float], Awaitable[None]]


class Struck(Exception):
    """A fault has ended this answer; nothing that the application still wants to say will leave."""


class Grip:
    """A hold on one exchange: waits that end when it ends, and ways to end it."""

    def __init__(self, exchange: Exchange, sleep: Sleep, scale: float) -> None:
        self.exchange = exchange
        self.sleep = sleep
        self._scale = scale

    async def wait(self, seconds: float) -> None:
        await self.meanwhile(self.sleep(seconds * self._scale))

    async def meanwhile(self, waiting: Awaitable[None]) -> None:
        """Raises Struck if the client leaves first."""
        await first_done(waiting, self.over())

    async def over(self) -> None:
        """Waits for the end of the exchange, then raises Struck."""
        await self.exchange.closed.wait()
        raise Struck

    async def listen(self, receive: Receive) -> None:
        """Hear a WebSocket's client out: as long as nobody reads, uvicorn would not even see that it leaves."""
        while self.exchange.ended is None:
            if (await receive())["type"] == "websocket.disconnect":
                return

    async def cut(self, abrupt: bool = False) -> None:
        """Raises Struck once the connection is gone."""
        (self.exchange.reset if abrupt else self.exchange.cut)()
        await self.over()


class Broken:
    """A `send` that turns each message of an honest application into what the plan makes of it."""

    def __init__(self, send: Send, plan: Plan, grip: Grip) -> None:
        self._send = send
        self._plan = plan
        self._grip = grip
        self._answer = Answer({}, BODY)
        self._struck = False

    async def __call__(self, message: Message) -> None:
        if self._struck:
            raise Struck
        match message["type"]:
            case "http.response.start":
                self._answer = Answer(self._plan, *_kind_and_length(message))
                if needed(self._plan):
                    self._grip.exchange.mangle = Mangler(self._plan)
                await self._open(message)
            case "websocket.accept":
                self._answer = Answer(self._plan, SOCKET)
                await self._open(message)
            case "websocket.http.response.start":
                await self._send(self._echoing(message))
            case "http.response.body":
                await self._body(message)
            case "websocket.send":
                await self._take(self._answer.through(_tagged(message)), _frame)
            case "websocket.close":
                await self._take(self._answer.closing(), _frame)
                await self._send(message)
            case _:
                await self._send(message)

    def _echoing(self, message: Message) -> Message:
        echo = (b"x-lab-fault", spell(self._plan).encode())
        return {**message, "headers": [*message.get("headers", []), echo]}

    async def _open(self, message: Message) -> None:
        await self._send(self._echoing(message))
        await self._take(self._answer.opening(), _chunk)

    async def _body(self, message: Message) -> None:
        if event := message.get("body", b""):
            await self._take(self._answer.through(event), _chunk)
        if not message.get("more_body", False):
            await self._take(self._answer.closing(), _chunk)
            await self._send(LAST)

    async def _take(self, steps: Iterable[Step], say: Callable[[bytes], Message]) -> None:
        for step in steps:
            match step:
                case bytes():
                    await self._send(say(step))
                case Wait(seconds):
                    await self._grip.wait(seconds)
                case _:
                    self._struck = True
                    await self._end(step)
                    raise Struck

    async def _end(self, step: Over | Cut | Close | Silence) -> None:
        match step:
            case Over():
                await self._send(LAST)
            case Cut(abrupt):
                await self._grip.cut(abrupt)
            case Close(code):
                await self._send({"type": "websocket.close", "code": code, "reason": "broken on purpose"})
            case Silence():
                self._grip.exchange.wire.mute()


LAST: Message = {"type": "http.response.body", "body": b"", "more_body": False}


def _chunk(piece: bytes) -> Message:
    return {"type": "http.response.body", "body": piece, "more_body": True}


def _tagged(message: Message) -> bytes:
    """A WebSocket message as one event, its first byte saying whether it is text: some are held back a while."""
    text: str | None = message.get("text")
    return b"b" + message["bytes"] if text is None else b"t" + text.encode()


def _frame(piece: bytes) -> Message:
    said = {"text": piece[1:].decode()} if piece.startswith(b"t") else {"bytes": piece[1:]}
    return {"type": "websocket.send", **said}


def _kind_and_length(start: Message) -> tuple[str, int | None]:
    fields = dict(start["headers"])
    if fields.get(b"content-type", b"").startswith(sse.MEDIA_TYPE.encode()):
        return STREAM, None
    length = fields.get(b"content-length", b"")
    return BODY, int(length) if length.isdigit() else None
