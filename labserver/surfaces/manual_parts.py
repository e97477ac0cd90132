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
    "versions": "One route in two versions, the older one deprecated (seed 002).",
    "openai": "OpenAI's dialect, as its SDK speaks it: chat completions, responses, embeddings, models.",
    "auth": "API keys, OAuth2 tokens, and who you are.",
    "chat": "Chat over WebSockets.",
    "raw": "Single features of HTTP to practise on. Any status may come, on purpose.",
    "lab": "The control plane: sandboxes, faults, doors and the journal. Never journalled itself.",
}


def _header(description: str, example: Any, *, always: bool = False, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "required": always, "schema": {"type": kind}, "example": example}


# What an answer may carry beside what HTTP itself brings. `always`: wherever it is named, it is sent.
HEADERS = {
    "X-Request-Id": _header("the id that you sent, or one of ours", "req_9f86d081884c7d659a2feaa0", always=True),
    "X-Lab-Fault": _header("the plan by which this answer was broken, if it was", "cut;after=5"),
    "X-RateLimit-Limit": _header("requests that your sandbox may make in a window", 10000, kind="integer"),
    "X-RateLimit-Remaining": _header("those that are left of it", 9999, kind="integer"),
    "X-RateLimit-Reset": _header("when it begins anew: seconds since 1970, rounded up", 1795262400, kind="integer"),
    **{
        f"X-RateLimit-{said}-{of}": _header(f"OpenAI's family: {told} {of.lower()}", example)
        for said, told, examples in (
            ("Limit", "of a window's", ("10000", "2000000")),
            ("Remaining", "what is left of the", ("9999", "1999953")),
            ("Reset", "time until the window begins anew, for", ("59s", "59s")),
        )
        for of, example in zip(("Requests", "Tokens"), examples, strict=True)
    },
    "OpenAI-Processing-Ms": _header("milliseconds until the answer began", "12"),
    "ETag": _header("names this state; for If-Match and If-None-Match", '"0f3c9a41be2277d05c61"', always=True),
    "Location": _header("where the new resource stands", "/shop/products/13", always=True),
    "Link": _header("first, prev, next, last (RFC 8288)", '</shop/products?page=2>; rel="next"'),
    "Retry-After": _header("seconds to wait before the next try", 1, kind="integer"),
    "WWW-Authenticate": _header("which credentials would do", 'Bearer realm="wirelab"', always=True),
    "Idempotency-Replayed": _header("`true` where an earlier order is answered again", "true"),
    "Pragma": _header("`no-cache`: what is shown once is kept nowhere", "no-cache", always=True),
    "Content-Disposition": _header("saves it as a file", 'attachment; filename="journal.jsonl"', always=True),
}


MARKS = ("X-Request-Id", "X-Lab-Fault")
STANDING = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
OPENAI_STANDING = (*(f"{said}-{of}" for said in STANDING for of in ("Requests", "Tokens")), "OpenAI-Processing-Ms")


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
