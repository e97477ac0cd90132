"""Challenges as RFC 6750 and RFC 6749 write them."""

import re

import pytest

from labserver.denials import (
    InsufficientScope,
    InvalidToken,
    NoCredentials,
    OAuthError,
    TwoCredentials,
    challenge,
    oauth_error,
)
from labserver.errors import Forbidden, InvalidRequest, LabError, Planned, Unavailable

# RFC 9110, section 11.6.1: a scheme, then name="quoted" with commas between.
CHALLENGE = re.compile(r'(Bearer|Basic) [a-zA-Z_]+="[^"\\]*"(, [a-zA-Z_]+="[^"\\]*")*')


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (NoCredentials("Who are you?"), 'Bearer realm="wirelab"'),
        (Planned(401), 'Bearer realm="wirelab"'),
        (InvalidToken("Over."), 'Bearer realm="wirelab", error="invalid_token", error_description="Over."'),
        (TwoCredentials("Two."), 'Bearer realm="wirelab", error="invalid_request", error_description="Two."'),
        (OAuthError("invalid_client", "No."), 'Basic realm="wirelab", charset="UTF-8"'),
        (OAuthError("invalid_grant", "No."), None),
        (Forbidden("No."), None),
        (InvalidRequest("No."), None),
    ],
)
def test_a_challenge_says_why_where_something_was_presented(error: LabError, told: str | None) -> None:
    assert challenge(error) == told
    assert told is None or CHALLENGE.fullmatch(told)


def test_a_missing_scope_is_named() -> None:
    told = challenge(InsufficientScope("keys", "shop:read models"))
    assert told is not None and CHALLENGE.fullmatch(told)
    assert 'error="insufficient_scope", scope="keys"' in told


@pytest.mark.parametrize("message", ['a "quoted" word', "back\\slash", "tea: 茶", "two\r\nlines", "\x7f"])
def test_a_description_holds_only_what_it_may(message: str) -> None:
    told = challenge(InvalidToken(message))
    assert told is not None and CHALLENGE.fullmatch(told) and told.isascii() and told.isprintable()
    assert oauth_error(OAuthError("invalid_request", message))["error_description"].isprintable()


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OAuthError("invalid_scope", "No."), "invalid_scope"),
        (InvalidRequest("No."), "invalid_request"),
        (InvalidToken("No."), "invalid_client"),
        (Forbidden("No."), "access_denied"),
        (Planned(429), "temporarily_unavailable"),
        (Unavailable("No."), "server_error"),
    ],
)
def test_whatever_goes_wrong_at_the_token_endpoint_has_a_name_there(error: LabError, name: str) -> None:
    assert oauth_error(error) == {"error": name, "error_description": oauth_error(error)["error_description"]}
