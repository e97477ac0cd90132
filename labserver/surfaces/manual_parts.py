"""What both OpenAPI descriptions have in common, as tables: tags, keys, headers. A leaf; adding is one row.

A tag that a router uses and a header that an answer carries stand here once; the contract tests name what is missing.
"""

from typing import Any

TAGS = {
    "health": "Whether the server lives.",
    "shop": "The tea shop: products and orders, with paging, ETags, idempotency keys and an order's life as events.",
    "users": "The shop's customers.",
    "query": "One question, one answer: whole, or as server-sent events while it is made (seed 001).",
    "infer": "Jobs: submit, poll, fetch, cancel, or listen with resume (seed 004).",
    "openai": "OpenAI's dialect, as its SDK speaks it: chat completions, responses, embeddings, models.",
    "chat": "Chat over WebSockets; see the index page.",
    "raw": "Single features of HTTP to practise on. Any status may come, on purpose.",
    "lab": "The control plane: sandboxes, faults, doors and the journal. Never journalled itself.",
}

# Where a key may stand. No key at all means the open sandbox, so an empty requirement stands first.
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer lab-...`"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "the same key"},
    "keyInQuery": {
        "type": "apiKey",
        "in": "query",
        "name": "key",
        "description": "the same key, for a browser's WebSocket and EventSource, which can set no header",
    },
}
NO_SCOPES: list[str] = []
SECURITY = [{}, *({name: NO_SCOPES} for name in SECURITY_SCHEMES)]


def _header(description: str, example: Any, *, always: bool = False, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "required": always, "schema": {"type": kind}, "example": example}


# What an answer may carry beside what HTTP itself brings. `always`: wherever it is named, it is sent.
HEADERS = {
    "X-Request-Id": _header("the id that you sent, or one of ours", "req_9f86d081884c7d659a2feaa0", always=True),
    "X-Lab-Fault": _header("the plan by which this answer was broken, if it was", "cut;after=5"),
    "ETag": _header("names this state; for If-Match and If-None-Match", '"0f3c9a41be2277d05c61"', always=True),
    "Location": _header("where the new resource stands", "/shop/products/13", always=True),
    "Link": _header("first, prev, next, last (RFC 8288)", '</shop/products?page=2>; rel="next"'),
    "Retry-After": _header("seconds to wait before the next try", 1, kind="integer"),
    "WWW-Authenticate": _header("which credentials would do", 'Bearer realm="wirelab"', always=True),
    "Idempotency-Replayed": _header("`true` where an earlier order is answered again", "true"),
    "Content-Disposition": _header("saves it as a file", 'attachment; filename="journal.jsonl"', always=True),
}


def carrying(*names: str) -> dict[str, Any]:
    """The `headers` of an answer that carries these."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _wish(name: str, description: str, *examples: str, **schema: Any) -> dict[str, Any]:
    shown = {"type": "string", "examples": list(examples), **schema}
    return {"name": name, "in": "header", "required": False, "description": description, "schema": shown}


# Headers that a route takes without naming them: everywhere outside the control plane, or where it answers a status.
WISHES = [
    _wish("x-lab-pace", "how fast the model thinks and talks", "ttft=0.2;tps=50;jitter=0"),
    _wish("x-lab-fault", "how to break this answer; GET /lab/faults has the table", "cut;after=5"),
    _wish("x-request-id", "comes back in the answer, if it is 1 to 128 visible characters", "mine-1"),
]
CONDITIONS = {
    "304": _wish("If-None-Match", "an ETag you have: 304 if nothing changed", '"0f3c9a41be2277d05c61"'),
    "412": _wish("If-Match", "the ETag you read: 412 if it changed meanwhile", "*", '"0f3c9a41be2277d05c61"'),
}
