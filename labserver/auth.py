"""Where a request carries its key, and what counts as none. Knows headers and queries; knows no sandbox.

The same table that accepts a credential hides it: whatever `presented` finds is what the journal blots out.
"""

from collections.abc import Iterable
from urllib.parse import parse_qsl

PLACEHOLDERS = frozenset({"YOUR_API_KEY", "your_api_key", ""})

Headers = Iterable[tuple[bytes, bytes]]


def presented(headers: Headers, query: bytes) -> list[str]:
    """Every credential of a request, in order of weight: bearer, X-API-Key, then `?key=`."""
    found: dict[str, list[str]] = {"bearer": [], "x-api-key": [], "key": []}
    for name, value in headers:
        text = value.decode("latin-1").strip()
        if name == b"authorization":
            scheme, _, credential = text.partition(" ")
            found["bearer"].append(credential.strip() if scheme.lower() == "bearer" else text)
        elif name == b"x-api-key":
            found["x-api-key"].append(text)
    found["key"] = [value for name, value in parse_qsl(query.decode("latin-1")) if name == "key"]
    return [credential for place in found.values() for credential in place]


def key_of(credentials: list[str]) -> str | None:
    """The key that counts, or None: no key at all, or a placeholder from a tutorial."""
    return next((credential for credential in credentials if credential not in PLACEHOLDERS), None)


def secrets(credentials: list[str]) -> tuple[bytes, ...]:
    """What must not be seen again: every credential that is not a well-known placeholder, longest first."""
    real = {credential.encode("latin-1") for credential in credentials if credential not in PLACEHOLDERS}
    return tuple(sorted(real, key=len, reverse=True))
