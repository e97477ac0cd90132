"""The operator's view of every exchange: a line in the log and its numbers, once it has ended. Knows scopes.

Outermost of the middleware, so it also catches what nobody foresaw: the trace goes to the log, and the answer names the
request id under which it stands there.
"""

import logging
import re
import traceback
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from labserver.errors import Failed, LabError
from labserver.exchange import Exchange, minted
from labserver.logs import log
from labserver.metrics import Metrics, Place
from labserver.places import UNKNOWN, Places
from labserver.redaction import blot
from labserver.wiretap import Gone

RETRY_COUNT = re.compile(rb"\d{1,6}")
LONGEST_PATH = 200
INTERNAL_ERROR = 1011  # RFC 6455, section 7.4.1


class Watch:
    """Is told of each exchange that an application sees, and of the end of every one."""

    def __init__(self, metrics: Metrics, places: Places) -> None:
        self._metrics = metrics
        self._places = places
        self._scopes: dict[Exchange, Scope] = {}

    def seen(self, exchange: Exchange, scope: Scope) -> None:
        if exchange.ended is None:
            self._scopes[exchange] = scope

    def ended(self, exchange: Exchange) -> None:
        scope = self._scopes.pop(exchange, None)
        place = self._places.of(exchange, scope)
        self._metrics.count(exchange, place, scope["state"].get("plan", {}) if scope else {})
        level = logging.WARNING if exchange.malformed else logging.INFO
        if log.isEnabledFor(level):
            log.log(level, "exchange", **_line(exchange, place, scope))

    def failed(self, error: Exception, exchange: Exchange, scope: Scope) -> None:
        place = self._places.of(exchange, scope)
        trace = _without(exchange.secrets, "".join(traceback.format_exception(error)).rstrip())
        log.error("unforeseen error", **place._asdict(), request_id=exchange.request_id, exception=trace)


def _without(secrets: tuple[bytes, ...], text: str) -> str:
    return blot(text.encode(), secrets).decode(errors="replace") if secrets else text


def _line(exchange: Exchange, place: Place, scope: Scope | None) -> dict[str, Any]:
    """What is known of an exchange; what does not apply is left out."""
    said: dict[str, Any] = {
        **place._asdict(),
        "path": scope["path"][:LONGEST_PATH] if scope and place.route == UNKNOWN else None,
        "status": exchange.status,
        "request_id": exchange.request_id or None,
        "sandbox": exchange.sandbox or None,
        "seconds": _rounded(exchange.seconds),
        "first_byte": _rounded(exchange.first_body),
        "bytes_out": exchange.bytes_out,
        "pieces": exchange.body_writes,
        "produced": exchange.produced or None,
        "ended": exchange.ended,
        "left_after": exchange.left_after,
        "fault": exchange.fault or None,
        "retry_count": _retry_count(scope) if scope else None,
        "connection": exchange.connection,
        "nth": exchange.nth,
    }
    return {
        name: _without(exchange.secrets, value) if isinstance(value, str) else value
        for name, value in said.items()
        if value is not None
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 6)


def _retry_count(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"x-stainless-retry-count" and RETRY_COUNT.fullmatch(value):
            return int(value)
    return None


class WatchMiddleware:
    """`respond` gives an error the shape of its path's dialect."""

    def __init__(self, app: ASGIApp, watch: Watch, respond: Callable[[HTTPConnection, LabError], Response]) -> None:
        self.app = app
        self.watch = watch
        self.respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        exchange: Exchange = scope["state"]["exchange"]
        self.watch.seen(exchange, scope)
        try:
            await self.app(scope, receive, send)
        except (Gone, ClientDisconnect, WebSocketDisconnect):
            return  # nobody is there to be told
        except Exception as error:
            exchange.request_id = exchange.request_id or minted()
            self.watch.failed(error, exchange, scope)
            await self._apologise(exchange, scope, receive, send)

    async def _apologise(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        if exchange.ended is not None:
            return
        failure = Failed(exchange.request_id)
        if exchange.status is None:
            response = self.respond(HTTPConnection(scope), failure)
            response.headers["x-request-id"] = exchange.request_id
            await response(scope, receive, send)
        elif exchange.websocket:
            await send({"type": "websocket.close", "code": INTERNAL_ERROR, "reason": failure.message[:120]})
        else:  # half an answer has left: its client shall not take it for a whole one
            exchange.cut("the lab server failed")
            await exchange.closed.wait()
