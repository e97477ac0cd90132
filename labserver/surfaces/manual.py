"""The lab's own documentation: two OpenAPI descriptions and the two pages that show them. Knows routes, no dialect.

Both pages load their scripts from `static/vendor` and are forbidden to load from anywhere else: a lab has no Internet.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import HTMLResponse

from labserver.surfaces.manual_document import describe

router = APIRouter(tags=["manual"], include_in_schema=False)

VENDOR = "static/vendor"  # relative, as all addresses in the pages: behind a proxy a prefix stands before them
FAVICON = f"{VENDOR}/swagger-ui/favicon-32x32.png"
TITLE = "Wirelab lab server"
CONTROL = "/lab"
TOOLS = (CONTROL, "/raw")  # described apart: they are for the lesson, and may say anything on purpose
READ = ["GET", "HEAD"]
PREFIX = re.compile(r"(?:/[A-Za-z0-9._~@%-]+)+")
OURS_ONLY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; worker-src 'self' blob:"
)
ABOUT = """A small real world to call. Every answer carries `x-request-id`. Outside `/lab` each can be broken on purpose
with `x-lab-fault` (then any status may come) and slowed with `x-lab-pace`, and says how your sandbox stands with its
rate limit: `X-RateLimit-Limit`, `-Remaining`, and `-Reset` in seconds since 1970, or OpenAI's six under `/v1`. A GET
of the shop has its HEAD, every path of it its OPTIONS. WebSocket routes are on the [index page](/).

The examples are what this server said in a sandbox with the seed 7, lists cut to their first two."""


@router.api_route("/openapi.json", methods=READ)
async def description(request: Request) -> dict[str, Any]:
    """Every route of the dialects and the shop, as OpenAPI."""
    return _here(request, _manual(request).dialects)


@router.api_route(f"{CONTROL}/openapi.json", methods=READ)
async def control_description(request: Request) -> dict[str, Any]:
    """The control plane under `/lab` and the raw routes, as OpenAPI."""
    return _here(request, _manual(request).control)


@router.api_route("/docs", methods=READ)
async def swagger_ui() -> HTMLResponse:
    """The description as a page to try things on (Swagger UI); it works without the Internet."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=TITLE,
        swagger_js_url=f"{VENDOR}/swagger-ui/swagger-ui-bundle.js",
        swagger_css_url=f"{VENDOR}/swagger-ui/swagger-ui.css",
        swagger_favicon_url=FAVICON,
        swagger_ui_parameters={"validatorUrl": None},
    )
    return _closed_in(page)


@router.api_route("/redoc", methods=READ)
async def redoc() -> HTMLResponse:
    """The description as a page to read (Redoc); it works without the Internet."""
    page = get_redoc_html(
        openapi_url="openapi.json",
        title=TITLE,
        redoc_js_url=f"{VENDOR}/redoc/redoc.standalone.js",
        redoc_favicon_url=FAVICON,
        with_google_fonts=False,
    )
    return _closed_in(page)


def _here(request: Request, document: dict[str, Any]) -> dict[str, Any]:
    """Behind a proxy that names its prefix, the description says where its paths begin: it is for that client alone."""
    prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
    return {**document, "servers": [{"url": prefix}]} if PREFIX.fullmatch(prefix) else document


def _closed_in(page: HTMLResponse) -> HTMLResponse:
    page.headers["content-security-policy"] = OURS_ONLY
    return page


class Manual:
    """Both descriptions of one app, each made when it is first asked for."""

    def __init__(self, routers: Sequence[APIRouter]) -> None:
        self.routers = routers

    @cached_property
    def dialects(self) -> dict[str, Any]:
        return _described(self.routers, TITLE, control=False)

    @cached_property
    def control(self) -> dict[str, Any]:
        return _described(self.routers, f"{TITLE}: the control plane and the raw routes", control=True)


def _manual(request: Request) -> Manual:
    manual: Manual = request.app.state.manual
    return manual


def _described(routers: Sequence[APIRouter], title: str, *, control: bool) -> dict[str, Any]:
    """The OpenAPI document of the routes of TOOLS, or of all others."""
    routes = [
        route
        for router in routers
        for route in router.routes
        if getattr(route, "path", "").startswith(TOOLS) == control
    ]
    return describe(routes, title, ABOUT)
