"""Which credential each route wants, written into its OpenAPI from the same table that is enforced. Knows OpenAPI only.

The empty requirement says that a caller without any is let in too: in the open sandbox, and at a sandbox's own door.
"""

from typing import Any

from labserver.auth import TOKEN_PATH
from labserver.scopes import SCOPES, needed

SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "a sandbox's key, an issued key, or a token"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "the same, in its own header"},
    "queryKey": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "only where no header can be set: EventSource and WebSockets of a browser",
    },
    "oauth2": {
        "type": "oauth2",
        "description": "a key's id and the key are the client's id and secret",
        "flows": {"clientCredentials": {"tokenUrl": TOKEN_PATH, "refreshUrl": TOKEN_PATH, "scopes": SCOPES}},
    },
}
CLIENT = {"client": {"type": "http", "scheme": "basic", "description": "a key's id and the key"}}
MUST = {"/auth/me"}
ANYBODYS = ("/lab", "/raw")  # a sandbox is told by its key there too, and no scope is asked for


def secured(document: dict[str, Any]) -> dict[str, Any]:
    """The same document, each operation with its security. Those of no scope want nothing and say nothing."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            scope = needed(method.upper(), path)
            if path == TOKEN_PATH:
                operation["security"] = [{"client": []}, {}]
            elif scope is not None or path in MUST:
                ways = [{name: [scope] if scope else []} for name in SCHEMES]
                operation["security"] = ways if path in MUST else [*ways, {}]
            elif path.startswith(ANYBODYS):
                operation["security"] = [{}, {"bearer": []}, {"apiKey": []}, {"queryKey": []}]
    document.setdefault("components", {})["securitySchemes"] = {**SCHEMES, **CLIENT}
    return document
