"""The WebSocket that says what it hears: `/ws/echo`. Knows messages; knows no model."""

from contextlib import suppress

from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.visit import VisitDep

router = APIRouter(tags=["chat"])


@router.websocket("/ws/echo")
async def echo(socket: WebSocket, visit: VisitDep) -> None:
    """Text comes back as text and binary as binary; a message in fragments comes back whole.

    You send  anything
    You get   the same
    """
    await socket.accept()
    with suppress(WebSocketDisconnect):
        while (message := await socket.receive())["type"] == "websocket.receive":
            if (text := message.get("text")) is not None:
                await socket.send_text(text)
            else:
                await socket.send_bytes(message["bytes"])
