"""Seed 001's WebSocket: many queries on one socket, answered in turn. Knows `query`'s messages; knows no model.

One task listens while another answers, so a client that leaves in the middle of an answer frees the model at once.
"""

import asyncio
import json
from contextlib import aclosing, suppress
from dataclasses import dataclass

from fastapi import APIRouter
from pydantic import ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.errors import LabError
from labserver.racing import first_done
from labserver.surfaces.query import Query, messages
from labserver.surfaces.refusals import misfit, query_error
from labserver.visit import Visit, VisitDep

router = APIRouter(tags=["query"])

MOST_WAITING = 32  # queries sent ahead on one socket
EXAMPLE = '{"query": "What is tea?"}'


_written = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make one for each message


@dataclass(frozen=True, slots=True)
class Conversation:
    """One socket: what was asked and not yet answered."""

    socket: WebSocket
    visit: Visit
    asked: asyncio.Queue[str]

    async def listen(self) -> None:
        """Queue what arrives until the client leaves. Past MOST_WAITING it stops reading: TCP makes the client wait."""
        while True:
            message = await self.socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await self.asked.put(text if text is not None else "")

    async def answer(self) -> None:
        while True:
            text = await self.asked.get()
            try:
                query = Query.model_validate_json(text)
                self.visit.admit_message(query.model)
            except ValidationError as error:
                await self._say(query_error(misfit(error, EXAMPLE)))
                continue
            except LabError as error:
                await self._say(query_error(error))
                continue
            async with aclosing(messages(self.visit, query, self.visit.stamp(query.model_dump()))) as source:
                async for message in source:
                    await self._say(message)

    async def _say(self, message: dict[str, object]) -> None:
        await self.socket.send_text(_written(message))


@router.websocket("/api/v1/query/ws")
async def converse(socket: WebSocket, visit: VisitDep) -> None:
    """Ask as often as you like; each answer is `start`, `content`..., `end`, or `error`, and the socket stays open.

    You send  {"query": "What is tea?", "model": "gpt-4o-mini", "temperature": 0.7, "max_tokens": 1000}
    You get   {"type": "start", "model": "gpt-4o-mini", "timestamp": 1704067201.0}
              {"type": "content", "chunk": "Tea ", "accumulated_length": 4}
              {"type": "end", "full_response": "Tea ...", "model_used": "gpt-4o-mini", "tokens_used": 42,
               "processing_time": 1.3, "finish_reason": "stop"}
    or        {"type": "error", "error": "what was wrong", "timestamp": "error"}
    A refusal that passes has `retry_after`, in seconds: each question counts as a request.
    """
    await socket.accept()
    conversation = Conversation(socket, visit, asyncio.Queue(MOST_WAITING))
    with suppress(WebSocketDisconnect):
        await first_done(conversation.listen(), conversation.answer())
