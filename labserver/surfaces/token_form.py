"""The token endpoint's form: read strictly, as RFC 6749, section 3.2, wants it. Knows forms and OAuth's errors only."""

from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.requests import ClientDisconnect

from labserver.denials import OAuthError
from labserver.errors import ClientLeft

FORM = "application/x-www-form-urlencoded"
LONGEST = 16 * 1024  # bytes
MOST_FIELDS = 50

FIELDS = {
    "grant_type": "client_credentials, refresh_token or password (obsolete)",
    "client_id": "a key's id, unless HTTP Basic says it",
    "client_secret": "the key",
    "scope": "less than you hold, names with spaces between",
    "expires_in": "seconds, 1 to 86400",
    "uses": "how many requests the token is good for, 1 to 1000",
    "refresh_token": "for its grant",
    "username": "for the password grant: a key's id",
    "password": "for the password grant: the key",
}
EXAMPLE = {"grant_type": "client_credentials", "scope": "shop:read"}  # with the client's id and key by HTTP Basic
OPENAPI: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {name: {"type": "string", "description": said} for name, said in FIELDS.items()},
                },
                "example": EXAMPLE,
            }
        },
    }
}


async def read(request: Request) -> dict[str, str]:
    """Field -> value; without a value it is as good as missing, twice is once too often. Raises OAuthError."""
    said = request.headers.get("content-type", "")
    if said.partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"A token request is a form, {FORM}; this came with {said or 'no type'}.")
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > LONGEST:
                raise OAuthError("invalid_request", f"A token request has no more than {LONGEST} bytes.")
    except ClientDisconnect as error:
        raise ClientLeft("The client left before its form was whole.") from error
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise OAuthError("invalid_request", "This form cannot be read: name=value pairs with & between.") from error
    form: dict[str, str] = {}
    for name, value in pairs:
        if name in form:
            raise OAuthError("invalid_request", f"{name[:80]} stands there twice.")
        form[name] = value
    return {name: value for name, value in form.items() if value}


def required(form: dict[str, str], name: str) -> str:
    if name not in form:
        raise OAuthError("invalid_request", f"{name} is missing.")
    return form[name]


def bounded(form: dict[str, str], name: str, most: int) -> int | None:
    value = form.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= most):
        raise OAuthError("invalid_request", f"{name} is a whole number from 1 to {most}.")
    return int(value)
