"""One request's own view of the lab: whose sandbox, at which pace, under which faults. Knows no dialect.

`entrance` has worked out who calls. What is wrong with a key or a plan it has kept, and the `VisitDep` of the surface
that asks for it raises it: only there does the error get its dialect's shape.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import Scope

from labserver import faults, limits, pacing
from labserver.caller import API_KEY, NOBODY, TOKEN, Caller
from labserver.errors import ClientLeft, Forbidden, Unavailable
from labserver.events import ChatRequest, Delta, End, StreamEvent, Text, Usage
from labserver.exchange import Exchange
from labserver.lab import Lab
from labserver.pace import MODELS, PROFILES, USUAL, Pace, Wish
from labserver.providers.base import Provider
from labserver.providers.delivery import to_read
from labserver.providers.timing import Timed, is_foreseeable
from labserver.racing import first_done
from labserver.sandbox import Sandbox, Stamp
from labserver.store.world import World
from labserver.tally import Rhythm

T = TypeVar("T")
CLOSING: set["asyncio.Future[None]"] = set()  # held until they are done: a loop alone would forget them


@dataclass(slots=True, eq=False)
class Visit:
    """What a surface holds while it answers one request (or one WebSocket message).

    `sandbox` and `caller` change once where the credential comes late, in a form or in a socket's first message;
    `when_introduced` is then called, and may raise LabError.
    """

    lab: Lab
    sandbox: Sandbox
    wish: Wish
    plan: faults.Plan
    exchange: Exchange
    who: str = ""
    caller: Caller = NOBODY
    when_introduced: Callable[[], None] = lambda: None
    _begun: AsyncGenerator[StreamEvent, None] | None = None

    def stamp(self, *asked: Any) -> Stamp:
        return self.sandbox.stamp(*asked)

    @property
    def pace(self) -> Pace:
        """For answers that no model gives."""
        return self.wish.pace()

    def pace_of(self, model: str) -> Pace:
        """As the request wishes; where it does not, as fast as this model is."""
        return self.wish.pace(PROFILES[MODELS.get(model, USUAL)])

    def move(self, sandbox: Sandbox) -> None:
        """From here on it is this sandbox's, and so is the journal's record."""
        if sandbox is not self.sandbox:
            self.sandbox.journal.release(self.exchange)
            self.exchange.keep_at_most(sandbox.tier.kept_bytes)
            sandbox.journal.open(self.exchange)
            self.exchange.sandbox, self.who = sandbox.id, ""
        self.sandbox = sandbox

    def introduce(self, caller: Caller) -> None:
        """It is known by now who calls. Raises LabError."""
        self.caller = caller
        self.when_introduced()

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
        provider = self.provider_of(model)
        self.sandbox.limits.check_tokens(self.who)
        return provider

    @property
    def may_ask_real(self) -> bool:
        """What everybody shares on a server for many gets no real provider: somebody pays for it."""
        return self.lab.settings.solo or self.sandbox is not self.lab.sandboxes.open

    def provider_of(self, model: str) -> Provider:
        """Raises ModelNotFound or Forbidden."""
        return self.lab.provider_of(model, real=self.may_ask_real)

    async def admit_message(self, model: str) -> Provider:
        """The same for one more question on a WebSocket, which counts as a request, and has to wait for its turn."""
        await self.lab.newcomers.turn()
        self.sandbox.limits.ask(self.who)
        return self.admit(model)

    def bill(self, tokens: int) -> None:
        self.sandbox.limits.spend(tokens, self.who)

    async def begin(self, request: ChatRequest, stamp: Stamp) -> None:
        """Ask a real model before the answer's head leaves, so that its refusal has a status. Raises LabError.

        The next `stream` goes on with what was begun. A mock is asked when somebody listens.
        """
        if self.provider_of(request.model).paced:
            return
        events = self._stream(request, stamp)
        self._begun = _after(await self._unless_gone(anext(events)), events)
        self.exchange.when_ended.append(lambda _: self._let_go(events))

    def _let_go(self, events: AsyncGenerator[StreamEvent, None]) -> None:
        """Close what was begun and nobody listened to: the client left in between."""
        if self._begun is not None:
            self._begun = None
            closing = asyncio.ensure_future(events.aclose())
            CLOSING.add(closing)
            closing.add_done_callback(CLOSING.discard)

    def stream(self, request: ChatRequest, stamp: Stamp) -> AsyncGenerator[StreamEvent, None]:
        """The model's events, paced, under this visit's faults. Raises LabError; the iterator must be closed."""
        events, self._begun = self._begun or self._stream(request, stamp), None
        return events

    async def _stream(self, request: ChatRequest, stamp: Stamp) -> AsyncGenerator[StreamEvent, None]:
        provider = self.provider_of(request.model)
        request = replace(request, seed=(self.sandbox.words_seed << 32) ^ request.seed)
        events = provider.stream(request)
        pace = self.pace_of(request.model)
        scale, sleep = self.lab.settings.time_scale, self.lab.bell.sleep
        if isinstance(provider, Timed):
            events = pacing.played(provider.rows(request), speed=pace.speed, scale=scale, sleep=sleep)
        elif provider.paced:
            prompt = to_read(request, pace)
            events = pacing.paced(events, pace, seed=stamp.dice, scale=scale, sleep=sleep, prompt_tokens=prompt)
            if self.lab.settings.record_mock and self.lab.recorder is not None:
                events = self.lab.recorder.through(events, request, provider.name)
        events = faults.on_events(limits.charged(events, self.bill), self.plan)
        slots = int(pace.slots) if is_foreseeable(provider) else self.lab.settings.provider_at_once
        turn = self.sandbox.slots.turn(slots, self.lab.bell)
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
            self.lab.metrics.spoke(self.lab.label_of(request.model), rhythm, bill)

    async def complete(self, request: ChatRequest, stamp: Stamp) -> "Completion":
        """The same answer, waited for; a client that leaves meanwhile frees the model. Raises LabError."""
        self.admit(request.model)
        return await self._unless_gone(self._collect(request, stamp))

    async def _unless_gone(self, work: Awaitable[T]) -> T:
        """What the work gives; it is cancelled, and ClientLeft raised, when the client leaves first."""

        async def gone() -> T:
            await self.exchange.closed.wait()
            raise ClientLeft("The client left before the answer was whole.")

        return await first_done(work, gone())

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


async def _after(first: StreamEvent, events: AsyncGenerator[StreamEvent, None]) -> AsyncGenerator[StreamEvent, None]:
    async with aclosing(events):
        yield first
        async for event in events:
            yield event


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer: (text, finish_reason) per choice, the bill, and the events that it was made of."""

    choices: list[tuple[str, str]]
    usage: Usage
    events: list[StreamEvent]


async def visit_of(connection: HTTPConnection) -> Visit:
    return visit_in(connection.scope)


def visit_in(scope: Scope) -> Visit:
    """One for each request. Raises LabError, what is wrong with whoever calls."""
    state = scope["state"]
    if "refusal" in state:
        raise state["refusal"]
    visit: Visit | None = state.get("visit")
    if visit is None:
        lab, told = scope["app"].state.lab, (state["sandbox"], state["wish"], state["plan"], state["exchange"])
        visit = state["visit"] = Visit(lab, *told, state["who"], state["caller"])
    return visit


async def _own_sandbox(connection: HTTPConnection) -> Sandbox:
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


async def _lab(connection: HTTPConnection) -> Lab:
    if isinstance(refusal := connection.scope["state"].get("refusal"), Forbidden):
        raise refusal
    lab: Lab = connection.app.state.lab
    return lab


VisitDep = Annotated[Visit, Depends(visit_of)]
OwnSandboxDep = Annotated[Sandbox, Depends(_own_sandbox)]
LabDep = Annotated[Lab, Depends(_lab)]
