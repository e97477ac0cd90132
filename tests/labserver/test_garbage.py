"""A request that is over is gone at once: nothing of it waits for the garbage collector, which would stop everybody."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
import uvicorn
from uvicorn.server import ServerState

from labserver.app import create_app
from labserver.settings import Settings
from labserver.wiretap import TappedHttp

TIMES = 40
INSTANT = "x-lab-pace: instant\r\n"


def request(method: str, path: str, body: object = None, headers: str = "") -> bytes:
    raw = b"" if body is None else json.dumps(body).encode()
    kind = f"content-type: application/json\r\ncontent-length: {len(raw)}\r\n" if raw else ""
    return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{kind}{headers}\r\n".encode() + raw


ASKED = [{"role": "user", "content": "one|two|three"}]
REQUESTS = {
    "a submit": request("POST", "/api/v1/infer", {"prompt": "How do I brew green tea?"}),
    "a whole chat answer": request("POST", "/v1/chat/completions", {"model": "script", "messages": ASKED}, INSTANT),
    "a stream": request(
        "POST", "/v1/chat/completions", {"model": "script", "messages": ASKED, "stream": True}, INSTANT
    ),
    "a status of a job that is not": request("GET", "/api/v1/status/42"),
    "a body that does not fit": request("POST", "/api/v1/infer", {"prompt": 5}),
    "a page of products": request("GET", "/shop/products"),
    "a path that is not": request("GET", "/nowhere"),
}


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """One connection to a server in this very process."""
    app = create_app(Settings())
    config = uvicorn.Config(app, http=TappedHttp, access_log=False, log_config=None)
    config.load()
    state, tap = ServerState(), {"tap": app.state.lab.tap}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: TappedHttp(config, state, tap), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    try:
        yield reader, writer
    finally:
        writer.close()
        server.close()
        app.state.lab.store.close()


async def answered(reader: asyncio.StreamReader) -> None:
    """Read one answer to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"transfer-encoding: chunked" in head:
        await reader.readuntil(b"\r\n0\r\n\r\n")
    else:
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))


@contextmanager
def no_collector() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("what", REQUESTS)
async def test_nothing_of_a_request_waits_for_the_collector(what: str) -> None:
    async with connected() as (reader, writer):
        for _ in range(3):  # what is imported and remembered once
            writer.write(REQUESTS[what])
            await answered(reader)
        gc.collect()
        with no_collector():
            for _ in range(TIMES):
                writer.write(REQUESTS[what])
                await answered(reader)
            await asyncio.sleep(0.05)  # let its task end
            left = gc.collect()
    assert left < TIMES, f"{left} objects of {TIMES} requests went with the collector only"
