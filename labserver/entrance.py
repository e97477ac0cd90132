"""The ASGI layer at the door: who is calling, into whose journal it goes, at which pace and under which faults.

It runs before any surface, so that the journal sees every exchange, also one that is refused; what is wrong is kept in
the scope's state for `visit` to raise.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from labserver import admission, auth, faults, scopes
from labserver.credentials import of_jupyter
from labserver.doorkeeper import Doorkeeper
from labserver.errors import Forbidden, LabError
from labserver.exchange import Exchange, minted
from labserver.lab import Lab
from labserver.outgoing import OUTGOING, Outgoing
from labserver.pace import Wish, parse
from labserver.sandbox import Sandbox, question
from labserver.trust import is_preflight

# Never journalled: a journal of the journal grows without end, so does a scraper's, and whoever opens the inspector
# wants to see his own requests there and not the page's files.
UNSEEN = ("/lab", "/metrics", "/inspector", "/static")


def is_control(path: str) -> bool:
    """Whether this path is for those who watch: it is neither journalled nor limited."""
    return path.startswith(UNSEEN) and any(path == root or path.startswith(root + "/") for root in UNSEEN)


WISHES = frozenset({b"x-lab-fault", b"x-lab-pace"})
USUAL = Wish()
REQUEST_ID = re.compile(rb"[!-~]{1,128}")  # visible ASCII without spaces: nothing that could end a header


class EntranceMiddleware:
    """Finds the sandbox, opens the journal's record, reads pace and faults, takes or mints `x-request-id`."""

    def __init__(self, app: ASGIApp, lab: Lab) -> None:
        self.app = app
        self.lab = lab

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        state, headers, path = scope["state"], scope["headers"], scope["path"]
        names = {name for name, _ in headers}
        if (wrong := self.lab.trust.wrong_host(scope)) is not None:
            state["wrong_host"] = wrong
        if (refused := wrong or (self.lab.trust.wrong_page(scope) if b"origin" in names else None)) is not None:
            state["refusal"] = refused
        placed = auth.placed(headers, scope["query_string"])
        credentials = [credential for _, credential in placed]
        known = admission.recognise(self.lab.sandboxes, credentials, scope["server"][1])
        sandbox = known.sandbox
        if known.refusal is not None and path != auth.TOKEN_PATH:  # there the client may say who it is in the form
            state.setdefault("refusal", known.refusal)
        state["sandbox"], state["caller"], state["keyless"] = sandbox, known.caller, auth.key_of(credentials) is None
        exchange: Exchange = state["exchange"]
        exchange.claimed, exchange.sandbox = True, sandbox.id
        exchange.secrets = auth.secrets(credentials, scope["query_string"])
        if b"cookie" in names and (guests := of_jupyter(headers)):
            exchange.hide(*guests)
        own_id = exchange.request_id or (_accepted_id(headers) if b"x-request-id" in names else None)
        if is_control(path):
            exchange.request_id = own_id or minted()
            state[OUTGOING] = outgoing = Outgoing(send, [(b"x-request-id", exchange.request_id.encode())])
            await self.app(scope, receive, outgoing)
            return
        exchange.credentials = tuple([admission.shown(*one, known) for one in placed])
        if path == auth.TOKEN_PATH:
            exchange.sift = auth.sift
        exchange.keep_at_most(sandbox.tier.kept_bytes)
        sandbox.journal.open(exchange)
        if "refusal" not in state and not is_preflight(scope):  # one who is refused spends no use and no fault
            await self._let_in(scope, known, names)
        if plan := state.get("plan"):
            exchange.fault = faults.spell(plan)
        seeded = f"req_{sandbox.digest_of(_question(scope.get('method', 'GET'), path))[:24]}"
        exchange.request_id = own_id or seeded
        del names  # a stream or a socket may be open for long
        state[OUTGOING] = outgoing = Outgoing(send, [(b"x-request-id", exchange.request_id.encode())])
        if scope["type"] == "websocket" and "refusal" not in state:
            await Doorkeeper(self.lab.sandboxes, scope, receive, outgoing).serve(self.app)
        else:
            await self.app(scope, receive, outgoing)

    async def _let_in(self, scope: Scope, known: admission.Admission, names: set[bytes]) -> None:
        state, path = scope["state"], scope["path"]
        try:
            if path != auth.TOKEN_PATH:
                await admission.enter(known, scopes.needed(scope.get("method"), path))
            if WISHES.isdisjoint(names):
                state["wish"], state["plan"] = USUAL, known.sandbox.rules.take(path)
            else:
                state["wish"], state["plan"] = self._wishes(scope, known.sandbox)
        except LabError as refusal:
            state["refusal"] = refusal

    def _wishes(self, scope: Scope, sandbox: Sandbox) -> tuple[Wish, faults.Plan]:
        said = {name: value.decode("latin-1") for name, value in scope["headers"] if name in WISHES}
        if b"x-lab-fault" in said and sandbox is self.lab.sandboxes.open and not self.lab.settings.solo:
            raise Forbidden(
                "On a shared server x-lab-fault needs a sandbox of your own. Get a key from POST /lab/sandboxes."
            )
        wanted = faults.parse(said.get(b"x-lab-fault", ""))
        plan = sandbox.rules.take(scope["path"]) | wanted
        return parse(said.get(b"x-lab-pace", "")), faults.in_order(plan)


@lru_cache(256)
def _question(method: str, path: str) -> str:
    """What a request without an id of its own is named after: put together once for each of the same kind."""
    return question(method, path)


def _accepted_id(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The client's own request id, if it sent exactly one that is fit to send back."""
    sent = [value for name, value in headers if name == b"x-request-id"]
    return sent[0].decode() if len(sent) == 1 and REQUEST_ID.fullmatch(sent[0]) else None
