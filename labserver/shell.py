"""FastAPI with only the layers that something here needs. Knows FastAPI and the signpost; knows no surface.

Newcomers take turns before anything else. FastAPI itself puts five layers around every request: two of them catch what
nobody foresaw, which `watch` does; one closes uploaded files, which only a route on FastAPI's own way could have; one
searches the routes, which the signpost does; one explains errors. Each holds a frame for as long as a stream or a
socket is open, and is passed by every request.
"""

from collections.abc import Awaitable, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from labserver.exchange import Exchange
from labserver.lean import is_short
from labserver.newcomers import Newcomers
from labserver.signpost import CHOSEN, Signpost

ERROR = "labserver.error"  # in a scope: what a short route raised


class Shell(FastAPI):
    """`ways` are the routes that the signpost finds; whatever else is asked for goes to FastAPI's own router."""

    def __init__(self, ways: Sequence[BaseRoute], newcomers: Newcomers, **options: Any) -> None:
        super().__init__(**options)
        self.ways = ways
        self._signpost = Signpost(ways)
        self._newcomers = newcomers
        self._stack: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        if self._stack is None:
            self._stack = self.build_middleware_stack()
        if scope["type"] == "lifespan":
            await self._stack(scope, receive, send)
            return
        newcomers = self._newcomers
        if newcomers.served:
            await newcomers.turn()
        newcomers.served += 1
        try:
            await self._stack(scope, receive, send)
        finally:
            newcomers.served -= 1

    def build_middleware_stack(self) -> ASGIApp:
        self._explaining = ExceptionMiddleware(self._usual, handlers=self.exception_handlers)
        app: ASGIApp = self._lead
        for layer, values, options in reversed(self.user_middleware):
            app = layer(app, *values, **options)
        return app

    def _lead(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        match, found = self._signpost.matches(scope)
        if match != Match.NONE:
            scope.update(found)
            scope["router"] = self.router
            route = found[CHOSEN]
            if match == Match.FULL and scope["type"] == "http" and is_short(route):
                return self._short(route.app, scope, receive, send)
        return self._explaining(scope, receive, send)

    async def _short(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """What explains errors to a client stands in the way only where there is one to explain."""
        try:
            await app(scope, receive, send)
        except Exception as error:
            exchange: Exchange | None = scope["state"].get("exchange")
            if exchange is not None and exchange.status is not None:
                raise  # the answer has begun, and cannot become another one
            scope[ERROR] = error
            await self._explaining(scope, receive, send)

    def _usual(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if ERROR in scope:
            raise scope.pop(ERROR)
        if (route := scope.get(CHOSEN)) is None:
            return self.router(scope, receive, send)
        if scope["type"] == "websocket" and is_short(route):
            app: ASGIApp = route.app
            return app(scope, receive, send)
        return AsyncExitStackMiddleware(route.handle)(scope, receive, send)
