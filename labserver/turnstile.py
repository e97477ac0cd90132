"""The ASGI layer that counts who comes in: limits are kept here, and told in the headers of every answer.

Knows scopes and a sandbox's limits; knows no window. A stream is an answer that begins without saying how long it is;
its place is free again when it ends, however it ends.
"""

import time
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver import faults, limit_headers
from labserver.entrance import is_control
from labserver.errors import LabError, RateLimited, Unauthorized
from labserver.limits import Limits
from labserver.outgoing import OUTGOING, Headers, Outgoing
from labserver.sandbox import Sandbox
from labserver.sandboxes import OPEN_ID

LENGTHLESS = frozenset({204, 304})  # no body, so no stream


class Full(Exception):
    """There is no place for this stream: its generator ends before it began. The passage holds the refusal."""


class LimitsMiddleware:
    """Reads `sandbox` and `plan` from the scope's state, and leaves there `who` is calling.

    `respond` gives an error the shape of its path's dialect. One whose key opens nothing is not counted: he is told
    nothing of anybody's limits. The control plane has none.
    """

    def __init__(self, app: ASGIApp, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state", {})
        stranger = isinstance(state.get("refusal"), Unauthorized)
        if "sandbox" not in state or stranger or is_control(scope["path"]):
            await self.app(scope, receive, send)
            return
        sandbox: Sandbox = state["sandbox"]
        state["who"] = caller(sandbox, scope.get("client"))
        passage = Passage(sandbox.limits, state["who"])
        change = {name: knobs for name, knobs in state.get("plan", {}).items() if name == "limit"}
        try:
            passage.enter(scope, change.get("limit"))
            await self.app(scope, receive, send)
        except* Full:  # also one that comes out of an application's task group
            pass
        finally:
            passage.leave()
        if passage.refusal is not None:
            state["exchange"].fault = struck = faults.spell(change)  # no other fault has struck here
            passage.echo(struck)
            await self.respond(HTTPConnection(scope), passage.refusal)(scope, receive, send)


def caller(sandbox: Sandbox, client: tuple[str, int] | None) -> str:
    """Under which name a caller is counted: the open sandbox is everybody's, so there each address counts alone."""
    return client[0] if client is not None and sandbox.id == OPEN_ID else ""


class Passage:
    """One request on its way: adds the family to its answer's head, holds the place of a stream or socket."""

    def __init__(self, limits: Limits, who: str) -> None:
        self._limits = limits
        self._who = who
        self._held = ""
        self._headers: Headers = []
        self._path = ""
        self._opened = 0.0
        self.refusal: RateLimited | None = None

    def enter(self, scope: Scope, change: dict[str, float] | None) -> None:
        """Count the request, under another limit perhaps. Raises Full where it may not come in."""
        if change is not None:
            self._limits.change({name: int(number) for name, number in change.items()})
        standing = self._limits.count(self._who)
        self._path, self._opened = scope["path"], scope["state"]["exchange"].opened
        self._headers = limit_headers.of_path(self._path, standing)
        outgoing: Outgoing = scope["state"][OUTGOING]
        outgoing.at_head.append(self._head)
        outgoing.at_end = self.leave  # before the last piece is out: whoever has it may ask for the next one at once
        if standing.over:
            self._refuse(self._limits.spent("requests", standing.requests))
        if scope["type"] == "websocket":
            self._take("sockets")

    def _take(self, kind: str) -> None:
        try:
            self._limits.open(kind, self._who)
        except RateLimited as refusal:
            self._refuse(refusal)
        self._held = kind

    def _refuse(self, refusal: RateLimited) -> None:
        self.refusal = refusal
        raise Full

    def leave(self) -> None:
        """Give the place back, once."""
        if self._held:
            self._limits.close(self._held, self._who)
            self._held = ""

    def echo(self, plan: str) -> None:
        if plan:
            self._headers = [*self._headers, (b"x-lab-fault", plan.encode())]

    def _head(self, head: Message) -> Headers:
        if head["type"] == "http.response.start" and _is_stream(head):
            self._take("streams")
        return [*self._headers, *limit_headers.waited(self._path, time.monotonic() - self._opened)]


def _is_stream(start: Message) -> bool:
    return start["status"] not in LENGTHLESS and all(name != b"content-length" for name, _ in start["headers"])
