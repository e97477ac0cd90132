"""The response that always closes its generator. Knows Starlette and bytes; knows no dialect."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from labserver import sse

NO_BUFFERING = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class StreamResponse(StreamingResponse):
    """One ASGI message, so one HTTP chunk, per item of the generator.

    A client that leaves cancels the generator at its current `await`; an answer that a fault cuts closes it too. In
    both cases its `finally` blocks run before this response returns.
    """

    media_type = sse.MEDIA_TYPE

    def __init__(
        self, body: AsyncGenerator[bytes, None], headers: dict[str, str] | None = None, status_code: int = 200
    ) -> None:
        super().__init__(body, status_code, headers=NO_BUFFERING | (headers or {}))
        self._body = body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (exchange := scope.get("state", {}).get("exchange")) is not None:
            exchange.streaming = True
        await super().__call__(scope, receive, send)

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._body) as body:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for chunk in body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
