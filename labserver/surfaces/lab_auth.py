"""What a sandbox's owner may know and set of its tokens: `/lab/auth`. Part of the control plane, so never journalled.

In the lessons the learner also plays the shop, which checks tokens: that takes the secret they are signed with.
"""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from labserver.mint import ALGORITHM, AUDIENCE, ISSUER, Policy
from labserver.sandbox import Sandbox
from labserver.surfaces import promised
from labserver.surfaces.lab import OWN
from labserver.visit import OwnSandboxDep

router = APIRouter(prefix="/lab", tags=["lab"], responses=OWN)


class PolicyWanted(BaseModel):
    """The most that anybody gets; whoever asks the token endpoint for less gets less."""

    model_config = ConfigDict(extra="forbid")

    expires_in: Annotated[int, Field(ge=1, le=24 * 3600, description="seconds that a token lives")] = 900
    uses: Annotated[int | None, Field(ge=1, le=1000, description="requests that it is good for; null: any number")] = (
        None
    )
    required: Annotated[bool, Field(description="who comes to your door without a credential gets 401")] = False


class AuthShown(BaseModel):
    algorithm: str
    issuer: str
    audience: str
    kid: Annotated[str, Field(description="stands in each token's header")]
    secret: Annotated[str, Field(description="what tokens are signed with; another one after a reset")]
    client_id: Annotated[str, Field(description="of your sandbox's own key, which is a client too")]
    policy: PolicyWanted


class Expired(BaseModel):
    expired: Annotated[int, Field(description="how many tokens were alive")]


@router.get("/auth")
async def about_tokens(sandbox: OwnSandboxDep) -> AuthShown:
    """What it takes to check your sandbox's tokens, or to make one: whoever has the secret can."""
    return _shown(sandbox)


@router.put("/auth", responses=promised.in_rest(*promised.UNREADABLE[1:]))
async def set_policy(sandbox: OwnSandboxDep, wanted: PolicyWanted) -> AuthShown:
    """How long the tokens live that are made from now on, and how often they may be used; both on request, too."""
    sandbox.access.mint.policy = Policy(**wanted.model_dump())
    return _shown(sandbox)


@router.delete("/auth/tokens")
async def expire_tokens(sandbox: OwnSandboxDep) -> Expired:
    """Every access token that is out has expired, now; refresh tokens live on. For work that it interrupts."""
    return Expired(expired=sandbox.access.expire_tokens())


def _shown(sandbox: Sandbox) -> AuthShown:
    mint = sandbox.access.mint
    return AuthShown(
        algorithm=ALGORITHM,
        issuer=ISSUER,
        audience=AUDIENCE,
        kid=mint.kid,
        secret=mint.secret,
        client_id=sandbox.id,
        policy=PolicyWanted(expires_in=mint.policy.expires_in, uses=mint.policy.uses, required=mint.policy.required),
    )
