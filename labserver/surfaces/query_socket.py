"""Seed 001's WebSocket: many queries on one socket, answered in turn. Knows `query`'s messages; knows no model.

While one task answers another listens, so a client that leaves in the middle of an answer frees the model at once.
"""

import json
from collections import deque
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

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


@dataclass(slots=True)
class Conversation:
    """One socket, and what was asked on it while something else was being answered."""

    socket: WebSocket
    visit: Visit
    ahead: deque[str] = field(default_factory=deque)
    left: bool = False

    async def hold(self) -> None:
        """Until the client leaves. While nothing is asked, nothing but the connection waits."""
        while not self.left and (self.ahead or await self._heard()):
            await first_done(self._answer(self.ahead.popleft()), self._gone())

    async def _heard(self) -> bool:
        """One more query lies ready; False: the client has left."""
        message = await self.socket.receive()
        if message["type"] == "websocket.disconnect":
            self.left = True
            return False
        self.ahead.append(message.get("text") or "")
        return True

    async def _gone(self) -> None:
        """Until the client leaves. Past MOST_WAITING queries it stops reading: TCP makes the client wait."""
        while len(self.ahead) < MOST_WAITING:
            if not await self._heard():
                raise WebSocketDisconnect
        await self.visit.exchange.closed.wait()
        raise WebSocketDisconnect

    async def _answer(self, text: str) -> None:
        """One query's messages, or one `error`."""
        visit = self.visit
        try:
            query = Query.model_validate_json(text)
            await visit.admit_message(query.model)
        except ValidationError as error:
            await self._say(query_error(misfit(error, EXAMPLE)))
            return
        except LabError as error:
            await self._say(query_error(error))
            return
        async with aclosing(messages(visit, query, visit.stamp(query.model_dump()))) as source:
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
    with suppress(WebSocketDisconnect):
        await Conversation(socket, visit).hold()
