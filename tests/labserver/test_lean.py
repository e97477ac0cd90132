"""The short way answers as the long one does: whatever is not plain takes the long one."""

import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, Query, WebSocket
from fastapi.routing import APIRoute, APIWebSocketRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from labserver.lean import LeanRoute, shortened
from labserver.visit import VisitDep


class Ask(BaseModel):
    model_config = ConfigDict(extra="forbid")
    prompt: Annotated[str, Field(min_length=1)]
    n: int = 1


def routes(kind: type[APIRoute]) -> APIRouter:
    router = APIRouter(route_class=kind)

    @router.post("/ask", response_model=None, status_code=201)
    async def ask(visit: VisitDep, body: Ask) -> dict[str, Any]:
        return {"prompt": body.prompt, "n": body.n, "who": visit}

    @router.get("/job/{job_id}", response_model=None)
    async def job(visit: VisitDep, job_id: str) -> PlainTextResponse:
        return PlainTextResponse(f"{job_id} {visit}")

    @router.get("/list", response_model=None)
    async def listed(visit: VisitDep, page: Annotated[int, Query(ge=1)] = 1) -> dict[str, Any]:
        return {"page": page}

    return router


def visited(routes: Iterable[BaseRoute]) -> ASGIApp:
    """Whoever asks has a visit already: here it is a name."""
    made = FastAPI()
    made.router.routes.extend(routes)

    async def visited(scope, receive, send) -> None:
        await made({**scope, "state": {"visit": "ada"}}, receive, send)

    return visited


def app(kind: type[APIRoute]) -> ASGIApp:
    return visited(routes(kind).routes)


@pytest.fixture
def clients() -> Iterator[list[TestClient]]:
    with TestClient(app(APIRoute)) as long, TestClient(app(LeanRoute)) as brief:
        yield [long, brief]


@pytest.mark.parametrize("path", ["/plain", "/named/mint"])
def test_a_socket_is_given_its_visit_either_way(path: str) -> None:
    router = APIRouter()

    @router.websocket("/plain")
    async def plain(socket: WebSocket, visit: VisitDep) -> None:
        await socket.accept()
        await socket.send_text(f"{visit}")

    @router.websocket("/named/{name}")
    async def named(socket: WebSocket, visit: VisitDep, name: str) -> None:
        await socket.accept()
        await socket.send_text(f"{visit} {name}")

    app_of = {route.path: route.app for route in router.routes if isinstance(route, APIWebSocketRoute)}
    made = visited(map(shortened, router.routes))
    with TestClient(made) as client, client.websocket_connect(path) as socket:
        assert socket.receive_text() == ("ada mint" if "mint" in path else "ada")
    short = [route.path for route in router.routes if route.app is not app_of[route.path]]
    assert short == ["/plain"]


BODIES = {
    "plain": (b'{"prompt": "hi"}', "application/json"),
    "with a charset": (b'{"prompt": "hi", "n": 2}', "application/json; charset=utf-8"),
    "a number as text": (b'{"prompt": "hi", "n": "2"}', "application/json"),
    "another json": (b'{"prompt": "hi"}', "application/vnd.tea+json"),
    "empty prompt": (b'{"prompt": ""}', "application/json"),
    "unknown field": (b'{"prompt": "hi", "milk": true}', "application/json"),
    "no json": (b"{prompt: hi}", "application/json"),
    "nothing": (b"", "application/json"),
    "a list": (b"[]", "application/json"),
    "text": (b'{"prompt": "hi"}', "text/plain"),
    "not utf-8": (b'{"prompt": "\xff"}', "application/json"),
    "too deep": (b"[" * 100_000, "application/json"),
}


@pytest.mark.parametrize("body", BODIES)
def test_both_ways_answer_alike(clients, body: str) -> None:
    content, kind = BODIES[body]
    told = []
    for client in clients:
        answer = client.post("/ask", content=content, headers={"content-type": kind})
        told.append((answer.status_code, answer.headers["content-type"], json.loads(answer.content)))
    assert told[0] == told[1]


@pytest.mark.parametrize("path", ["/job/42", "/job/a%20b", "/list", "/list?page=0", "/list?page=2"])
def test_words_of_the_path_arrive_and_queries_are_solved_by_fastapi(clients, path: str) -> None:
    long, brief = (client.get(path) for client in clients)
    assert (long.status_code, long.content) == (brief.status_code, brief.content)


def test_a_plain_route_really_takes_the_short_way() -> None:
    ways = {route.path: route.lean for route in routes(LeanRoute).routes if isinstance(route, LeanRoute)}
    assert ways == {"/ask": True, "/job/{job_id}": True, "/list": False}
