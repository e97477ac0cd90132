"""Which row of the URL map a request belongs to. Knows routes; answers none of them."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.routing import Route, WebSocketRoute
from starlette.types import Scope

from labserver.exchange import Exchange
from labserver.metrics import Place

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MALFORMED = Place("malformed", "malformed", "none")  # no parser could read it
UNFINISHED = Place("unfinished", "unfinished", "none")  # it never became a whole head
UNKNOWN = "unknown"  # one label for every path that is not on the map


class Places:
    def __init__(self, surfaces: Mapping[str, APIRouter]) -> None:
        self._routes = [(name, route) for name, router in surfaces.items() for route in router.routes]
        self._names = {id(route): name for name, route in self._routes}
        self._known: dict[tuple[int, str], Place] = {}

    def of(self, exchange: Exchange, scope: Scope | None) -> Place:
        if exchange.malformed:
            return MALFORMED
        if scope is None:
            return UNFINISHED
        method: str = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
        asked = method if method in METHODS or method == "WEBSOCKET" else "other"
        taken = id(scope.get("route"))
        if (place := self._known.get((taken, asked))) is None:
            place = Place(*self._row(scope), asked)
            if taken in self._names:
                self._known[taken, asked] = place
        return place

    def _row(self, scope: Scope) -> tuple[str, str]:
        taken: Any = scope.get("route")
        if (name := self._names.get(id(taken))) is not None:
            return name, taken.path_format
        if mounted := scope.get("root_path"):  # `/static` is no surface
            return mounted.strip("/"), mounted
        kind = WebSocketRoute if scope["type"] == "websocket" else Route
        for name, route in self._routes:  # something answered before any route was asked: a fault, or a refusal
            if isinstance(route, kind) and route.path_regex.match(scope["path"]):
                return name, route.path_format
        return UNKNOWN, UNKNOWN
