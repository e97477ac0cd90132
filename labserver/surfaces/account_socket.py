"""The one WebSocket that wants to know who you are: `/ws/account`. Knows messages and close codes; knows no key.

A handshake without a credential is let in, so that a browser can say who it is in its first message; it has PATIENCE
seconds for that. What each message may do depends on the caller's scopes: one that may not is told so, in a message.
"""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from labserver.caller import NOBODY
from labserver.denials import InsufficientScope
from labserver.errors import LabError
from labserver.racing import first_done
from labserver.scopes import READ, spell
from labserver.store.tables import Order
from labserver.store.world import Slice, World
from labserver.surfaces import shop_orders
from labserver.surfaces.refusals import misfit
from labserver.visit import Visit, VisitDep

router = APIRouter(tags=["auth"])

POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1
PATIENCE = 5.0  # seconds until the first message, by the server's time scale
LEAST_PATIENCE = 0.5  # real seconds: no scale shrinks the client's own time to nothing
NEWEST = 3
FIRST = 'Say who you are first: {"type": "auth", "token": "..."}'
EXAMPLE = '{"type": "orders"}'


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    type: Literal["ping", "me", "orders"]


@dataclass(slots=True)
class Desk:
    socket: WebSocket
    visit: Visit
    introduced: asyncio.Event = field(default_factory=asyncio.Event)
    greeted: asyncio.Event = field(default_factory=asyncio.Event)

    async def greet(self) -> None:
        """Wait for who it is, not for ever; then say so and never end."""
        if self.visit.caller is NOBODY:
            self.visit.when_introduced = self.introduced.set
            bell, scale = self.visit.lab.bell, self.visit.lab.settings.time_scale
            await first_done(_true(self.introduced), bell.sleep(max(LEAST_PATIENCE, PATIENCE * scale)))
            if self.visit.caller is NOBODY:
                await self.socket.close(POLICY_VIOLATION, FIRST)
                return
        await self._say({"type": "account", **self.visit.caller.shown()})
        self.greeted.set()
        await asyncio.Event().wait()

    async def listen(self) -> None:
        while (message := await self.socket.receive())["type"] == "websocket.receive":
            if self.visit.caller is NOBODY:
                await self.socket.close(POLICY_VIOLATION, FIRST)
                return
            await self.greeted.wait()  # the greeting comes first, however fast a client is
            try:
                said = await self._answer(Wish.model_validate_json(message.get("text") or ""))
            except ValidationError as error:
                said = {"type": "error", "error": misfit(error, EXAMPLE).message}
            except LabError as error:
                said = {"type": "error", "error": error.message}
            await self._say(said)

    async def _answer(self, wish: Wish) -> dict[str, Any]:
        """Raises InsufficientScope."""
        if wish.type == "ping":
            return {"type": "pong"}
        caller = self.visit.caller
        if wish.type == "me":
            return {"type": "account", **caller.shown()}
        if READ not in caller.scopes:
            raise InsufficientScope(READ, spell(caller.scopes))
        return {"type": "orders", "orders": await self.visit.shop(_newest)}

    async def _say(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps(message, ensure_ascii=False))


async def _true(event: asyncio.Event) -> None:
    await event.wait()


def _newest(world: World) -> list[dict[str, Any]]:
    found = world.listed(Order, [], Slice("id", descending=True, limit=NEWEST))
    return [shop_orders.shown(order) for order in found.rows]


@router.websocket("/ws/account")
async def account(socket: WebSocket, visit: VisitDep) -> None:
    """Who you are, and your shop's newest orders. It closes with 1008 if it does not learn who you are, or no longer.

    You send  {"type": "auth", "token": "..."} first, unless a header or `?key=` said it in the handshake
    You get   {"type": "auth", "ok": true, "kind": "token", "id": "key_1", "name": "", "token": "9f...",
               "scopes": ["shop:read"], "expires_at": 1704067201, "uses_left": null}
              {"type": "account", ...} the same once more
    You send  {"type": "ping"} or {"type": "me"} or {"type": "orders"}
    You get   {"type": "pong"} or {"type": "account", ...} or {"type": "orders", "orders": [...]}
    or        {"type": "error", "error": "what was wrong"}
    """
    await socket.accept()
    desk = Desk(socket, visit)
    with suppress(WebSocketDisconnect):
        await first_done(desk.listen(), desk.greet())
