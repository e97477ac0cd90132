"""Where a request carries its key, and what counts as none. Knows headers and queries; knows no sandbox.

The same table that accepts a credential hides it: whatever `presented` finds is what the journal blots out.
"""

from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

PLACEHOLDERS = frozenset({"YOUR_API_KEY", "your_api_key", ""})

Headers = Iterable[tuple[bytes, bytes]]


def presented(headers: Headers, query: bytes) -> list[str]:
    """Every credential of a request, in order of weight: bearer, X-API-Key, then `?key=`."""
    found: dict[str, list[str]] = {"bearer": [], "x-api-key": []}
    for name, value in headers:
        text = value.decode("latin-1").strip()
        if name == b"authorization":
            scheme, _, credential = text.partition(" ")
            found["bearer"].append(credential.strip() if scheme.lower() == "bearer" else text)
        elif name == b"x-api-key":
            found["x-api-key"].append(text)
    in_query = [unquote_to_bytes(raw.replace(b"+", b" ")).decode("latin-1") for raw in _in_query(query)]
    return [*found["bearer"], *found["x-api-key"], *in_query]


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
    real = {credential.encode("latin-1") for credential in credentials if credential not in PLACEHOLDERS}
    real |= {raw for raw in _in_query(query) if raw.decode("latin-1") not in PLACEHOLDERS}
    return tuple(sorted(real, key=len, reverse=True))
