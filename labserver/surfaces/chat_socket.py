"""Seed 000's WebSocket at `/`: a message in, the model's whole answer out. Knows events, not models.

The model remembers what was said on this socket before. One task listens while another answers, so a client that
leaves in the middle of an answer frees the model at once.
Source: seeds/000, "WebSocket in Python".
"""

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.errors import LabError
from labserver.events import ChatRequest, Message
from labserver.racing import first_done
from labserver.surfaces.refusals import misfit, when_to_retry
from labserver.visit import Visit, VisitDep

router = APIRouter(tags=["chat"])

EXAMPLE = '{"type": "message", "content": "Hello, AI!"}'
MOST_WAITING = 32  # messages sent ahead on one socket
REMEMBERED = 20  # messages of either side that the model still knows


class Said(BaseModel):
    """What a client sends."""

    type: Literal["message"]
    content: Annotated[str, Field(min_length=1, max_length=100_000)]
    model: str = "gpt-4o-mini"


@dataclass(frozen=True, slots=True)
class Chat:
    """One socket: what was said and not yet answered, and what the model remembers."""

    socket: WebSocket
    visit: Visit
    waiting: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    memory: deque[Message] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    async def listen(self) -> None:
        """Queue what arrives until the client leaves. Past MOST_WAITING it stops reading: TCP makes the client wait."""
        while (message := await self.socket.receive())["type"] == "websocket.receive":
            await self.waiting.put(message.get("text") or "")

    async def speak(self) -> None:
        while True:
            text = await self.waiting.get()
            try:
                said = await self._answer(Said.model_validate_json(text))
            except ValidationError as error:
                said = _error(misfit(error, EXAMPLE))
            except LabError as error:
                said = _error(error)
            await self.socket.send_text(json.dumps(said, ensure_ascii=False))

    async def _answer(self, said: Said) -> dict[str, Any]:
        """The whole answer. Only a message that got one is remembered. Raises LabError."""
        await self.visit.admit_message(said.model)
        asked = Message("user", said.content)
        request = ChatRequest((*self.memory, asked), said.model)
        answer = await self.visit.complete(request, self.visit.stamp(said.model_dump()))
        text, _ = answer.choices[0]
        self.memory.extend((asked, Message("assistant", text)))
        return {"type": "message", "content": text}


def _error(error: LabError) -> dict[str, Any]:
    return {"type": "error", "error": error.message, **when_to_retry(error)}


@router.websocket("/")
async def chat(socket: WebSocket, visit: VisitDep) -> None:
    """Say something, as often as you like; each message is answered in turn, in one message.

    You send  {"type": "message", "content": "Hello, AI!"}
    You get   {"type": "message", "content": "Hello from the Leaf & Kettle."}
    or        {"type": "error", "error": "what was wrong"}
    A refusal that passes has `retry_after`, in seconds: each question counts as a request.
    """
    await socket.accept()
    conversation = Chat(socket, visit)
    with suppress(WebSocketDisconnect):
        await first_done(conversation.listen(), conversation.speak())
