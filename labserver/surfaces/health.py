"""Is it up, and what is here: `/health` as seed 004 has it, and the index page. Knows nothing of models."""

import re
from html import escape
from inspect import cleandoc

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, APIWebSocketRoute
from pydantic import BaseModel

router = APIRouter(tags=["health"])


class Health(BaseModel):
    status: str = "healthy"
    service: str = "web-api"


@router.get("/health")
async def health() -> Health:
    """`{"status": "healthy", "service": "web-api"}` for as long as the server lives."""
    return Health()


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
async def index(request: Request) -> str:
    """Every route of this server, with the first words of its documentation."""
    rows = "".join(_row(route) for router in request.app.state.routers for route in router.routes)
    return PAGE.replace("{rows}", rows)


def _row(route: object) -> str:
    if isinstance(route, APIRoute) and not (route.methods or set()) - {"HEAD", "OPTIONS"}:
        return ""  # they go without saying
    if isinstance(route, APIRoute):
        methods = ", ".join(sorted(route.methods or ()))
    elif isinstance(route, APIWebSocketRoute):
        methods = "WebSocket"
    else:
        return ""
    told, _, more = cleandoc(route.endpoint.__doc__ or "").partition("\n\n")
    said = CODE.sub(r"<code>\1</code>", escape(told.replace("\n", " "), quote=False))
    if isinstance(route, APIWebSocketRoute):  # OpenAPI has no words for its messages, so they stand here
        said += f"<pre>{escape(more)}</pre>"
    return f"<tr><td>{methods}</td><td><code>{escape(route.path_format)}</code></td><td>{said}</td></tr>\n"


CODE = re.compile(r"`([^`]+)`")
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Wirelab: the lab server</title>
<link rel="icon" href="static/icon.svg">
<link rel="stylesheet" href="static/lab.css">
<main class="reading">
<h1>The lab server is running</h1>
<p>This is the server that the lessons talk to. You work in JupyterLab; come here to see what it answers.</p>
<ul class="doors">
<li><a href="inspector">The inspector</a> shows the wire: every exchange of your sandbox as it happens, byte for byte.
With a key of your own the address is <code>/inspector#key=YOUR_API_KEY</code>.</li>
<li><a href="static/streaming_examples.html">Streaming examples</a> asks one question in four ways, side by side:
fetch, EventSource, WebSocket, plain POST.</li>
</ul>
<p>Every HTTP route in full: <a href="docs">to try</a>, <a href="redoc">to read</a>, and for programs as
<a href="openapi.json">OpenAPI</a>; the control plane has <a href="lab/openapi.json">its own</a>.</p>
<table>
<thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</main>
</html>
"""
