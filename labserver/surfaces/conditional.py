"""One representation on its way out: strong ETag, 304, 412, gzip. Knows HTTP's headers; knows nothing of what is sent.

Source: RFC 9110, sections 8.8.3 (ETag), 12.5.3 (Accept-Encoding) and 13.1 (preconditions).
"""

import gzip
import hashlib
import json
from typing import Any

from fastapi import Request
from starlette.responses import Response

from labserver.errors import PreconditionFailed
from labserver.renaming import renamed

WORTH_PACKING = 1000  # bytes: below that gzip saves nothing on the wire
PACKED = "-gzip"  # a strong tag names the very bytes, so packed ones have a tag of their own


def answer(request: Request, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """`value` as JSON, packed where the client takes gzip; 304 where it has this very state already."""
    body = _bytes_of(_named(request, value))
    packed = len(body) >= WORTH_PACKING and _takes_gzip(request)
    tag = _tag_of(body)
    fields = {
        "etag": f'"{tag}{PACKED if packed else ""}"',
        "cache-control": "private, no-cache",
        "vary": "accept-encoding",
        **(headers or {}),
    }
    asked = request.headers.get("if-none-match")
    if status == 200 and request.method in ("GET", "HEAD") and asked is not None and _names(asked, tag, weakly=True):
        return Response(status_code=304, headers=fields)
    if packed:
        body = gzip.compress(body, mtime=0)  # no clock in the bytes: the same state is the same answer
        fields["content-encoding"] = "gzip"
    return Response(body, status, headers=fields, media_type="application/json")


def require_match(request: Request, current: Any) -> None:
    """Raises PreconditionFailed when If-Match names another state than `current`."""
    asked = request.headers.get("if-match")
    if asked is not None and not _names(asked, tag := _tag_of(_bytes_of(_named(request, current))), weakly=False):
        raise PreconditionFailed(
            "It has changed since you read it. Read it again, look at the difference, and repeat with the new ETag.",
            details={"etag": f'"{tag}"'},
        )


def _named(request: Request, value: Any) -> Any:
    """As this request gets to see it: the fault `rename_field` strikes before the tag is made, so the tag is true."""
    names = request.scope["state"].get("plan", {}).get("rename_field")
    return renamed(value, **names) if names else value


def _bytes_of(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _tag_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:20]


def _names(field: str, tag: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags names this one, in either packing. A weak tag counts only for a weak comparison."""
    said = {one.strip() for one in field.split(",")}
    if weakly:
        said = {one.removeprefix("W/") for one in said}
    return not said.isdisjoint({"*", f'"{tag}"', f'"{tag}{PACKED}"'})


def _takes_gzip(request: Request) -> bool:
    """`gzip` counts more than `*`; a weight of 0 means no."""
    weights = {}
    for part in request.headers.get("accept-encoding", "").lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip()] = parameters.replace(" ", "")
    weight = weights.get("gzip", weights.get("*", "q=0"))
    return weight.removeprefix("q=").strip("0.") != "" or weight == ""
