"""One request's own view of the lab: whose sandbox, at which pace, under which faults. Knows Starlette's scopes.

The middleware works out who is calling before any surface runs, so that the journal sees every exchange, also one that
a surface refuses. What is wrong with a key or a plan is kept and raised by the `VisitDep` of the surface that asks for
it: only there does the error get its dialect's shape.
"""

import re
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver import admission, auth, faults, pacing, scopes
from labserver.caller import API_KEY, NOBODY, TOKEN, Caller
from labserver.doorkeeper import Doorkeeper
from labserver.errors import ClientLeft, Forbidden, LabError, Unavailable
from labserver.events import ChatRequest, End, StreamEvent, Text, Usage
from labserver.exchange import Exchange
from labserver.lab import Lab
from labserver.pacing import Pace
from labserver.racing import first_done
from labserver.sandboxes import Sandbox, Stamp
from labserver.store.world import World

UNSEEN = "/lab"  # the control plane is never journalled: a journal of the journal grows without end

REQUEST_ID = re.compile(rb"[!-~]{1,128}")  # visible ASCII without spaces: nothing that could end a header

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Visit:
    """What a surface holds while it answers one request (or one WebSocket message).

    `sandbox` and `caller` change once where the credential comes late, in a form or in a socket's first message;
    `when_introduced` is then called, and may raise LabError.
    """

    lab: Lab
    sandbox: Sandbox
    pace: Pace
    plan: faults.Plan
    exchange: Exchange
    caller: Caller = NOBODY
    when_introduced: Callable[[], None] = lambda: None

    def stamp(self, *asked: Any) -> Stamp:
        return self.sandbox.stamp(*asked)

    def move(self, sandbox: Sandbox) -> None:
        """From here on it is this sandbox's, and so is the journal's record."""
        if sandbox is not self.sandbox:
            self.sandbox.journal.release(self.exchange)
            self.exchange.keep_at_most(sandbox.tier.kept_bytes)
            sandbox.journal.open(self.exchange)
        self.sandbox = sandbox

    def introduce(self, caller: Caller) -> None:
        """It is known by now who calls. Raises LabError."""
        self.caller = caller
        self.when_introduced()

    async def shop(self, work: Callable[[World], T]) -> T:
        """Do some work on the sandbox's own rows, in a thread. Raises LabError."""
        return await run_in_threadpool(self.lab.store.within, self.sandbox.id, work)

    async def stream(self, request: ChatRequest, stamp: Stamp) -> AsyncGenerator[StreamEvent, None]:
        """The model's events, paced, under this visit's faults. Raises LabError; the iterator must be closed."""
        provider = self.lab.provider_of(request.model)
        request = replace(request, seed=(self.sandbox.words_seed << 32) ^ request.seed)
        events = provider.stream(request)
        if provider.paced:
            scale, sleep = self.lab.settings.time_scale, self.lab.bell.sleep
            events = pacing.paced(events, self.pace, seed=stamp.dice, scale=scale, sleep=sleep)
        events = faults.on_events(events, self.plan)
        async with aclosing(cast("Any", events)) as source:
            async for event in source:
                if self.lab.bell.rung:
                    raise Unavailable("The lab server is shutting down. Start it again with `wirelab up`.")
                if isinstance(event, Text):
                    self.exchange.worked()
                yield event

    async def complete(self, request: ChatRequest, stamp: Stamp) -> "Completion":
        """The same answer, waited for; a client that leaves meanwhile frees the model. Raises LabError."""

        async def gone() -> Completion:
            await self.exchange.closed.wait()
            raise ClientLeft("The client left before the answer was whole.")

        return await first_done(self._collect(request, stamp), gone())

    async def _collect(self, request: ChatRequest, stamp: Stamp) -> "Completion":
        spoken: list[list[str]] = [[] for _ in range(request.n)]
        finished, usage = ["stop"] * request.n, Usage(0, 0)
        async with aclosing(self.stream(request, stamp)) as events:
            async for event in events:
                match event:
                    case Text(text, index):
                        spoken[index].append(text)
                    case End(finish_reason, index):
                        finished[index] = finish_reason
                    case Usage():
                        usage = event
        return Completion([("".join(pieces), end) for pieces, end in zip(spoken, finished, strict=True)], usage)


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer: (text, finish_reason) per choice, and the bill."""

    choices: list[tuple[str, str]]
    usage: Usage


class VisitMiddleware:
    """Finds the sandbox, opens the journal's record, reads pace and faults, takes or mints `x-request-id`."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self.app = app
        self.lab = lab

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        state = scope["state"]
        if (origin := auth.foreign_page(scope.get("method"), scope["headers"])) is not None:
            state["refusal"] = Forbidden(
                f"A page from {origin} may not do this here. Open it from this machine instead."
            )
        placed = auth.placed(scope["headers"], scope["query_string"])
        credentials = [credential for _, credential in placed]
        known = admission.recognise(self.lab.sandboxes, credentials, scope["server"][1])
        sandbox, path = known.sandbox, scope["path"]
        if known.refusal is not None and path != auth.TOKEN_PATH:  # there the client may say who it is in the form
            state.setdefault("refusal", known.refusal)
        state["sandbox"], state["caller"], state["keyless"] = sandbox, known.caller, auth.key_of(credentials) is None
        state["exchange"].claimed = True
        if path == UNSEEN or path.startswith(UNSEEN + "/"):
            await self.app(scope, receive, send)
            return
        exchange: Exchange = state["exchange"]
        exchange.secrets = auth.secrets(credentials, scope["query_string"])
        exchange.credentials = tuple([admission.shown(*one, known) for one in placed])
        if path == auth.TOKEN_PATH:
            exchange.sift = auth.sift
        exchange.keep_at_most(sandbox.tier.kept_bytes)
        sandbox.journal.open(exchange)
        try:
            if "refusal" not in state:  # one who is not let in spends nobody's faults
                if path != auth.TOKEN_PATH:
                    await admission.enter(known, scopes.needed(scope.get("method"), path))
                state["pace"], state["plan"] = self._wishes(scope, sandbox)
        except LabError as refusal:
            state["refusal"] = refusal
        exchange.fault = faults.spell(state.get("plan", {}))
        minted = f"req_{sandbox.digest(scope.get('method', 'GET'), scope['path'])[:24]}".encode()
        request_id = _accepted_id(scope["headers"]) or minted
        send = _with_header(send, b"x-request-id", request_id)
        if scope["type"] == "websocket" and "refusal" not in state:
            await Doorkeeper(self.lab.sandboxes, scope, receive, send).serve(self.app)
            return
        await self.app(scope, receive, send)

    def _wishes(self, scope: Scope, sandbox: Sandbox) -> tuple[Pace, faults.Plan]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if "x-lab-fault" in headers and sandbox is self.lab.sandboxes.open and not self.lab.settings.solo:
            raise Forbidden(
                "On a shared server x-lab-fault needs a sandbox of your own. Get a key from POST /lab/sandboxes."
            )
        wanted = faults.parse(headers.get("x-lab-fault", ""))
        plan = sandbox.rules.take(scope["path"]) | wanted
        return pacing.parse(headers.get("x-lab-pace", "")), faults.in_order(plan)


