"""All routes as one, found by their first words instead of one after the other. Knows paths; knows no surface.

A map of a hundred routes costs as much to search as it does to answer. A path without parameters is looked up whole;
any other is compared only with the patterns that begin with the same segment. Which route wins does not change: the
first in the order of the map that takes both path and method, else the first that takes the path.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

CHOSEN = "labserver.route"


class Signpost(BaseRoute):
    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        paths = cast("list[Route | WebSocketRoute]", list(routes))
        patterns = [route for route in paths if "{" in route.path]
        self._anywhere = [route for route in patterns if "{" in _first(route.path)]
        self._by_segment = {
            segment: [route for route in patterns if _first(route.path) == segment or route in self._anywhere]
            for segment in {_first(route.path) for route in patterns}
        }
        literal = {route.path for route in paths} - {route.path for route in patterns}
        self._by_path = {path: [route for route in paths if route.path_regex.match(path)] for path in literal}
        self._found: dict[tuple[str, str], Scope] = {}  # what a path of the map without parameters and a method lead to

    def _candidates(self, path: str) -> Sequence[BaseRoute]:
        found = self._by_path.get(path)
        return self._by_segment.get(_first(path), self._anywhere) if found is None else found

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "lifespan":
            return Match.NONE, {}
        asked = scope["path"], scope.get("method", "")
        if (known := self._found.get(asked)) is not None:
            return Match.FULL, {**known, "path_params": {}}
        partial: Scope | None = None
        for route in self._candidates(scope["path"]):
            match, found = route.matches(scope)
            if match == Match.FULL:
                found[CHOSEN] = route
                if asked[0] in self._by_path and getattr(route, "methods", None) and not found["path_params"]:
                    self._found[asked] = found
                return match, found
            if match == Match.PARTIAL and partial is None:
                partial = {**found, CHOSEN: route}
        return (Match.NONE, {}) if partial is None else (Match.PARTIAL, partial)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope[CHOSEN].handle(scope, receive, send)


def _first(path: str) -> str:
    """`/v1/models` -> `v1`."""
    return path[1:].partition("/")[0]
