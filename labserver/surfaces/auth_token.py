"""The OAuth2 token endpoint: `POST /auth/token` (RFC 6749). Knows its grants; what a token is stands in `mint`.

Any key is a client: `client_id` is its id, `client_secret` the key. Said of what is not in the RFC, or not as it wants:
`expires_in` and `uses` are ours, so that a lesson can have a token die in the middle of its work; and client
credentials come with a refresh token (section 4.4.3: SHOULD NOT), so that refreshing is learned without a password.
"""

import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from labserver import admission, auth, scopes
from labserver.admission import Admission
from labserver.caller import NOBODY, Caller
from labserver.denials import OAuthError
from labserver.grants import Family
from labserver.keys import hashed
from labserver.surfaces import promised
from labserver.surfaces.refusals import NEVER_KEPT
from labserver.surfaces.token_form import OPENAPI, bounded, read, required
from labserver.visit import Visit, VisitDep

router = APIRouter(tags=["auth"])

LONGEST, MOST_USES = 24 * 3600, 1_000
# RFC 9745, with the month of RFC 9700, which says in section 2.4 that the password grant MUST NOT be used.
OBSOLETE = {
    "deprecation": "@1735689600",
    "link": '<https://www.rfc-editor.org/rfc/rfc9700#section-2.4>; rel="deprecation"; type="text/html"',
}


class TokenMade(BaseModel):
    """RFC 6749, section 5.1. `uses` only where it is limited."""

    access_token: Annotated[str, Field(examples=["eyJhbGciOiJIUzI1NiIs..."])]
    token_type: Annotated[str, Field(examples=["Bearer"])]
    expires_in: Annotated[int, Field(description="seconds", examples=[900])]
    refresh_token: Annotated[str, Field(description="good for one use", examples=["lab-refresh-..."])]
    scope: Annotated[str, Field(examples=["shop:read shop:write"])]
    uses: int | None = None


Form = dict[str, str]


async def _client(visit: Visit, request: Request, form: Form) -> Caller | None:
    """Who asks, by Basic or in the form; None for one who says neither. Raises OAuthError."""
    headers = [auth.basic(value) for value in request.headers.getlist("authorization") if value[:6].lower() == "basic "]
    if headers and ("client_secret" in form or len(headers) > 1):
        raise OAuthError("invalid_request", "The client says twice who it is. Use Basic or the form, not both.")
    if not headers and "client_secret" not in form and "client_id" not in form:
        return None
    name, secret = (headers[0] or ("", "")) if headers else (form.get("client_id", ""), form.get("client_secret", ""))
    known = admission.client(visit.lab.sandboxes, name, secret)
    if not headers:
        visit.exchange.credentials += (admission.shown("form", secret, known),)
    _come_to(visit, known, "invalid_client")
    if known.refusal is not None:
        raise OAuthError("invalid_client", known.refusal.message)
    await admission.enter(known, None)
    return known.caller


def _come_to(visit: Visit, known: Admission, error: str) -> None:
    """The exchange is the sandbox's that the form's credential names, unless another came with the request."""
    if not known.named:
        return
    if visit.caller is not NOBODY and known.sandbox is not visit.sandbox:
        raise OAuthError(error, "This belongs to another sandbox than the key that came with the request.")
    visit.move(known.sandbox)


def _wanted(form: Form, most: frozenset[str]) -> frozenset[str]:
    """Raises OAuthError: nobody gets more than there was to give."""
    try:
        wanted = scopes.read(form["scope"]) if "scope" in form else most
    except ValueError as error:
        known = ", ".join(scopes.SCOPES)
        raise OAuthError("invalid_scope", f"There is no scope {error}. There are: {known}.") from error
    if beyond := wanted - most:
        raise OAuthError("invalid_scope", f"{scopes.spell(beyond)} is more than you hold: {scopes.spell(most)}.")
    return wanted


def _limits(form: Form) -> tuple[int | None, int | None]:
    return bounded(form, "expires_in", LONGEST), bounded(form, "uses", MOST_USES)


async def _client_credentials(visit: Visit, client: Caller | None, form: Form) -> dict[str, Any]:
    if client is None:
        raise OAuthError("invalid_client", "Say who you are: client_id and client_secret, by Basic or in the form.")
    wanted = _wanted(form, client.scopes)
    family = visit.sandbox.access.grants.begin(client.id, str(client.id), wanted, *_limits(form))
    return _issued(visit, family, wanted, family.expires_in, family.uses)


