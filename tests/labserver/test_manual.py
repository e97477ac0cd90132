"""The documentation works offline, names every route, and promises only what the dialects say."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.sync.client import connect

from labserver.surfaces import SURFACES

METHODS = {"get", "put", "post", "patch", "delete"}


class Addresses(HTMLParser):
    """Every src and href of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """`GET /path` -> its operation."""
    return {
        f"{method.upper()} {path}": operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }


def kinds(message: dict[str, Any]) -> dict[str, type]:
    """Field -> the type of its value."""
    return {name: type(value) for name, value in message.items()}


@pytest.fixture(scope="module", params=["/openapi.json", "/lab/openapi.json"])
def document(server, request) -> dict[str, Any]:
    answer = server.http.get(request.param)
    assert answer.status_code == 200
    described: dict[str, Any] = answer.json()
    return described


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_loads_nothing_from_elsewhere(server, page: str) -> None:
    answer = server.http.get(page)
    loaded = Addresses(answer.text).found
    assert len(loaded) >= 2
    assert not any(re.match(r"/|[a-z]+:", address) for address in loaded), f"relative, for a prefix: {loaded}"
    assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", answer.text), "no address in a script either"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    for address in loaded:
        file = server.http.get(address)
        assert (file.status_code, len(file.content) > 500) == (200, True), address


