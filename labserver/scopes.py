"""Which scope a request needs, in one table, and how scopes are written. Knows methods and paths, no token. A leaf.

What stands in no row needs none: health, the documentation, the raw routes, and `/auth/me`, which asks who you are.
"""

from collections.abc import Iterable

READ, WRITE, MODELS, KEYS = "shop:read", "shop:write", "models", "keys"

SCOPES = {
    READ: "read products, users and orders",
    WRITE: "add, change and delete products, users and orders",
    MODELS: "ask a model: query, infer, /v1, and the chat sockets",
    KEYS: "issue, list and revoke API keys",
}
ALL = frozenset(SCOPES)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

# The first one or two steps of a path -> the scope to look, the scope to do. A WebSocket does.
NEEDED: dict[str, tuple[str, str]] = {
    "/shop": (READ, WRITE),
    "/users": (READ, WRITE),
    "/api": (MODELS, MODELS),
    "/v1": (MODELS, MODELS),
    "/ws/echo": (MODELS, MODELS),
    "/ws/rooms": (MODELS, MODELS),
    "/auth/keys": (KEYS, KEYS),
}
CHAT = "/"  # as a WebSocket the chat of seed 000, as a page the index


def needed(method: str | None, path: str) -> str | None:
    """The scope that a request for this path needs, or None. `method` is None for a WebSocket."""
    if path == CHAT:
        return MODELS if method is None else None
    first, _, rest = path[1:].partition("/")
    row = NEEDED.get(f"/{first}") or NEEDED.get(f"/{first}/{rest.partition('/')[0]}")
    return None if row is None else row[method not in SAFE]


def read(text: str) -> frozenset[str]:
    """Scopes as RFC 6749, section 3.3, writes them: names with spaces between. Raises ValueError with the odd one."""
    wanted = frozenset(filter(None, text.split(" ")))
    if strangers := wanted - ALL:
        raise ValueError(min(strangers))
    return wanted


def spell(scopes: Iterable[str]) -> str:
    """In the table's order, with spaces between."""
    return " ".join(name for name in SCOPES if name in set(scopes))
