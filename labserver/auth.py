"""Where a request carries its credentials, and what counts as none. Knows headers, queries, forms; no sandbox.

The same table that accepts a credential hides it: whatever `presented` finds is what the journal blots out.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

PLACEHOLDERS = frozenset({"YOUR_API_KEY", "your_api_key", ""})

TOKEN_PATH = "/auth/token"

SUBPROTOCOLS = b"sec-websocket-protocol"
IN_SUBPROTOCOL = "openai-insecure-api-key."  # what OpenAI's clients write before a key, for a browser sets no header

Headers = Iterable[tuple[bytes, bytes]]

# A value in a query or a form, and one in JSON, that is a secret by its name. A shorter one opens nothing here.
NAMED = re.compile(rb"(?:^|[?&\s])(?:client_secret|refresh_token|password|access_token|token)=([^&\s]{8,})")
IN_JSON = re.compile(rb'"(?:client_secret|refresh_token|password|access_token|token)"\s*:\s*"((?:[^"\\]|\\.){8,})')


def presented(headers: Headers, query: bytes) -> list[str]:
    """Every credential of a request, in order of weight: bearer, X-API-Key, a subprotocol, then `?key=`."""
    return [credential for _, credential in placed(headers, query)]


def placed(headers: Headers, query: bytes) -> list[tuple[str, str]]:
    """The same with the place of each: `bearer`, `basic`, `x-api-key`, `subprotocol` or `query`."""
    authorization: list[tuple[str, str]] = []
    beside: list[tuple[str, str]] = []
    offered: list[tuple[str, str]] = []
    for name, value in headers:
        if name == b"authorization":
            authorization.append(_authorized(value.decode("latin-1").strip()))
        elif name == b"x-api-key":
            beside.append(("x-api-key", value.decode("latin-1").strip()))
        elif name == SUBPROTOCOLS:
            words = [one.strip() for one in value.decode("latin-1").split(",")]
            offered += [("subprotocol", w.removeprefix(IN_SUBPROTOCOL)) for w in words if w.startswith(IN_SUBPROTOCOL)]
    in_query = [("query", _unquoted(raw).decode("latin-1")) for raw in _in_query(query)] if query else []
    return [*authorization, *beside, *offered, *in_query]


def _authorized(text: str) -> tuple[str, str]:
    scheme, _, credential = text.partition(" ")
    if scheme.lower() == "bearer":
        return "bearer", credential.strip()
    return scheme.lower() if credential else "bearer", text  # a word alone is no scheme: it is the credential


def basic(credential: str) -> tuple[str, str] | None:
    """(user, password) of `Basic ...`, form-decoded as RFC 6749, section 2.3.1, has them; None for anything else."""
    scheme, _, coded = credential.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(coded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (_unquoted(user).decode("latin-1"), _unquoted(password).decode("latin-1")) if colon else None


def sift(raw: bytes) -> tuple[bytes, ...]:
    """The secrets in the bytes of a token request, as they crossed and as they are meant; it may be any broken one."""
    found = [*NAMED.findall(raw), *IN_JSON.findall(raw)]
    meant = [_unquoted(value) for value in found]
    return tuple(secret for secret in {*found, *meant} if secret and secret.decode("latin-1") not in PLACEHOLDERS)


def _unquoted(raw: bytes) -> bytes:
    return unquote_to_bytes(raw.replace(b"+", b" "))


def _in_query(query: bytes) -> list[bytes]:
    """The values of `key`, as they crossed the wire."""
    pairs = (pair.partition(b"=") for pair in query.split(b"&"))
    return [value for name, _, value in pairs if unquote_to_bytes(name) == b"key" and value]


def key_of(credentials: list[str]) -> str | None:
    """The key that counts, or None: no key at all, or a placeholder from a tutorial."""
    return next((credential for credential in credentials if credential not in PLACEHOLDERS), None)


def secrets(credentials: list[str], query: bytes = b"") -> tuple[bytes, ...]:
    """What must not be seen again, longest first: every credential that is not a well-known placeholder.

    One in the query is a secret as it is meant and as it crossed the wire, percent signs and all.
    """
    if len(credentials) == 1 and not query and " " not in credentials[0]:  # nearly every request
        return () if credentials[0] in PLACEHOLDERS else (credentials[0].encode("latin-1"),)
    real = {credential.encode("latin-1") for credential in credentials if credential not in PLACEHOLDERS}
    real |= {raw for raw in _in_query(query) if raw.decode("latin-1") not in PLACEHOLDERS}
    for credential in credentials:
        if credential[:6].lower() == "basic ":
            real |= _in_basic(credential)
    if query:
        real |= set(sift(query))
    return tuple(sorted(real, key=len, reverse=True))


def _in_basic(credential: str) -> set[bytes]:
    """The coded pair, and its password as it is coded and as it is meant."""
    coded = credential[6:].strip().encode("latin-1")
    try:
        _, _, password = base64.b64decode(coded).partition(b":")
    except (binascii.Error, ValueError):
        password = b""
    return {coded, password, _unquoted(password)} - {b""}
