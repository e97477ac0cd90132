"""A WebSocket lets go of its handshake and talks on; one that the protocol ended is gone for its application."""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from labserver.slim_socket import SlimSocket
from labserver.wiretap import Gone

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
        config = uvicorn.Config(app, ws=SlimSocket, lifespan="off", log_level="warning")
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
        [held] = [one for one in gc.get_objects() if type(one) is SlimSocket]
        assert not hasattr(held, "request") and not hasattr(held, "response")


@pytest.mark.parametrize("end", ["no pong", "no text"])
async def test_an_application_that_still_speaks_is_told_that_its_client_is_gone(
    end: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The protocol ends the talk, and the application speaks before the loop has closed the connection."""
    heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def talkative(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        held: SlimSocket = receive.__self__  # type: ignore[attr-defined]  # it is the protocol's own method
        if end == "no pong":
            held.keepalive_timeout()
        else:
            held.data_received(NO_TEXT)
        try:
            await send({"type": "websocket.send", "text": "and then"})
        except Exception as error:
            heard.set_result(type(error).__name__)
            raise

    caplog.set_level(logging.ERROR)
    async with serving(talkative) as port:
        with suppress(ConnectionClosed):
            async with connect(f"ws://127.0.0.1:{port}/") as client:
                await client.recv()
        assert await asyncio.wait_for(heard, 10) == Gone.__name__
    assert "Exception in ASGI" not in caplog.text
