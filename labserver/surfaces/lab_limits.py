"""A sandbox's limits on the control plane: `/lab/limits`, to read, to lower and to put back. Knows no window."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from labserver.errors import UnprocessableRequest
from labserver.limits import Left, Limit
from labserver.sandbox import Sandbox
from labserver.surfaces import promised
from labserver.turnstile import caller
from labserver.visit import OwnSandboxDep

TOO_MUCH = UnprocessableRequest(
    "requests: 9000 is more than your tier gives, which is 166 in 1 s. Ask for less.",
    details={"fields": {"requests": "at most 166 in 1 s"}},
)

router = APIRouter(
    prefix="/lab/limits", tags=["lab"], responses=promised.in_rest(promised.UNKNOWN_KEY, promised.NOT_YOURS)
)

Count = Annotated[int | None, Field(ge=1, le=10**10)]


class LimitWanted(BaseModel):
    """What is left out is as the tier has it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"requests": 5, "per": 1}})

    requests: Annotated[Count, Field(description="in a window")] = None
    per: Annotated[int | None, Field(ge=1, le=3600, description="length of a window in seconds")] = None
    tokens: Annotated[Count, Field(description="in a window")] = None
    streams: Annotated[Count, Field(description="open at once")] = None
    sockets: Annotated[Count, Field(description="open at once")] = None


class LimitView(BaseModel):
    """So many requests and tokens in `per` seconds, so many streams and sockets at once."""

    requests: int
    per: int
    tokens: int
    streams: int
    sockets: int


class LeftView(BaseModel):
    """Of `limit`, `remaining` are left; in `seconds` (rounded up) all of them are back."""

    limit: int
    remaining: int
    seconds: int


class LimitsView(BaseModel):
    """`limit` holds now, `tier` is the most; then what is left of both windows, and how many are `open`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "limit": {"requests": 5, "per": 1, "tokens": 33333, "streams": 200, "sockets": 300},
                "tier": {"requests": 10000, "per": 60, "tokens": 2000000, "streams": 200, "sockets": 300},
                "requests": {"limit": 5, "remaining": 3, "seconds": 1},
                "tokens": {"limit": 33333, "remaining": 33333, "seconds": 0},
                "open": {"streams": 1, "sockets": 0},
            }
        }
    )

    limit: LimitView
    tier: LimitView
    requests: LeftView
    tokens: LeftView
    open: dict[str, int]


def _view(sandbox: Sandbox, request: Request) -> dict[str, Any]:
    limits = sandbox.limits
    standing = limits.standing(caller(sandbox, request.scope.get("client")))
    return {
        "limit": _limit(limits.limit),
        "tier": _limit(limits.tier),
        "requests": _left(standing.requests),
        "tokens": _left(standing.tokens),
        "open": {kind: limits.opened(kind) for kind in ("streams", "sockets")},
    }


def _limit(limit: Limit) -> dict[str, int]:
    return {name: getattr(limit, name) for name in LimitView.model_fields}


def _left(left: Left) -> dict[str, int]:
    return {"limit": left.limit, "remaining": left.remaining, "seconds": math.ceil(left.seconds)}


@router.get("", response_model=LimitsView)
async def limits_now(sandbox: OwnSandboxDep, request: Request) -> dict[str, Any]:
    """What your sandbox may ask for, what is left of it, and what is open."""
    return _view(sandbox, request)


@router.put("", response_model=LimitsView, responses=promised.in_rest(TOO_MUCH, promised.BAD_JSON))
async def change_limits(sandbox: OwnSandboxDep, request: Request, wanted: LimitWanted) -> dict[str, Any]:
    """Lower limits from now on, with new windows; never above the tier's. The fault `limit` does it mid-work."""
    asked = wanted.model_dump(exclude_none=True)
    tier = sandbox.limits.tier
    most = tier.most(asked.get("per", tier.per))
    for name, number in asked.items():
        if number > getattr(most, name):
            room = f"{getattr(most, name)} in {most.per} s" if name in ("requests", "tokens") else getattr(most, name)
            raise UnprocessableRequest(
                f"{name}: {number} is more than your tier gives, which is {room}. Ask for less.",
                details={"fields": {name: f"at most {room}"}},
                param=name,
            )
    sandbox.limits.change(asked)
    return _view(sandbox, request)


@router.delete("", status_code=204)
async def restore_limits(sandbox: OwnSandboxDep) -> Response:
    """The tier's limits again, with nothing spent."""
    sandbox.limits.restore()
    return Response(status_code=204)
