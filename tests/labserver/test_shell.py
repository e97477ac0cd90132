"""The shell has only the layers it names, and every way through it still does what FastAPI's own would."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, HTTPException, Query, WebSocket
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from labserver.exchange import Exchange
from labserver.lean import LeanRoute, is_short, shortened
from labserver.newcomers import Newcomers
from labserver.shell import Shell
from labserver.visit import VisitDep


class Visited:
    """The only layer of this application: whoever asks has a visit already, and it is a name."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app({**scope, "state": {"visit": "ada", "exchange": Exchange(1, 1, 1000)}}, receive, send)


def made() -> Shell:
    router = APIRouter(route_class=LeanRoute)

    @router.get("/lean", response_model=None)
    async def lean(visit: VisitDep) -> dict[str, Any]:
        return {"who": visit}

    @router.get("/refused", response_model=None)
    async def refused(visit: VisitDep) -> dict[str, Any]:
        raise HTTPException(409, f"not now, {visit}")

    @router.get("/general", response_model=None)
    async def general(visit: VisitDep, page: Annotated[int, Query(ge=1)] = 1) -> dict[str, Any]:
        return {"who": visit, "page": page}

    @router.websocket("/socket")
    async def socket(socket: WebSocket, visit: VisitDep) -> None:
        await socket.accept()
        await socket.send_text(f"hello {visit}")
        await socket.close()

    @router.websocket("/shut")
    async def shut(socket: WebSocket, visit: VisitDep) -> None:
        raise HTTPException(403, "members only")

    ways = [shortened(route) for route in router.routes]
    return Shell(ways, Newcomers(), openapi_url=None, middleware=[Middleware(Visited)])


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(made()) as opened:
        yield opened


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/lean", 200, {"who": "ada"}),
        ("/general?page=2", 200, {"who": "ada", "page": 2}),
        ("/refused", 409, {"detail": "not now, ada"}),
        ("/nowhere", 404, {"detail": "Not Found"}),
    ],
)
def test_a_path_is_answered_or_refused_as_fastapi_would(client: TestClient, path: str, status: int, body: Any) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (status, body)


def test_a_wrong_method_is_told_the_right_one(client: TestClient) -> None:
    answer = client.delete("/lean")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_a_value_that_does_not_fit_is_refused_on_fastapis_own_way(client: TestClient) -> None:
    assert client.get("/general?page=0").status_code == 422


def test_a_socket_talks_and_one_that_is_refused_gets_the_status(client: TestClient) -> None:
    with client.websocket_connect("/socket") as socket:
        assert socket.receive_text() == "hello ada"
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/shut"):
        pass
    assert (refused.value.status_code, refused.value.json()) == (403, {"detail": "members only"})


def test_between_the_door_and_the_routes_stand_our_layers_only() -> None:
    app: Any = made().build_middleware_stack()
    layers = []
    while hasattr(app, "app"):
        layers.append(type(app).__name__)
        app = app.app
    assert layers == ["Visited"]


def test_an_error_after_the_head_is_no_second_answer() -> None:
    """There it goes on to whoever watches over all, and no handler of errors is asked."""
    router = APIRouter(route_class=LeanRoute)

    @router.get("/half", response_model=None)
    async def half(visit: VisitDep) -> Response:
        class Half(Response):
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                scope["state"]["exchange"].went_out(b"HTTP/1.1 200 OK\r\n\r\n")
                raise HTTPException(409, "too late")

        return Half()

    shell = Shell(list(router.routes), Newcomers(), openapi_url=None, middleware=[Middleware(Visited)])
    with TestClient(shell) as client, pytest.raises(HTTPException, match="too late"):
        client.get("/half")


def test_only_what_needs_nothing_around_it_is_called_straight() -> None:
    ways = {getattr(way, "path", ""): is_short(way) for way in made().ways}
    assert ways == {"/lean": True, "/refused": True, "/general": False, "/socket": True, "/shut": True}
