"""A WebSocket lets go of its handshake, and talks on as before."""

import asyncio
import gc
import socket

import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect

from labserver.slim_socket import SlimSocket


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "headers": [(b"x-tea", b"green")]})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def talk() -> tuple[str, str, list[SlimSocket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(echo, ws=SlimSocket, lifespan="off", log_level="warning", ws_ping_interval=0.02)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with connect(f"ws://127.0.0.1:{listener.getsockname()[1]}/") as client:
                await client.send("hello")
                said = str(await client.recv())
                await asyncio.wait_for(client.ping(), 5)
                held = [one for one in gc.get_objects() if isinstance(one, SlimSocket)]
                response = client.response
                assert response is not None
                return said, response.headers["x-tea"], held
        finally:
            server.should_exit = True
            await running


def test_the_handshake_is_forgotten_once_it_is_answered_and_the_talk_goes_on() -> None:
    said, header, [held] = asyncio.run(talk())
    assert (said, header) == ("hello", "green")
    assert not hasattr(held, "request") and not hasattr(held, "response")
