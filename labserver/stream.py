"""The response that always closes its generator. Knows Starlette and bytes; knows no dialect."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from labserver import sse
from labserver.exchange import Exchange
from labserver.presence import Presence

NO_BUFFERING = {"cache-control": "no-cache", "x-accel-buffering": "no"}
LANE = "lane"  # in a scope's state: how a piece leaves without passing the middleware


class StreamResponse(StreamingResponse):
    """One ASGI message, so one HTTP chunk, per item of the generator.

    A client that leaves cancels the generator at its current `await`; an answer that a fault cuts closes it too. In
    both cases its `finally` blocks run before this response returns.

    The head and the end pass all middleware. The pieces between take the lane, if the scope has one: a layer that has
    something to do with every piece takes it away.
    """

    media_type = sse.MEDIA_TYPE

    def __init__(
        self, body: AsyncGenerator[bytes, None], headers: dict[str, str] | None = None, status_code: int = 200
    ) -> None:
        super().__init__(body, status_code, headers=NO_BUFFERING | (headers or {}))
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        exchange: Exchange | None = state.get("exchange")
        if exchange is None:
            await super().__call__(scope, receive, send)
            return
        exchange.streaming = True
        with Presence(exchange) as presence:
            await self._say(send, state.get(LANE, send), presence.over)

    async def stream_response(self, send: Send) -> None:
        await self._say(send, send, lambda: None)

    async def _say(self, send: Send, lane: Send, over: Callable[[], None]) -> None:
        async with aclosing(self._body) as body:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for chunk in body:
                await lane({"type": "http.response.body", "body": chunk, "more_body": True})
        over()
        await send({"type": "http.response.body", "body": b"", "more_body": False})
