"""One table says which scope a path needs; every route that asks who is calling is in it, or says why not."""

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from openapi_spec_validator import validate

from labserver import scopes
from labserver.surfaces import SURFACES
from labserver.visit import visit_of

# Routes that look at the caller and want no scope: they ask who it is, or are for the lesson and say anything.
NO_SCOPE = ("/auth/me", "/auth/token", "/ws/account", "/raw/")


def visited(route: APIRoute | APIWebSocketRoute) -> bool:
    waiting = list(route.dependant.dependencies)
    while waiting:
        dependency = waiting.pop()
        if dependency.call is visit_of:
            return True
        waiting += dependency.dependencies
    return False


ROUTES = [
    (None if isinstance(route, APIWebSocketRoute) else method, route.path)
    for router in SURFACES.values()
    for route in router.routes
    if isinstance(route, APIRoute | APIWebSocketRoute) and visited(route)
    for method in (getattr(route, "methods", None) or {""})
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_route_that_has_a_visit_has_its_scope_in_the_table(method: str | None, path: str) -> None:
    assert (scopes.needed(method, path) is None) == path.startswith(NO_SCOPE), f"{method} {path}: add it to NEEDED"


def test_the_walk_above_found_the_routes() -> None:
    assert len(ROUTES) > 40
    assert {(None, "/"), (None, "/ws/rooms/{room}"), ("POST", "/auth/keys"), ("DELETE", "/users/{user_id}")} <= set(
        ROUTES
    )


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/shop/products", "shop:read"),
        ("HEAD", "/users/1", "shop:read"),
        ("OPTIONS", "/shop/orders", "shop:read"),
        ("PATCH", "/users/1", "shop:write"),
        ("GET", "/v1/models", "models"),
        (None, "/", "models"),
        ("GET", "/", None),
        (None, "/ws/rooms/a", "models"),
        (None, "/ws/account", None),
        ("DELETE", "/auth/keys/key_1", "keys"),
        ("GET", "/auth/me", None),
        ("GET", "/health", None),
        ("GET", "/shopping", None),
        ("GET", "/auth/keysmith", None),
        ("GET", "", None),
        ("GET", "*", None),
    ],
)
def test_a_path_needs_the_scope_of_its_row(method: str | None, path: str, needed: str | None) -> None:
    assert scopes.needed(method, path) == needed


def test_scopes_are_written_in_the_tables_order_and_read_back() -> None:
    assert scopes.spell({"models", "shop:read"}) == "shop:read models"
    assert scopes.read(" models  shop:read ") == {"shop:read", "models"}
    assert scopes.read("") == frozenset()
    with pytest.raises(ValueError, match="admin"):
        scopes.read("shop:read admin")


def test_the_description_says_of_each_route_which_scope_it_wants(server) -> None:
    document = server.http.get("/openapi.json").json()
    validate(document)
    validate(server.http.get("/lab/openapi.json").json())
    schemes = set(document["components"]["securitySchemes"])
    for path, item in document["paths"].items():
        for method, operation in item.items():
            wanted = operation.get("security", [])
            assert {name for way in wanted for name in way} <= schemes
            scope = scopes.needed(method.upper(), path)
            if scope is not None:
                assert {"oauth2": [scope]} in wanted and {} in wanted
    assert {} not in document["paths"]["/auth/me"]["get"]["security"]
    assert "security" not in document["paths"]["/health"]["get"]
