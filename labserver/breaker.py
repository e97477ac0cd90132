"""The ASGI layer where faults strike: before the application is asked, and, through `broken`, in what it answers.

Knows plans and scopes; what a plan does to an answer stands in `answers`. Applies only where a plan is set.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver.broken import Broken, Grip, Struck
from labserver.errors import LabError, Planned
from labserver.faults import Plan
from labserver.lab import Lab
from labserver.renaming import Renamed
from labserver.sandbox import Sandbox
from labserver.stream import LANE

# The faults that answer instead of the application, and the status where the plan says none; the first one wins.
REFUSALS = {"http": {"status": 500, "rate_limit": 429}, "websocket": {"refuse_upgrade": 403}}


class FaultMiddleware:
    """Reads `plan`, `sandbox` and `exchange` from the scope's state; echoes the plan in `x-lab-fault`.

    `respond` gives an error the shape of its path's dialect.
    """

    def __init__(self, app: ASGIApp, lab: Lab, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.lab = lab
        self.respond = respond

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        plan: Plan = scope.get("state", {}).get("plan", {})
        if not plan:
            return self.app(scope, receive, send)
        return self._strike(plan, scope, receive, send)

    async def _strike(self, plan: Plan, scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"].pop(LANE, None)  # every piece of the answer passes here
        grip = Grip(scope["state"]["exchange"], self.lab.bell.sleep, self.lab.settings.time_scale)
        lost = "lose_reply" in plan and scope["type"] == "http"
        try:
            await self._answer(scope, receive, _nobody if lost else _breaking(send, plan, grip), grip)
            if lost:
                await grip.cut()
        except* Struck:  # also one that comes out of an application's task group
            if scope["type"] == "websocket":
                await grip.listen(receive)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, grip: Grip) -> None:
        try:
            await self._at_the_door(scope, grip)
            if "redirect" in scope["state"]["plan"] and scope["type"] == "http":
                await (await self._elsewhere(scope))(scope, receive, send)
                return
        except LabError as error:
            await self.respond(HTTPConnection(scope), error)(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _elsewhere(self, scope: Scope) -> Response:
        """To the same path and query, at the sandbox's second origin or here. Raises Unavailable where none opens."""
        knobs = scope["state"]["plan"]["redirect"]
        origin = ""
        if knobs["to"] == "stranger":
            origin = await self.lab.sandboxes.open_stranger(scope["state"]["sandbox"], self.lab.doors)
        query = scope["query_string"] and b"?" + scope["query_string"]
        path = b"/" + scope["raw_path"].lstrip(b"/\\")  # two of them would name another host
        place = origin + (path + query).decode("latin-1")
        return Response(status_code=int(knobs["code"]), headers={"location": place})

    async def _at_the_door(self, scope: Scope, grip: Grip) -> None:
        """Let the request in, late perhaps. Raises LabError to answer it here, Struck when its client has left."""
        plan: Plan = scope["state"]["plan"]
        sandbox: Sandbox = scope["state"]["sandbox"]
        if "latency" in plan:
            await grip.wait(plan["latency"]["seconds"])
        if "barrier" in plan:
            n, seconds = int(plan["barrier"]["n"]), plan["barrier"]["seconds"]
            exchange = grip.exchange
            await grip.meanwhile(sandbox.barrier.meet(n, seconds, grip.sleep, lambda: exchange.ended is None))
        for name, code in REFUSALS[scope["type"]].items():
            if (refusal := plan.get(name)) is not None:
                dated = refusal.get("as") == "date"
                raise Planned(int(refusal.get("code", code)), refusal.get("retry_after"), dated)


def _breaking(send: Send, plan: Plan, grip: Grip) -> Send:
    broken = Broken(send, plan, grip)
    return Renamed(broken, **plan["rename_field"]) if "rename_field" in plan else broken


async def _nobody(_: Message) -> None:
    """Where an answer goes that nobody shall have."""
