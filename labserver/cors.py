"""Cross-origin resource sharing: which answers a page from another origin may read. Knows trust and headers.

Trusted pages are told what they may send and read; to others not a word is said, and so their browser keeps the answer
from them. The request itself was answered and stands in the journal. Source: the Fetch standard, section 3.3.
Not Starlette's CORSMiddleware: that adds `Vary` to every answer, whoever asks, and refuses in plain text.
"""

import re
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from labserver.errors import LabError
from labserver.outgoing import OUTGOING, Headers
from labserver.trust import Trust, is_preflight, stranger

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
SENT = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "last-event-id",
    "x-api-key", "x-request-id",
)  # fmt: skip
FAMILIES = re.compile(r"(?:x-lab|x-stainless|openai)-[a-z0-9-]+")  # the lab's own knobs, and what OpenAI's SDK sends
READ = (
    "Allow, Content-Disposition, Deprecation, ETag, Idempotency-Replayed, Link, Location, Retry-After, Sunset, "
    "WWW-Authenticate, X-Lab-Fault, X-Request-Id, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, "
    "X-RateLimit-Limit-Requests, X-RateLimit-Limit-Tokens, X-RateLimit-Remaining-Requests, "
    "X-RateLimit-Remaining-Tokens, X-RateLimit-Reset-Requests, X-RateLimit-Reset-Tokens, OpenAI-Processing-Ms"
)
REMEMBER = "600"  # seconds for which a browser need not ask again
VARY = (b"vary", b"Origin")


class CorsMiddleware:
    """Answers preflights, and adds to every other answer what a trusted page's browser wants to see."""

    def __init__(self, app: ASGIApp, trust: Trust, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.trust = trust
        self.respond = respond

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self.app(scope, receive, send)
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        trusted = len(origins) == 1 and self.trust.trusted(origins[0], scope["headers"])
        extra: list[tuple[bytes, bytes]] = []
        if trusted:
            extra.append((b"access-control-allow-origin", origins[0].encode("latin-1")))
        scope["state"][OUTGOING].at_head.append(partial(_added, extra) if origins else _varying)
        if not is_preflight(scope):
            extra += [(b"access-control-expose-headers", READ.encode())] if trusted else []
            return self.app(scope, receive, send)
        if trusted:
            allowed = {
                "access-control-allow-methods": METHODS,
                "access-control-allow-headers": _may_send(scope["headers"]),
                "access-control-max-age": REMEMBER,
            }
            return Response(status_code=204, headers=allowed)(scope, receive, send)
        return self.respond(HTTPConnection(scope), stranger(", ".join(origins)))(scope, receive, send)


def _may_send(headers: Headers) -> str:
    """What a page may send: the fixed list, and of the open families what it asks for by name."""
    asked = dict(headers).get(b"access-control-request-headers", b"").decode("latin-1")
    wanted = {name.strip().lower() for name in asked.split(",")}
    return ", ".join([*SENT, *sorted(name for name in wanted if FAMILIES.fullmatch(name))])


def _added(extra: Headers, _: Message) -> Headers:
    return [*extra, VARY]


def _varying(head: Message) -> Headers:
    """`Vary` also where a browser may keep the answer without asking again, and show it to a page later."""
    return [VARY] if any(name == b"last-modified" for name, _ in head["headers"]) else []
