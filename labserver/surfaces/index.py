"""What is here: the index page, every route in the group of its tag, from the routes themselves. Knows no dialect."""

import re
from collections.abc import Iterable
from html import escape
from inspect import cleandoc

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute, APIWebSocketRoute

from labserver.surfaces.manual_parts import TAGS

router = APIRouter(tags=["manual"], include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def index(request: Request) -> str:
    """Every route of this server, with the first words of its documentation."""
    groups = _groups(request.app.state.routers)
    links = " · ".join(f'<a href="#{tag}">{tag}</a>' for tag in groups)
    return PAGE.replace("{links}", links).replace("{groups}", "".join(_group(tag, groups[tag]) for tag in groups))


def _groups(routers: Iterable[APIRouter]) -> dict[str, list[str]]:
    """Tag -> its rows, in the order of the map."""
    groups: dict[str, list[str]] = {}
    for router in routers:
        for route in router.routes:
            if row := _row(route):
                groups.setdefault(str(router.tags[0]), []).append(row)
    return groups


def _group(tag: str, rows: list[str]) -> str:
    said = TAGS.get(tag, "Pages for people, and the descriptions of all routes.")
    return GROUP.format(tag=tag, said=escape(said, quote=False), rows="".join(rows))


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
GROUP = """<section id="{tag}">
<h2>{tag}</h2>
<p class="quiet">{said}</p>
<table>
<thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</section>
"""
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
<nav aria-label="Routes" class="groups">All routes: {links}</nav>
{groups}</main>
</html>
"""
