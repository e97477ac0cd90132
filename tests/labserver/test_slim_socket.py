"""A WebSocket lets go of its handshake and talks on; one that the protocol ended is gone for its application."""

import asyncio
import base64
import gc
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from labserver.slim_socket import SlimSocket
from labserver.wiretap import Gone

PINGS = 0.05  # seconds between pings, and as long until a pong is missed
NO_TEXT = b"\x81\x82\x00\x00\x00\x00\xff\xfe"  # a text frame, masked with zeros, that is no UTF-8


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"x-tea", b"green")]})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


@asynccontextmanager
async def serving(app: Callable[..., object]) -> AsyncIterator[int]:
    """The port of a server with this application, until the block is left."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, ws=SlimSocket, lifespan="off", log_level="warning", ws_ping_interval=PINGS, ws_ping_timeout=PINGS
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running


async def test_the_handshake_is_forgotten_once_it_is_answered_and_the_talk_goes_on() -> None:
    async with serving(echo) as port, connect(f"ws://127.0.0.1:{port}/") as client:
        await client.send("hello")
        assert await client.recv() == "hello"
        assert client.response is not None and client.response.headers["x-tea"] == "green"
        [held] = [one for one in gc.get_objects() if isinstance(one, SlimSocket)]
        assert not hasattr(held, "request") and not hasattr(held, "response")


@pytest.mark.parametrize("last_words", [b"", NO_TEXT], ids=["no pong", "no text"])
async def test_an_application_that_still_speaks_is_told_that_its_client_is_gone(
    last_words: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def talkative(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "text": "and then"})
                await asyncio.sleep(PINGS / 5)
        except BaseException as error:
            heard.set_result(type(error).__name__)
            raise

    caplog.set_level(logging.ERROR)
    async with serving(talkative) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13"
        writer.write(f"GET / HTTP/1.1\r\nHost: lab\r\n{upgrade}\r\n\r\n".encode() + last_words)
        assert await asyncio.wait_for(heard, 10) == Gone.__name__
        writer.close()
    assert "ASGI" not in caplog.text