def _accepted_id(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The client's own request id, if it sent exactly one that is fit to send back."""
    sent = [value for name, value in headers if name == b"x-request-id"]
    return sent[0] if len(sent) == 1 and REQUEST_ID.fullmatch(sent[0]) else None


def _with_header(send: Send, name: bytes, value: bytes) -> Send:
    async def stamped(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.accept", "websocket.http.response.start"):
            message = {**message, "headers": [*message.get("headers", []), (name, value)]}
        await send(message)

    return stamped


def _visit(connection: HTTPConnection) -> Visit:
    state = connection.scope["state"]
    if "refusal" in state:
        raise state["refusal"]
    lab, told = connection.app.state.lab, (state["sandbox"], state["pace"], state["plan"], state["exchange"])
    visit: Visit = state.setdefault("visit", Visit(lab, *told, state["caller"]))
    return visit


def _own_sandbox(connection: HTTPConnection) -> Sandbox:
    """The caller's sandbox for the control plane: one's own by key, or the open one of a solo server."""
    state, lab = connection.scope["state"], connection.app.state.lab
    if "refusal" in state:
        raise state["refusal"]
    sandbox: Sandbox = state["sandbox"]
    if state["caller"].kind in (API_KEY, TOKEN):
        raise Forbidden("The control plane takes the sandbox's own key only, not one that was made with it.")
    through_a_door = state["keyless"] and sandbox is not lab.sandboxes.open  # whoever finds the port may come in there
    if through_a_door or (sandbox is lab.sandboxes.open and not lab.settings.solo):
        raise Forbidden("This needs a sandbox of your own. Get a key from POST /lab/sandboxes and send it as a bearer.")
    return sandbox


def _lab(connection: HTTPConnection) -> Lab:
    if isinstance(refusal := connection.scope["state"].get("refusal"), Forbidden):
        raise refusal
    lab: Lab = connection.app.state.lab
    return lab


VisitDep = Annotated[Visit, Depends(_visit)]
OwnSandboxDep = Annotated[Sandbox, Depends(_own_sandbox)]
LabDep = Annotated[Lab, Depends(_lab)]
