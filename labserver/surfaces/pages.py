"""The pages that people open: `/inspector`, and everything under `/static`. Knows files and headers; knows no journal.

The pages show what learners and models wrote. They show it as text; should a page ever slip, the policy is the second
lock: nothing runs that is not a file of ours, nothing is asked from elsewhere, and no string becomes markup.
"""

import os
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import labserver

router = APIRouter(tags=["manual"], include_in_schema=False)

STATIC = Path(labserver.__file__).parent / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self' http://127.0.0.1:* http://localhost:*; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
LOCKED = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",  # asked for again with its ETag: a page never runs with yesterday's scripts
}
# A machine's own table may call a script text/plain, and a browser runs no module of that kind.
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


class Files(StaticFiles):
    """What lies under `static`, each file with the headers of LOCKED and a type that no machine's table decides."""

    def file_response(
        self, full_path: "str | os.PathLike[str]", stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(LOCKED)
        if (kind := TYPES.get(Path(full_path).suffix)) and "content-type" in response.headers:
            response.headers["content-type"] = f"{kind}; charset=utf-8"
        return response


@router.api_route("/inspector", methods=["GET", "HEAD"])
async def inspector() -> FileResponse:
    """A page to watch: your sandbox's exchanges live, byte for byte; with a key it is `/inspector#key=YOUR_API_KEY`."""
    return FileResponse(STATIC / "inspector.html", headers=LOCKED, media_type="text/html")