def test_a_static_file_is_not_sent_twice(server) -> None:
    path = "/static/vendor/swagger-ui/swagger-ui.css"
    tag = server.http.get(path).headers["etag"]
    assert server.http.get(path, headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("path", ["/static/", "/static/vendor", "/static/../app.py", "/static/%2e%2e/app.py"])
def test_only_files_under_static_are_served(server, path: str) -> None:
    with server.dial() as wire:
        wire.send(server.request("GET", path))
        assert wire.answer().startswith(b"HTTP/1.1 404 ")


def test_the_control_plane_and_the_raw_routes_are_described_apart(server) -> None:
    paths = {name: set(server.http.get(f"{name}/openapi.json").json()["paths"]) for name in ("", "/lab")}
    assert {"/lab", "/lab/sandboxes", "/lab/journal", "/lab/faults"} <= paths["/lab"]
    assert {"/health", "/v1/chat/completions", "/shop/orders", "/users", "/api/v1/query"} <= paths[""]
    assert {path.split("/")[1] for path in paths["/lab"]} == {"lab", "raw"}
    assert not paths["/lab"] & paths[""]
    assert not {path.split("/")[1] for path in paths[""]} & {"lab", "raw"}


def test_every_route_says_what_it_is(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        assert operation["summary"], name
        assert len(operation["description"]) > 15, name
        assert operation["tags"], name


def test_the_description_holds_together(document: dict[str, Any]) -> None:
    """What a validator would say first: version, methods, unique ids, parameters of the path, references that lead."""
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] and document["info"]["version"]
    found = operations(document)
    ids = [operation["operationId"] for operation in found.values()]
    assert len(ids) == len(set(ids))
    for name, operation in found.items():
        method, path = name.split(" ")
        assert method.lower() in METHODS
        parameters = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert parameters == set(re.findall(r"\{(\w+)\}", path)), name
        assert operation["responses"], name
        for status, response in operation["responses"].items():
            assert re.fullmatch("[1-5]([0-9]{2}|XX)", status), name
            assert response["description"], f"{name} {status}"
    for reference in re.findall(r"'\$ref': '(#[^']+)'", str(document)):
        at: Any = document
        for step in reference.split("/")[1:]:
            at = at[step]
    assert "HTTPValidationError" not in str(document)


REFUSALS = {
    "GET /v1/models": {"400", "401", "403"},
    "GET /v1/models/{model}": {"401", "404"},
    "POST /v1/chat/completions": {"400", "401", "404", "415", "500", "503"},
    "POST /api/v1/query": {"400", "401", "403", "404", "415", "422", "500", "503"},
    "POST /api/v1/query/stream": {"400", "401", "404", "415", "422"},
    "POST /api/v1/infer": {"400", "401", "403", "404", "415", "422", "503"},
    "GET /api/v1/result/{request_id}": {"401", "404", "409", "500"},
    "GET /api/v1/stream/{request_id}": {"400", "401", "404", "410"},
    "GET /shop/products": {"400", "401", "422"},
    "GET /shop/products/{product_id}": {"401", "404", "422"},
    "POST /shop/orders": {"400", "401", "409", "415", "422"},
    "PUT /users/{user_id}": {"400", "401", "404", "409", "412", "415", "422"},
    "DELETE /shop/orders/{order_id}": {"401", "404", "409", "412"},
    "GET /shop/orders/{order_id}/events": {"400", "401", "404"},
    "GET /shop/notifications": {"400", "401", "403", "410", "422", "503"},
}


def refusals_of(operation: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {status: said for status, said in operation["responses"].items() if status >= "400"}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_route_documents_what_it_refuses(server, name: str) -> None:
    found = operations(server.http.get("/openapi.json").json())
    assert REFUSALS[name] <= set(refusals_of(found[name]))


def test_every_documented_refusal_has_an_example_in_its_dialect(server) -> None:
    found = operations(server.http.get("/openapi.json").json())
    assert {name for name, operation in found.items() if not refusals_of(operation)} == {"GET /health", "GET /metrics"}
    for name, operation in found.items():
        is_openai = " /v1/" in name
        for status, said in refusals_of(operation).items():
            content = said["content"]["application/json"]
            if name == "POST /auth/token":  # RFC 6749, section 5.2
                assert content["schema"] == {"$ref": "#/components/schemas/OAuthProblem"}
                for example in content["examples"].values():
                    assert set(example["value"]) == {"error", "error_description"}
                continue
            model = "OpenAIError" if is_openai else "RestError"
            assert content["schema"] == {"$ref": f"#/components/schemas/{model}"}, f"{name} {status}"
            assert content["examples"], f"{name} {status}"
            for example in content["examples"].values():
                fields = {"message", "type", "param", "code"} if is_openai else {"code", "message", "details"}
                assert set(example["value"]["error"]) == fields
        assert not (is_openai and "422" in operation["responses"]), "OpenAI answers 400"


def test_no_promised_refusal_has_fastapi_build_a_validator() -> None:
    routes = [route for router in SURFACES.values() for route in router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 80
    built = [f"{route.path} {status}" for route in routes for status in route.response_fields if str(status) >= "4"]
    assert built == []


def test_the_index_page_shows_the_messages_of_every_websocket(server) -> None:
    page = server.http.get("/").text
    rows = re.findall(r"<tr><td>WebSocket</td><td><code>([^<]+)</code></td><td>(.*?)</td></tr>", page, re.DOTALL)
    sockets = {r.path for router in SURFACES.values() for r in router.routes if isinstance(r, APIWebSocketRoute)}
    assert {unescape(path) for path, _ in rows} == sockets
    for path, told in rows:
        assert "You send" in told and "You get" in told, path
    assert {"docs", "redoc", "openapi.json", "lab/openapi.json"} <= set(Addresses(page).found)


@pytest.mark.parametrize(
    ("path", "sent", "seen"),
    [
        ("/api/v1/query/ws", {"query": "Green| tea", "model": "script"}, {"start", "content", "end"}),
        ("/api/v1/ws", {"prompt": "Green| tea", "model": "script", "stream": True}, {"ack", "token", "result"}),
    ],
)
def test_the_messages_on_the_index_page_have_the_fields_that_are_sent(server, path: str, sent: dict, seen: set) -> None:
    page = unescape(server.http.get("/").text)
    told = page.partition(f"<code>{path}</code>")[2].partition("</pre>")[0]
    shown = {m["type"]: kinds(m) for m in map(json.loads, re.findall(r'\{"type".*?\}', told, re.DOTALL))}
    got: dict[str, dict[str, type]] = {}
    with connect(server.ws_url + path, proxy=None) as socket:
        socket.send(json.dumps(sent))
        while not got.keys() & {"end", "result", "error"}:
            message = json.loads(socket.recv(timeout=5))
            got[message["type"]] = kinds(message)
    assert got.keys() == seen
    assert got == {kind: shown[kind] for kind in got}


def test_every_stream_of_the_dialects_shows_its_first_events(server) -> None:
    found = operations(server.http.get("/openapi.json").json())
    streams = {
        name: operation["responses"]["200"]["content"]["text/event-stream"]
        for name, operation in found.items()
        if "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    }
    assert len(streams) >= 3
    for name, content in streams.items():
        events = [event for event in content["example"].split("\n\n") if event]
        assert content["example"].endswith("\n\n"), name
        for event in events:
            fields = dict(line.split(": ", 1) for line in event.split("\n"))
            assert fields.keys() <= {"id", "event", "data", "retry", ""}, name
            data = fields.get("data", "[DONE]")  # one that only sets a time or comments has none
            assert data == "[DONE]" or isinstance(json.loads(data), dict), name
