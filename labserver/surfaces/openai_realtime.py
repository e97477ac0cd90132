"""OpenAI's Realtime dialect in text mode: WebSocket `/v1/realtime`. Knows sessions and messages; knows no model.

One task listens, and each response is a task of its own: one at a time in the conversation, more beside it.
Source: OpenAI's API reference for realtime (the names of general availability), as read by the `openai` SDK 3.x.
"""

import asyncio
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.errors import LabError, RateLimited
from labserver.racing import first_done
from labserver.sandbox import Stamp
from labserver.surfaces.openai_narrator import Payload, name
from labserver.surfaces.openai_realtime_answer import Answer
from labserver.surfaces.openai_realtime_config import ResponseParams, Session, SessionBody
from labserver.surfaces.openai_realtime_conversation import Conversation
from labserver.surfaces.openai_realtime_events import (
    Event,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
    parsed,
    understood,
)
from labserver.surfaces.openai_realtime_narrator import RealtimeNarrator
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.refusals import openai_error
from labserver.visit import Visit, VisitDep

router = APIRouter(prefix="/v1", tags=["openai"])

SUBPROTOCOL = "realtime"
MOST_AT_ONCE = 16  # responses under way on one socket
as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once: deltas are many


@dataclass(slots=True, eq=False)
class Desk:
    """One session. `trouble` is set where a response failed in a way that nobody foresaw."""

    socket: WebSocket
    visit: Visit
    model: str
    stamp: Stamp
    trouble: "asyncio.Future[None]"
    conversation: Conversation
    session: Session = field(default_factory=Session)
    answers: list[Answer] = field(default_factory=list)
    tasks: "set[asyncio.Task[None]]" = field(default_factory=set)
    _mouth: asyncio.Lock = field(default_factory=asyncio.Lock)
    _said: int = 0

    async def serve(self) -> None:
        try:
            await first_done(self._listen(), self.trouble)
        finally:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _listen(self) -> None:
        await self.say(self._told("session.created"))
        while (message := await self.socket.receive())["type"] == "websocket.receive":
            event_id = None
            try:
                said = parsed(message.get("text"))
                event_id = said["event_id"] if isinstance(said.get("event_id"), str) else None
                await self._take(understood(said))
            except LabError as error:
                await self.say({"type": "error", "error": openai_error(error)["error"] | {"event_id": event_id}})

    async def say(self, *payloads: Payload) -> None:
        """Some events, with nothing between them."""
        async with self._mouth:
            for payload in payloads:
                self._said += 1
                event = {"type": payload["type"], "event_id": name(self.stamp, "event", self._said)} | payload
                await self.socket.send_text(as_json(event))

    async def _take(self, event: Event) -> None:
        """Raises LabError, which the client is told."""
        match event:
            case SessionUpdate(session=wishes):
                self._update(wishes)
                await self.say(self._told("session.updated"))
            case ItemCreate(item=new, previous_item_id=after):
                item, before = self.conversation.create(new, after)
                said = {"previous_item_id": before, "item": item}
                await self.say({"type": "conversation.item.added", **said}, {"type": "conversation.item.done", **said})
            case ItemRetrieve(item_id=wanted):
                item = self.conversation.find(wanted, "retrieving item", "item_retrieve_invalid_item_id", "item_id")
                await self.say({"type": "conversation.item.retrieved", "item": item})
            case ItemDelete(item_id=wanted):
                self.conversation.delete(wanted)
                await self.say({"type": "conversation.item.deleted", "item_id": wanted})
            case ItemTruncate(item_id=wanted):
                self.conversation.find(wanted, "truncating item", "item_truncate_invalid_item_id", "item_id")
                raise Refused(
                    "Only sound can be truncated, and this lab speaks text only. Delete the item, and create a "
                    "shorter one.",
                    "item_id",
                    "invalid_value",
                )
            case ResponseCreate(response=params):
                self._respond(params or ResponseParams())
            case ResponseCancel(response_id=wanted):
                self._cancel(wanted)

    def _update(self, wishes: SessionBody) -> None:
        if wishes.model not in (None, self.model):
            raise Refused(
                f"The model of a session cannot be changed; this one has '{self.model}'. Open another socket with "
                "?model=...",
                "session.model",
                "invalid_value",
            )
        self.session = self.session.wanting(wishes, "session")

    def _respond(self, params: ResponseParams) -> None:
        out_of_band = params.conversation == "none"
        busy = next((one for one in self.answers if one.narrator.conversation is not None), None)
        if busy is not None and not out_of_band:
            raise Refused(
                f"Conversation already has an active response in progress: {busy.id}. Wait until the response is "
                "finished before creating a new one.",
                None,
                "conversation_already_has_active_response",
            )
        if len(self.answers) >= MOST_AT_ONCE:
            raise RateLimited(f"{MOST_AT_ONCE} responses are under way on this socket. Wait until one is finished.")
        session = self.session.wanting(params, "response")
        if not out_of_band:
            self.conversation.check_room()
        items = self.conversation.context(params.input)
        request = session.as_chat(self.model, items)
        told = {
            "output_modalities": ["text"],
            "max_output_tokens": session.max_output_tokens,
            "metadata": params.metadata,
        }
        stamp = self.visit.stamp("realtime", _gist(session.told(), told, *map(_nameless, items)))
        narrator = RealtimeNarrator(stamp, told, None if out_of_band else self.conversation)
        answer = Answer(self.visit, request, narrator, self.say, self.answers.remove)
        self.answers.append(answer)
        task = answer.begin()
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.trouble.done():
            self.trouble.set_exception(error)

    def _cancel(self, wanted: str | None) -> None:
        found = [
            one
            for one in self.answers
            if one.active and (one.id == wanted if wanted is not None else one.narrator.conversation is not None)
        ]
        if not found:
            raise Refused("Cancellation failed: no active response found", None, "response_cancel_not_active")
        found[0].cancel()

    def _told(self, kind: str) -> dict[str, Any]:
        head = {"type": "realtime", "object": "realtime.session", "id": name(self.stamp, "sess", 0)}
        return {"type": kind, "session": head | {"model": self.model} | self.session.told()}


