"""Why somebody is not let in, and the `WWW-Authenticate` that says so. Knows RFC 6750 and RFC 6749; knows no key.

RFC 6750, section 3: without a credential the challenge is bare; with a bad one it carries `error`. A 403 names the
scope that would do.
"""

import re

from labserver.errors import Forbidden, InvalidRequest, LabError, Unauthorized

BEARER = 'Bearer realm="wirelab"'
BASIC = 'Basic realm="wirelab", charset="UTF-8"'
UNFIT = re.compile(r"[^ !#-\[\]-~]")  # what an error_description may not hold (RFC 6750, section 3)

NO_KEY = "Who are you? Send a key as `Authorization: Bearer ...` or as X-API-Key."
UNKNOWN = (
    "This key opens no sandbox here. Get one from POST /lab/sandboxes (labkit.open does), or send no key. "
    "A token lives no longer than this server and its sandbox's last reset: ask /auth/token for a new one."
)


class NoCredentials(Unauthorized):
    """401 with a bare challenge: RFC 6750, section 3.1, gives no error where nothing was presented."""


class InvalidToken(Unauthorized):
    """401: expired, revoked, used up, forged, or never given to anybody.

    `who` is (id, jti) of the credential where they are sure, for the witness.
    """

    def __init__(self, message: str, who: tuple[str | None, str | None] = (None, None)) -> None:
        super().__init__(message)
        self.who = who


class TwoCredentials(InvalidRequest):
    """400: RFC 6750, section 2, lets a client use one way, not two."""


class InsufficientScope(Forbidden):
    """403: it is known who asks, and that is not enough. A new token of the same kind would not help."""

    code = "INSUFFICIENT_SCOPE"

    def __init__(self, needed: str, held: str) -> None:
        has = f"has {held}" if held else "has none"
        super().__init__(
            f"This needs the scope {needed}; your credential {has}. Ask for a wider one, or let somebody else do it.",
            details={"scope": needed},
        )
        self.needed = needed


class OAuthError(LabError):
    """What the token endpoint refuses, by the name that RFC 6749, section 5.2, gives it."""

    status = 400

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        if error == "invalid_client":
            self.status = 401


def challenge(error: LabError) -> str | None:
    """The `WWW-Authenticate` of an answer with this error, or None."""
    match error:
        case OAuthError(status=401):
            return BASIC
        case InvalidToken():
            return f'{BEARER}, error="invalid_token", error_description="{_fit(error.message)}"'
        case TwoCredentials():
            return f'{BEARER}, error="invalid_request", error_description="{_fit(error.message)}"'
        case InsufficientScope(needed=needed):
            description = _fit(error.message)
            return f'{BEARER}, error="insufficient_scope", scope="{needed}", error_description="{description}"'
    return BEARER if error.status == 401 else None


def oauth_error(error: LabError) -> dict[str, str]:
    """RFC 6749, section 5.2: `{"error", "error_description"}`, for whatever went wrong at the token endpoint."""
    by_status = {401: "invalid_client", 403: "access_denied", 429: "temporarily_unavailable"}
    other = "server_error" if error.status >= 500 else "invalid_request"
    name = error.error if isinstance(error, OAuthError) else by_status.get(error.status, other)
    return {"error": name, "error_description": _fit(error.message)}


def _fit(message: str) -> str:
    return UNFIT.sub("'", message)
