"""API keys: issue, list, revoke; and who one is: `/auth/keys`, `/auth/me`. Knows HTTP; what a key is stands in `keys`.

A key is shown once, in the answer that issues it, and is blotted out of the journal even there.
"""

import math
import time
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from labserver import keys, scopes
from labserver.caller import NOBODY, Purse
from labserver.denials import NO_KEY, InsufficientScope, NoCredentials
from labserver.errors import Conflict, NotFound
from labserver.keys import IssuedKey
from labserver.surfaces import promised
from labserver.surfaces.refusals import NEVER_KEPT
from labserver.surfaces.resource import complete
from labserver.visit import Visit, VisitDep

router = APIRouter(prefix="/auth", tags=["auth"], responses=promised.in_rest(*promised.ANYWHERE))

YEAR = 366 * 24 * 3600
MOST_SCOPES = len(scopes.SCOPES)
ScopeName = Literal["shop:read", "shop:write", "models", "keys"]
KeyId = Annotated[
    str, Path(min_length=1, max_length=40, description="the key's id, not the key", examples=["key_7ccd7909b205"])
]
ONE = promised.in_rest(NotFound("There is no key 'key_1' here."), promised.MISFIT)


class KeyWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=80, description="for people", examples=["restocking script"])] = ""
    scopes: Annotated[
        list[ScopeName] | None,
        Field(max_length=MOST_SCOPES, description="no more than your own; without it, your own"),
    ] = None
    expires_in: Annotated[int | None, Field(ge=1, le=YEAR, description="seconds; without it, it never expires")] = None
    uses: Annotated[int | None, Field(ge=1, le=1_000_000, description="how many requests; without it, any number")] = (
        None
    )


class KeyShown(BaseModel):
    id: Annotated[str, Field(examples=["key_0f3c2a9d41b7"])]
    prefix: Annotated[str, Field(description="how the key begins", examples=["lab-0f3c2a"])]
    name: str
    scopes: list[str]
    created: int
    expires_at: int | None
    uses_left: int | None
    status: Annotated[str, Field(description="live, expired or used up", examples=["live"])]


class KeyMade(KeyShown):
    key: Annotated[str, Field(description="shown here and never again", examples=["lab-0f3c2a-..."])]


class KeyList(BaseModel):
    keys: list[KeyShown]


class Me(BaseModel):
    kind: Annotated[str, Field(description="sandbox key, api key or token", examples=["token"])]
    id: Annotated[str, Field(description="the sandbox's id, the key's, or that of a token's client")]
    name: str
    token: Annotated[str | None, Field(description="a token's jti")]
    scopes: list[str]
    expires_at: Annotated[int | None, Field(description="seconds since 1970")]
    uses_left: Annotated[int | None, Field(description="after this request, which spent one")]


def shown(key: IssuedKey) -> KeyShown:
    return KeyShown(
        id=key.id,
        prefix=key.prefix,
        name=key.name,
        scopes=scopes.spell(key.scopes).split(),
        created=key.created,
        expires_at=key.expires,
        uses_left=key.uses_left,
        status=key.status(time.time()),
    )


def _granted(visit: Visit, wanted: KeyWanted) -> frozenset[str]:
    """Raises InsufficientScope: nobody gives away what he does not have."""
    held = visit.caller.scopes
    granted = held if wanted.scopes is None else frozenset(wanted.scopes)
    if beyond := granted - held:
        raise InsufficientScope(scopes.spell(beyond), scopes.spell(held))
    return granted


MADE = promised.leads_to(promised.gives(201, KeyMade, "Location", "Pragma"), "id", "key_id", "get_key", "revoke_key")
FULL = Conflict("This sandbox has 50 keys already. Revoke one: DELETE /auth/keys/{id}.")


@router.post(
    "/keys",
    status_code=201,
    responses=promised.leads_to(
        promised.gives(201, KeyMade, "Location", "Pragma"), "id", "key_id", "get_key", "revoke_key"
    )
    | promised.in_rest(*promised.UNREADABLE, FULL),
    response_model=None,
)
async def issue_key(visit: VisitDep, wanted: KeyWanted) -> Response:
    """A further key of your sandbox, no wider than the one you hold. It is an OAuth client too: its id and itself."""
    access, now = visit.sandbox.access, time.time()
    granted = _granted(visit, wanted)
    stamp = visit.stamp("key", wanted.model_dump())
    key_id, prefix, secret = keys.drawn(stamp.digest)
    key = IssuedKey(
        key_id,
        keys.hashed(secret),
        prefix,
        wanted.name,
        granted,
        stamp.seconds,
        None if wanted.expires_in is None else math.ceil(now + wanted.expires_in),
        None if wanted.uses is None else Purse(wanted.uses),
    )
    forgotten = access.keys.make_room(now)
    access.keys.add(key)
    await run_in_threadpool(visit.sandbox.keep_key, key, forgotten)
    visit.exchange.hide(secret)
    made = KeyMade(key=secret, **shown(key).model_dump())
    return JSONResponse(made.model_dump(), 201, {"location": f"/auth/keys/{key_id}", **NEVER_KEPT})


@router.get("/keys")
async def list_keys(visit: VisitDep) -> KeyList:
    """The keys that were issued and not revoked, oldest first: never the key itself, only how it begins."""
    return KeyList(keys=[shown(key) for key in visit.sandbox.access.keys])


@router.get("/keys/{key_id}", responses=ONE)
async def get_key(visit: VisitDep, key_id: KeyId) -> KeyShown:
    """One key. Looking at it spends none of its uses."""
    return shown(visit.sandbox.access.keys.named(key_id))


@router.delete("/keys/{key_id}", status_code=204, responses=promised.nothing() | ONE)
async def revoke_key(visit: VisitDep, key_id: KeyId) -> Response:
    """The key opens nothing from now on, nor does any token that was made with it; their sockets close with 1008.

    A second time it is 404, like everything that is deleted twice here.
    """
    key = visit.sandbox.access.keys.named(key_id)
    forgotten = visit.sandbox.access.revoke(key)
    await run_in_threadpool(visit.sandbox.keep_key, key, forgotten)
    return Response(status_code=204)


@router.get("/me", responses=promised.in_rest(NoCredentials(NO_KEY)))
async def who_am_i(visit: VisitDep) -> Me:
    """Who you are here, by the credential that you sent. It spends one use of it, as every request does."""
    if visit.caller is NOBODY:
        raise NoCredentials(NO_KEY)
    return Me(**visit.caller.shown())


complete(router)