async def _refresh(visit: Visit, client: Caller | None, form: Form) -> dict[str, Any]:
    token = required(form, "refresh_token")
    home = visit.lab.sandboxes.whose(hashed(token))
    if client is None and home is not None:
        _come_to(visit, Admission(home, NOBODY), "invalid_grant")
    access = visit.sandbox.access
    family = access.grants.find(token, None if client is None else client.id)
    if access.grants.is_used(family, token):
        access.end(family)
        raise OAuthError(
            "invalid_grant", "This refresh token was used before: somebody has a copy. All that came of it has ended."
        )
    if not access.is_live(family.subject):
        raise OAuthError("invalid_grant", f"Whom it acts for is no more: {family.subject} has ended.")
    wanted = _wanted(form, family.scopes)
    expires_in, uses = _limits(form)
    return _issued(visit, family, wanted, expires_in or family.expires_in, uses or family.uses)


async def _password(visit: Visit, client: Caller | None, form: Form) -> dict[str, Any]:
    name, password = required(form, "username"), required(form, "password")
    known = admission.client(visit.lab.sandboxes, name, password)
    visit.exchange.credentials += (admission.shown("password", password, known),)
    if client is not None and known.sandbox is not visit.sandbox:
        raise OAuthError("invalid_grant", "This name and this password do not belong together.")
    _come_to(visit, known, "invalid_grant")
    if known.refusal is not None:
        raise OAuthError("invalid_grant", known.refusal.message)
    await admission.enter(known, None)
    wanted = _wanted(form, known.caller.scopes if client is None else known.caller.scopes & client.scopes)
    grants = visit.sandbox.access.grants
    family = grants.begin(None if client is None else client.id, name, wanted, *_limits(form))
    return _issued(visit, family, wanted, family.expires_in, family.uses)


GRANTS: dict[str, tuple[Callable[..., Any], dict[str, str]]] = {
    "client_credentials": (_client_credentials, {}),
    "refresh_token": (_refresh, {}),
    "password": (_password, OBSOLETE),
}


def _issued(
    visit: Visit, family: Family, granted: frozenset[str], expires_in: int | None, uses: int | None
) -> dict[str, Any]:
    """An access token and the next refresh token. The sandbox's policy is the most that anybody gets."""
    access = visit.sandbox.access
    policy = access.mint.policy
    lasts = min(filter(None, (expires_in, policy.expires_in, access.seconds_left(family.subject, time.time()))))
    often = min(filter(None, (uses, policy.uses)), default=None)
    name = visit.sandbox.digest("token", family.subject)[:24]
    token, _ = access.mint.token(name, family.subject, granted, lasts, often)
    refresh = access.grants.next(family)
    family.issued.append(name)
    visit.exchange.hide(token, refresh)
    made = TokenMade(
        access_token=token,
        token_type="Bearer",
        expires_in=lasts,
        refresh_token=refresh,
        scope=scopes.spell(granted),
        uses=often,
    )
    return made.model_dump(exclude_none=True)


@router.post(
    auth.TOKEN_PATH,
    response_model=TokenMade,
    openapi_extra=OPENAPI,
    responses=promised.gives(200, TokenMade, "Pragma")
    | promised.in_oauth(
        OAuthError("invalid_request", "grant_type is missing."),
        OAuthError("invalid_client", "This id and this key do not belong together."),
        OAuthError("invalid_grant", "This refresh token was used before: somebody has a copy."),
        OAuthError("unsupported_grant_type", f"There is no such grant. There are: {', '.join(GRANTS)}."),
        OAuthError("invalid_scope", "keys is more than you hold: shop:read."),
        promised.NOT_YOURS,
    ),
)
async def token(visit: VisitDep, request: Request) -> JSONResponse:
    """A token for a key: `grant_type=client_credentials`, then `refresh_token` whenever it has died.

    The client is any key of the sandbox: its id and itself, by HTTP Basic or as `client_id` and `client_secret`. Ask
    for less with `scope`, `expires_in` (seconds) and `uses` (requests). Each refresh token is good for one use; one
    that comes back ends all that came of it (RFC 9700). `grant_type=password` answers too, marked as obsolete.
    """
    form = await read(request)
    name = required(form, "grant_type")
    if name not in GRANTS:
        raise OAuthError("unsupported_grant_type", f"There is no grant {name[:80]}. There are: {', '.join(GRANTS)}.")
    grant, marks = GRANTS[name]
    made = await grant(visit, await _client(visit, request, form), form)
    return JSONResponse(made, headers={**NEVER_KEPT, **marks})
