"""Chat rooms over WebSockets: `/ws/rooms/{room}`. Knows messages and close codes; what a room is stands in `rooms`."""

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.errors import InvalidRequest
from labserver.racing import first_done
from labserver.rooms import Member, Room
from labserver.surfaces.refusals import misfit
from labserver.visit import Visit, VisitDep

router = APIRouter(tags=["chat"])

TRY_AGAIN_LATER = 1013  # IANA's registry of close codes
EXAMPLE = '{"type": "message", "content": "Hello"}'
GRACE = 2.0  # seconds in which a slow reader may still take the close frame

Name = Annotated[str, Path(min_length=1, max_length=40, description="the room")]
Nick = Annotated[str, Query(min_length=1, max_length=40, description="what the others shall call you")]


class Wish(BaseModel):
    """What a member sends."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["message", "presence", "leave"]
    content: Annotated[str, Field(max_length=4000)] = ""


@dataclass(slots=True)
class Seat:
    """One member's socket. One who says who it is moves to the room of that name in its own sandbox."""

    socket: WebSocket
    visit: Visit
    room: Room
    member: Member

    async def listen(self) -> None:
        """Do as the member wishes, until it leaves."""
        while (message := await self.socket.receive())["type"] == "websocket.receive":
            try:
                wish = Wish.model_validate_json(message.get("text") or "")
                if wish.type == "message" and not wish.content:
                    raise InvalidRequest(f"A message needs content. Send a text frame of JSON like {EXAMPLE}.")
            except ValidationError as error:
                self._refuse(misfit(error, EXAMPLE))
                continue
            except InvalidRequest as error:
                self._refuse(error)
                continue
            if wish.type == "leave":
                await self.socket.close(1000)
                return
            if wish.type == "presence":
                self.room.tell(self.member, {"type": "presence", "members": self.room.present()})
            else:
                stamp = self.visit.stamp(self.room.name, self.member.name, wish.content)
                self.room.say(self.member, wish.content, stamp.time)

    def move(self) -> None:
        there = self.visit.sandbox.rooms.find(self.room.name)
        if there is not self.room:
            self.room.hand_over(self.member, there)
            self.room = there

    def _refuse(self, error: InvalidRequest) -> None:
        self.room.tell(self.member, {"type": "error", "error": error.message})

    async def speak(self) -> None:
        while True:
            await self.socket.send_text(json.dumps(await self.member.waiting.get(), ensure_ascii=False))

    async def dropped(self) -> None:
        await self.member.gone.wait()


async def _say_goodbye(seat: Seat) -> None:
    """To one who was dropped: 1013, and where even that does not get through in time, the end of the connection."""
    reason = "You read too slowly, or the room was reset. Come back."

    async def close() -> bool:
        await seat.socket.close(TRY_AGAIN_LATER, reason)
        return True

    async def lose_patience() -> bool:
        await seat.visit.lab.bell.sleep(GRACE)
        return False

    if not await first_done(close(), lose_patience()):
        seat.visit.exchange.drop("too slow")


@router.websocket("/ws/rooms/{room}")
async def sit(socket: WebSocket, visit: VisitDep, room: Name, name: Nick) -> None:
    """Join with `?name=`: `welcome` with history, then everybody's `message`, `join` and `leave`; a slow one gets 1013.

    You send  {"type": "message", "content": "Tea is ready"}
    or        {"type": "presence"} or {"type": "leave"}
    You get   {"type": "welcome", "room": "kitchen", "name": "Ada", "members": ["Ada"], "history": []}
              {"type": "join", "name": "Ben"}
              {"type": "message", "id": 1, "name": "Ben", "content": "Hello", "timestamp": 1704067201.123}
              {"type": "presence", "members": ["Ada", "Ben"]}
              {"type": "leave", "name": "Ben", "reason": "left"}
    or        {"type": "error", "error": "what was wrong"}
    """
    place = visit.sandbox.rooms.find(room)
    seat = Seat(socket, visit, place, place.join(name))
    visit.when_introduced = seat.move
    try:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            await first_done(seat.listen(), seat.dropped(), seat.speak())
            if seat.member.gone.is_set():
                await _say_goodbye(seat)
    finally:
        seat.room.leave(seat.member)
