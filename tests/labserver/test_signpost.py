"""The signpost finds the very route that asking one after the other would have found."""

import itertools

import pytest
from starlette.routing import Match, Route, WebSocketRoute

from labserver.signpost import CHOSEN, Signpost
from labserver.surfaces import SURFACES


async def endpoint(*_) -> None:
    """Never called here."""


ROUTES = [
    Route("/shop/{thing}", endpoint, methods=["GET"]),
    Route("/shop/teas", endpoint, methods=["GET", "POST"]),
    Route("/shop/teas", endpoint, methods=["DELETE"]),
    Route("/{anything}/teas", endpoint, methods=["PUT"]),
    WebSocketRoute("/shop/teas", endpoint),
    Route("/", endpoint, methods=["GET"]),
    WebSocketRoute("/", endpoint),
]
ALL = [route for router in SURFACES.values() for route in router.routes]
PATHS = ["/", "/shop/teas", "/shop/pots", "/pots/teas", "/pots", "/shop", "/shop/teas/", "//shop/teas", ""]
KINDS = ["GET", "POST", "DELETE", "PUT", "PATCH", "websocket"]


def asked(path: str, kind: str) -> dict:
    return {"type": "websocket" if kind == "websocket" else "http", "path": path, "method": kind, "headers": []}


def one_after_the_other(routes, path: str, kind: str):
    found = [(route.matches(asked(path, kind))[0], route) for route in routes]
    whole = [route for match, route in found if match == Match.FULL]
    half = [route for match, route in found if match == Match.PARTIAL]
    return (Match.FULL, whole[0]) if whole else (Match.PARTIAL, half[0]) if half else (Match.NONE, None)


@pytest.mark.parametrize(("path", "kind"), list(itertools.product(PATHS, KINDS)))
def test_it_finds_what_the_first_fitting_route_would_have_been(path: str, kind: str) -> None:
    match, found = Signpost(ROUTES).matches(asked(path, kind))
    assert (match, found.get(CHOSEN)) == one_after_the_other(ROUTES, path, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_it_finds_every_route_of_the_map(kind: str) -> None:
    signpost = Signpost(ALL)
    for path in {route.path.replace("{", "").replace("}", "").replace(":path", "") for route in ALL}:
        match, found = signpost.matches(asked(path, kind))
        assert (match, found.get(CHOSEN)) == one_after_the_other(ALL, path, kind), path


def test_it_is_no_place_for_the_lifespan() -> None:
    assert Signpost(ROUTES).matches({"type": "lifespan"}) == (Match.NONE, {})


@pytest.mark.parametrize(("path", "kind"), list(itertools.product(PATHS, KINDS)))
def test_it_finds_the_same_again_with_parameters_of_its_own(path: str, kind: str) -> None:
    signpost = Signpost(ROUTES)
    _, first = signpost.matches(asked(path, kind))
    expected = {**first, "path_params": dict(first.get("path_params", {}))} if first else {}
    first.get("path_params", {})["left"] = "by an endpoint"
    _, second = signpost.matches(asked(path, kind))
    assert second == expected
