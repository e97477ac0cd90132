"""The yardsticks: the same answers from a bare ASGI app and a bare FastAPI app. Knows nothing of the lab.

`python -m bench.apps asgi` or `fastapi` listens on any free port, with the very uvicorn flags that the lab server has.
"""

import asyncio
import itertools
import json
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.requests import Request

WORD = " tea"
DONE = b"data: [DONE]\n\n"


async def moments(headers: dict[bytes, bytes], count: int) -> AsyncIterator[int]:
    """0 to `count` - 1, each at its planned moment: `x-lab-pace: ttft=0.25;tps=50` as the lab server has it."""
    knobs = dict(part.split("=") for part in headers.get(b"x-lab-pace", b"").decode().split(";") if "=" in part)
    first, gap = float(knobs.get("ttft", 0)), 1 / float(knobs.get("tps", 100_000))
    now = asyncio.get_running_loop().time
    started = now()
    for number in range(count):
        await asyncio.sleep(max(0.0, started + first + number * gap - now()))
        yield number


def chunk(number: int) -> dict[str, Any]:
    """As long as a chunk of OpenAI's."""
    delta = {"index": 0, "delta": {"content": WORD}, "logprobs": None, "finish_reason": None}
    head = {"id": "chatcmpl-9a8b7c6d5e4f3a2b1c0d9e8f", "object": "chat.completion.chunk", "created": 1704067201}
    return {**head, "model": "script", "system_fingerprint": "fp_wirelab", "choices": [delta], "usage": None}


def words_of(body: dict[str, Any]) -> int:
    return str(body["messages"][-1]["content"]).count("|") + 1


async def bare_asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The least that answers: no routing, no validation, the event's bytes made once."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["type"] == "websocket":
        await _bare_socket(scope, receive, send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/api/v1/infer":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": b'{"status": "processing"}'})
        return
    event = f"data: {json.dumps(chunk(0))}\n\n".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    async for _ in moments(dict(scope["headers"]), words_of(json.loads(body))):
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": DONE})


async def _bare_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    said = json.dumps({"type": "content", "chunk": WORD, "accumulated_length": 4})
    while (message := await receive())["type"] == "websocket.receive":
        async for _ in moments(dict(scope["headers"]), json.loads(message["text"])["query"].count("|") + 1):
            await send({"type": "websocket.send", "text": said})
        await send({"type": "websocket.send", "text": '{"type": "end"}'})


class Turn(BaseModel):
    role: str
    content: str


class Chat(BaseModel):
    model: str
    messages: list[Turn]
    stream: bool = False


class Infer(BaseModel):
    prompt: str
    session_id: str | None = None
    model: str = "gpt-4o-mini"
    metadata: dict[str, Any] = {}


class Job(BaseModel):
    request_id: str
    session_id: str
    status: str
    result: str | None
    error: str | None


def bare_fastapi() -> FastAPI:
    """What a good developer writes first: routes, pydantic models, a StreamingResponse."""
    app = FastAPI()
    jobs: dict[str, Infer] = {}
    numbers = itertools.count()

    @app.post("/v1/chat/completions")
    async def completions(request: Request, ask: Chat) -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            async for number in moments(dict(request.scope["headers"]), words_of(ask.model_dump())):
                yield f"data: {json.dumps(chunk(number))}\n\n"
            yield DONE.decode()

        return StreamingResponse(events(), media_type="text/event-stream")

    @app.post("/api/v1/infer")
    async def infer(ask: Infer) -> Job:
        request_id = str(uuid.uuid4())
        jobs[request_id] = ask
        if next(numbers) > 1000:
            jobs.pop(next(iter(jobs)))
        session = ask.session_id or str(uuid.uuid4())
        return Job(request_id=request_id, session_id=session, status="processing", result=None, error=None)

    @app.websocket("/api/v1/query/ws")
    async def query(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            length = 0
            async for _ in moments(dict(socket.scope["headers"]), json.loads(text)["query"].count("|") + 1):
                length += len(WORD)
                await socket.send_text(json.dumps({"type": "content", "chunk": WORD, "accumulated_length": length}))
            await socket.send_text(json.dumps({"type": "end"}))

    return app


def main(kind: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    app: Any = bare_asgi if kind == "asgi" else bare_fastapi()
    config = uvicorn.Config(
        app, ws="websockets-sansio", ws_per_message_deflate=False, access_log=False, log_level="warning",
        server_header=False, proxy_headers=False, timeout_keep_alive=75, backlog=2048, timeout_graceful_shutdown=1,
    )  # fmt: skip
    print(f"listens on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 - how it is found
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
