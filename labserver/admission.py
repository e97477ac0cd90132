"""Whose credential this is, and whether it still opens anything. Knows sandboxes and their keys; knows no dialect.

A credential that opens nothing any more still names its sandbox, so that the refusal stands in its journal: an expired
key, a token whose claims do not fit, also a token whose signature does not. The last one says by its header's `kid` to
whom it wants to belong; nobody knows a `kid` who never had a token of that sandbox.
"""

import asyncio
from typing import NamedTuple

from labserver import auth
from labserver.caller import API_KEY, NOBODY, SANDBOX_KEY, Caller
from labserver.denials import NO_KEY, UNKNOWN, InsufficientScope, InvalidToken, NoCredentials, TwoCredentials
from labserver.errors import LabError
from labserver.keys import hashed
from labserver.mint import kid_of
from labserver.sandbox import Sandbox
from labserver.sandboxes import Sandboxes
from labserver.scopes import spell

NOT_BASIC = f"Basic is for {auth.TOKEN_PATH} only. Get a token there, and send that as a bearer."
TWO = "Two different credentials came with this request. Send one, in one place."


class Admission(NamedTuple):  # a tuple, because one is made for every request
    """`named` is False where no sandbox is known by the credential; the open one then stands in."""

    sandbox: Sandbox
    caller: Caller
    refusal: LabError | None = None
    named: bool = True


def recognise(sandboxes: Sandboxes, credentials: list[str], port: int) -> Admission:
    """By the credentials of one request. Without any it is the sandbox of the door at this port, or the open one."""
    if len(credentials) == 1 and credentials[0] not in auth.PLACEHOLDERS:
        return _one(sandboxes, credentials[0])
    real = list(dict.fromkeys(credential for credential in credentials if credential not in auth.PLACEHOLDERS))
    if not real:
        return Admission(sandboxes.find(None, port), NOBODY)
    if len(real) == 1:
        return _one(sandboxes, real[0])
    admissions = [_one(sandboxes, credential) for credential in real]
    first = next((admission for admission in admissions if admission.named), admissions[0])
    return first._replace(caller=NOBODY, refusal=TwoCredentials(TWO))


def _one(sandboxes: Sandboxes, credential: str) -> Admission:
    own = sandboxes.owned_by(credential)
    if own is not None:
        return Admission(own, own.access.owner)
    digest, kid = hashed(credential), kid_of(credential)
    sandbox = sandboxes.whose(digest) or (None if kid is None else sandboxes.whose(kid))
    if sandbox is not None:
        try:
            access = sandbox.access
            return Admission(sandbox, access.holder(digest) if kid is None else access.bearer(credential))
        except InvalidToken as refusal:
            return Admission(sandbox, NOBODY, refusal)
    if (pair := auth.basic(credential)) is not None:
        return _one(sandboxes, pair[1])._replace(caller=NOBODY, refusal=InvalidToken(NOT_BASIC))
    return Admission(sandboxes.open, NOBODY, InvalidToken(UNKNOWN), named=False)


def client(sandboxes: Sandboxes, name: str, secret: str) -> Admission:
    """Any key is an OAuth client too: its id and itself. The refusal says whether they fit."""
    known = recognise(sandboxes, [secret], 0)
    if known.refusal is None and (known.caller.kind not in (SANDBOX_KEY, API_KEY) or known.caller.id != name):
        refusal = InvalidToken("This id and this key do not belong together.")
        return known._replace(refusal=refusal, named=known.named and secret not in auth.PLACEHOLDERS)
    return known


async def enter(admission: Admission, needed: str | None) -> None:
    """Let somebody in who needs this scope, if any; spends one use. Raises LabError."""
    if admission.refusal is not None:
        raise admission.refusal
    caller = admission.caller
    if needed is not None:
        if caller is NOBODY and admission.sandbox.access.mint.policy.required:
            raise NoCredentials(NO_KEY)
        if needed not in caller.scopes:
            raise InsufficientScope(needed, spell(caller.scopes))
    if caller.purse is not None:
        caller.purse.left -= 1
        if admission.sandbox.store.lasting:
            await asyncio.to_thread(admission.sandbox.keep_uses, caller)


def shown(place: str, credential: str, admission: Admission) -> dict[str, str | None]:
    """What the journal tells of a credential."""
    caller = admission.caller
    if credential in auth.PLACEHOLDERS:
        return {"in": place, "kind": "placeholder", "id": None, "token": None}
    if caller is NOBODY:
        key_id, token = admission.refusal.who if isinstance(admission.refusal, InvalidToken) else (None, None)
        return {"in": place, "kind": "refused", "id": key_id, "token": token}
    return {"in": place, "kind": caller.kind, "id": caller.id, "token": caller.token}
