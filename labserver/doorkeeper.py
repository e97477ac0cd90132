"""Stands between a WebSocket and its surface: lets in by first message, shows out whose credential ends.

A browser cannot set headers on a WebSocket, and a key in a URL ends up in logs. So a socket that was opened without a
credential may send `{"type": "auth", "token": "..."}` as its very first message. It is answered and never reaches the
surface; from there on the visit is that caller's. A wrong one closes the socket with 1008 (RFC 6455, section 7.4.1).

Decided here: a right to a socket lasts as long as the credential. When that expires or is revoked, the socket is closed
with 1008, in the middle of an answer too. The handshake or the first message spends one use, messages none.
"""

import asyncio
import json
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver import admission, auth, scopes
from labserver.caller import NOBODY, SANDBOX_KEY
from labserver.errors import LabError
from labserver.exchange import Exchange
from labserver.sandboxes import Sandboxes

POLICY_VIOLATION = 1008
LONGEST_REASON = 123  # bytes of a close frame's reason (RFC 6455, section 5.5)
LONGEST_WAIT = 3600.0
OVER = "Your credential has expired or was revoked. Open the socket again with a new one."


class Doorkeeper:
    """One socket. `scope["state"]` holds the visit once its surface has asked for it."""

    def __init__(self, sandboxes: Sandboxes, scope: Scope, receive: Receive, send: Send) -> None:
        self._sandboxes = sandboxes
        self._scope = scope
        self._state: dict[str, Any] = scope["state"]
        self._exchange: Exchange = self._state["exchange"]
        self._receive = receive
        self._send = send
        self._first = self._exchange.veiled = self._state["caller"] is NOBODY
        self._closed = False
        self._watch: asyncio.Task[None] | None = None

    async def serve(self, app: ASGIApp) -> None:
        try:
            await app(self._scope, self._hear, self._say)
        finally:
            if self._watch is not None:
                self._watch.cancel()
                await asyncio.gather(self._watch, return_exceptions=True)

    async def _hear(self) -> Message:
        message = await self._receive()
        if self._first and message["type"] == "websocket.receive":
            self._first = False
            token = _token_in(message)
            if token is not None and "visit" in self._state:
                await self._introduced(token, message["text"])
                message = await self._receive()
            self._exchange.unveil()
        while self._closed and message["type"] != "websocket.disconnect":  # sent ahead, and nobody is let in
            message = await self._receive()
        return message

    async def _say(self, message: Message) -> None:
        if self._closed:  # the surface does not know yet; it will hear so when it listens next
            return
        await self._send(message)
        if message["type"] == "websocket.accept":
            self._keep_watch()

    async def _introduced(self, token: str, text: str) -> None:
        """Somebody says who it is: the visit and its record move to that sandbox, or the socket closes."""
        exchange, state = self._exchange, self._state
        hidden = {token.encode(), json.dumps(token, ensure_ascii=False)[1:-1].encode()}
        exchange.hide(*(hidden if token in text else {*hidden, text.encode()}))  # spelt with escapes: all of it goes
        known = admission.recognise(self._sandboxes, [token], self._scope["server"][1])
        exchange.credentials = (*exchange.credentials, admission.shown("message", token, known))
        try:
            if token not in auth.PLACEHOLDERS and known.named:
                state["visit"].move(known.sandbox)
                state["sandbox"], state["caller"] = known.sandbox, known.caller
            exchange.unveil()
            await admission.enter(known, scopes.needed(None, self._scope["path"]))
            state["visit"].introduce(known.caller)
        except LabError as refusal:
            await self._close(refusal.message)
            return
        self._keep_watch()
        answer = {"type": "auth", "ok": True, **known.caller.shown()}
        await self._send({"type": "websocket.send", "text": json.dumps(answer)})

    def _keep_watch(self) -> None:
        kind = self._state["caller"].kind
        if self._watch is None and self._state["caller"] is not NOBODY and kind != SANDBOX_KEY:
            self._watch = asyncio.create_task(self._until_over())

    async def _until_over(self) -> None:
        caller, access = self._state["caller"], self._state["sandbox"].access
        while not access.is_over(caller):
            left = LONGEST_WAIT if caller.expires_at is None else caller.expires_at - time.time()
            await access.changed.sleep(min(left, LONGEST_WAIT))
        await self._close(OVER)

    async def _close(self, reason: str) -> None:
        self._closed = True
        cut = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
        await self._send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": cut})


def _token_in(message: Message) -> str | None:
    """The token of `{"type": "auth", "token": "..."}`, or None for any other message."""
    try:
        said = json.loads(message.get("text") or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict) or said.get("type") != "auth":
        return None
    token = said.get("token", "")
    return token if isinstance(token, str) else ""
