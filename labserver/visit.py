"""One request's own view of the lab: whose sandbox, at which pace, under which faults. Knows Starlette's scopes.

The middleware works out who is calling before any surface runs, so that the journal sees every exchange, also one that
a surface refuses. What is wrong with a key or a plan is kept and raised by the `VisitDep` of the surface that asks for
it: only there does the error get its dialect's shape.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver import auth, faults, limits, pacing
from labserver.errors import ClientLeft, Forbidden, LabError, Unavailable
from labserver.events import ChatRequest, Delta, End, StreamEvent, Text, Usage
from labserver.exchange import Exchange, minted
from labserver.lab import Lab
from labserver.pace import MODELS, PROFILES, USUAL, Pace, Wish, parse
from labserver.providers.base import Provider
from labserver.providers.delivery import prompt_tokens
from labserver.racing import first_done
from labserver.sandboxes import Sandbox, Stamp
from labserver.store.world import World
from labserver.tally import Rhythm
from labserver.trust import is_preflight

UNSEEN = ("/lab", "/metrics")  # never journalled: a journal of the journal grows without end, and so does a scraper's


def is_control(path: str) -> bool:
    """Whether this path is for those who watch: it is neither journalled nor limited."""
    return any(path == root or path.startswith(root + "/") for root in UNSEEN)


REQUEST_ID = re.compile(rb"[!-~]{1,128}")  # visible ASCII without spaces: nothing that could end a header

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a surface holds while it answers one request (or one WebSocket message)."""

    lab: Lab
    sandbox: Sandbox
    wish: Wish
    plan: faults.Plan
    exchange: Exchange
    who: str = ""

    def stamp(self, *asked: Any) -> Stamp:
        return self.sandbox.stamp(*asked)

    @property
    def pace(self) -> Pace:
        """For answers that no model gives."""
        return self.wish.pace()

    def pace_of(self, model: str) -> Pace:
        """As the request wishes; where it does not, as fast as this model is."""
        return self.wish.pace(PROFILES[MODELS.get(model, USUAL)])

    async def shop(self, work: Callable[[World], T]) -> T:
        """Do some work on the sandbox's own rows, in a thread, and tell its listeners what came of it. Raises LabError.

        They are told from the thread, once the work is done for good: also where the client is gone by then.
        """
        loop, listeners = asyncio.get_running_loop(), self.sandbox.notices

        def done() -> T:
            notices: list[tuple[str, dict[str, Any]]] = []

            def noted(world: World) -> T:
                result = work(world)
                notices.extend(world.notices)
                return result

            result = self.lab.store.within(self.sandbox.id, noted)
            for name, said in notices:
                loop.call_soon_threadsafe(partial(listeners.say, name, **said))
            return result

        return await run_in_threadpool(done)

    def admit(self, model: str) -> Provider:
        """The provider of a model, before an answer begins. Raises ModelNotFound, or RateLimited without tokens."""
        provider = self.lab.provider_of(model)
        self.sandbox.limits.check_tokens(self.who)
        return provider

    def admit_message(self, model: str) -> Provider:
        """The same for one more question on a WebSocket, which counts as a request."""
        self.sandbox.limits.ask(self.who)
        return self.admit(model)

    def bill(self, tokens: int) -> None:
        self.sandbox.limits.spend(tokens, self.who)

    async def stream(self, request: ChatRequest, stamp: Stamp) -> AsyncGenerator[StreamEvent, None]:
        """The model's events, paced, under this visit's faults. Raises LabError; the iterator must be closed."""
        provider = self.lab.provider_of(request.model)
        request = replace(request, seed=(self.sandbox.words_seed << 32) ^ request.seed)
        events = provider.stream(request)
        pace = self.pace_of(request.model)
        if provider.paced:
            scale, sleep = self.lab.settings.time_scale, self.lab.bell.sleep
            prompt = prompt_tokens(request.messages) if pace.prefill else 0
            events = pacing.paced(events, pace, seed=stamp.dice, scale=scale, sleep=sleep, prompt_tokens=prompt)
        events = faults.on_events(limits.charged(events, self.bill), self.plan)
        turn = self.sandbox.slots.turn(int(pace.slots), self.lab.bell)
        rhythm, bill = Rhythm(), None
        try:
            async with turn, aclosing(cast("Any", events)) as source:
                async for event in source:
                    if self.lab.bell.rung:
                        raise Unavailable("The lab server is shutting down. Start it again with `wirelab up`.")
                    if isinstance(event, Delta):
                        self.exchange.worked()
                        rhythm.beat()
                    elif isinstance(event, Usage):
                        bill = event
                    yield event
        finally:
            self.lab.metrics.spoke(request.model, rhythm, bill)

    async def complete(self, request: ChatRequest, stamp: Stamp) -> "Completion":
        """The same answer, waited for; a client that leaves meanwhile frees the model. Raises LabError."""
        self.admit(request.model)

        async def gone() -> Completion:
            await self.exchange.closed.wait()
            raise ClientLeft("The client left before the answer was whole.")

        return await first_done(self._collect(request, stamp), gone())

    async def _collect(self, request: ChatRequest, stamp: Stamp) -> "Completion":
        spoken: list[list[str]] = [[] for _ in range(request.n)]
        finished, usage = ["stop"] * request.n, Usage(0, 0)
        heard: list[StreamEvent] = []
        async with aclosing(self.stream(request, stamp)) as events:
            async for event in events:
                heard.append(event)
                match event:
                    case Text(text, index):
                        spoken[index].append(text)
                    case End(finish_reason, index):
                        finished[index] = finish_reason
                    case Usage():
                        usage = event
        choices = [("".join(pieces), end) for pieces, end in zip(spoken, finished, strict=True)]
        return Completion(choices, usage, heard)


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer: (text, finish_reason) per choice, the bill, and the events that it was made of."""

    choices: list[tuple[str, str]]
    usage: Usage
    events: list[StreamEvent]


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
        if (refused := self.lab.trust.refusal(scope)) is not None:
            state["refusal"] = refused
        credentials = auth.presented(scope["headers"], scope["query_string"])
        key = auth.key_of(credentials)
        try:
            sandbox = self.lab.sandboxes.find(key, port=scope["server"][1])
        except LabError as refusal:
            state.setdefault("refusal", refusal)
            sandbox = self.lab.sandboxes.open
        state["sandbox"], state["keyless"] = sandbox, key is None
        exchange: Exchange = state["exchange"]
        exchange.claimed, exchange.sandbox = True, sandbox.id
        exchange.secrets = auth.secrets(credentials, scope["query_string"])
        own_id = _accepted_id(scope["headers"])
        if is_control(scope["path"]):
            exchange.request_id = exchange.request_id or own_id or minted()
            await self.app(scope, receive, _with_header(send, b"x-request-id", exchange.request_id.encode()))
            return
        exchange.keep_at_most(sandbox.tier.kept_bytes)
        sandbox.journal.open(exchange)
        try:
            if "refusal" not in state and not is_preflight(scope):  # one who is not let in spends nobody's faults
                state["wish"], state["plan"] = self._wishes(scope, sandbox)
        except LabError as refusal:
            state["refusal"] = refusal
        exchange.fault = faults.spell(state.get("plan", {}))
        seeded = f"req_{sandbox.digest(scope.get('method', 'GET'), scope['path'])[:24]}"
        exchange.request_id = exchange.request_id or own_id or seeded
        await self.app(scope, receive, _with_header(send, b"x-request-id", exchange.request_id.encode()))

    def _wishes(self, scope: Scope, sandbox: Sandbox) -> tuple[Wish, faults.Plan]:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if "x-lab-fault" in headers and sandbox is self.lab.sandboxes.open and not self.lab.settings.solo:
            raise Forbidden(
                "On a shared server x-lab-fault needs a sandbox of your own. Get a key from POST /lab/sandboxes."
            )
        wanted = faults.parse(headers.get("x-lab-fault", ""))
        plan = sandbox.rules.take(scope["path"]) | wanted
        return parse(headers.get("x-lab-pace", "")), faults.in_order(plan)


def _accepted_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The client's own request id, if it sent exactly one that is fit to send back."""
    sent = [value for name, value in headers if name == b"x-request-id"]
    return sent[0].decode() if len(sent) == 1 and REQUEST_ID.fullmatch(sent[0]) else None


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
    wish, plan, who = state["wish"], state["plan"], state["who"]
    return Visit(connection.app.state.lab, state["sandbox"], wish, plan, state["exchange"], who)


def _own_sandbox(connection: HTTPConnection) -> Sandbox:
    """The caller's sandbox for the control plane: one's own by key, or the open one of a solo server."""
    state, lab = connection.scope["state"], connection.app.state.lab
    if "refusal" in state:
        raise state["refusal"]
    sandbox: Sandbox = state["sandbox"]
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