def _gist(*asked: Any) -> str:
    """The same for the same question; the sandbox remembers it, and shall not remember whole conversations."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _nameless(item: Payload) -> Payload:
    """Which session was opened first shall not matter, and items are named after their session."""
    return {name: value for name, value in item.items() if name != "id"}


@router.websocket("/realtime")
async def realtime(
    socket: WebSocket, visit: VisitDep, model: Annotated[str | None, Query(description="who answers")] = None
) -> None:
    """A conversation with `?model=`, in text: items go in, responses come out, and either side may speak at any time.

    A browser says its key in a subprotocol: `new WebSocket(url, ["realtime", "openai-insecure-api-key.KEY"])`.

    You send  {"type": "conversation.item.create", "item": {"type": "message", "role": "user",
               "content": [{"type": "input_text", "text": "What is tea?"}]}}
              {"type": "response.create"}
    You get   {"type": "session.created", "event_id": "event_...", "session": {...}} first
              {"type": "conversation.item.added", ...} and {"type": "conversation.item.done", ...} for each item
              {"type": "response.created", ...}, response.output_item.added, response.content_part.added
              {"type": "response.output_text.delta", "response_id": "resp_...", "delta": "Tea ", ...}
              response.output_text.done, response.content_part.done, response.output_item.done
              {"type": "response.done", "response": {"status": "completed", "usage": {...}, ...}} always
              {"type": "rate_limits.updated", ...}
    or        {"type": "error", "error": {"type", "code", "message", "param", "event_id"}}; the socket stays open
    Also      session.update (instructions, tools, max_output_tokens), response.cancel, conversation.item.retrieve and
              .delete. A response with "conversation": "none" stays out of the conversation and may run beside others.
              Sound is refused in words.
    """
    if not model:
        raise Refused("You must provide a model: open /v1/realtime?model=...", "model", "missing_required_parameter")
    visit.provider_of(model)
    stamp = visit.stamp("realtime", model)
    await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope["subprotocols"] else None)
    desk = Desk(socket, visit, model, stamp, asyncio.get_running_loop().create_future(), Conversation(stamp))
    with suppress(WebSocketDisconnect):
        await desk.serve()
