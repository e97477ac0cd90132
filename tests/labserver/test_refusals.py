"""Every way to be refused, in the shape of the dialect it happened in, and never a stack trace."""

import json
from typing import Any

import pytest

CHAT = "/v1/chat/completions"
QUERY = "/api/v1/query"
HI = [{"role": "user", "content": "hi"}]
HELLO = {"query": "hi", "model": "script"}
SCRIPTED = {"model": "script", "messages": HI}
JSON = {"content-type": "application/json"}
FAILING = {"x-lab-fault": "late_error;after=0", "x-lab-pace": "ttft=0"}
WRONG_KEY = {"authorization": "Bearer lab-nobody"}


def is_rest(error: dict[str, Any]) -> bool:
    return set(error) == {"code", "message", "details"} and isinstance(error["details"], dict)


def is_openai(error: dict[str, Any]) -> bool:
    return set(error) == {"message", "type", "param", "code"}


def refused(server, method: str, path: str, **sent: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    """(status, the error, headers). Every refusal is looked over here for its shape."""
    answer = server.http.request(method, path, **sent)
    body = answer.json()
    assert list(body) == ["error"], f"not our shape: {body}"
    error = body["error"]
    assert (is_openai if f"{path}/".startswith("/v1/") else is_rest)(error), error
    assert isinstance(error["message"], str)
    assert len(error["message"]) > 15, "an error says what was wrong"
    assert "Traceback" not in answer.text
    assert "detail" not in body
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, error, dict(answer.headers)


@pytest.mark.parametrize(
    ("method", "path", "sent", "told"),
    [
        ("GET", "/nowhere", {}, (404, "NOT_FOUND")),
        ("GET", "/static/nothing.js", {}, (404, "NOT_FOUND")),
        ("GET", "/v1nowhere", {}, (404, "NOT_FOUND")),
        ("GET", QUERY, {}, (405, "METHOD_NOT_ALLOWED")),
        ("DELETE", "/health", {}, (405, "METHOD_NOT_ALLOWED")),
        ("POST", QUERY, {"content": "{", "headers": JSON}, (400, "INVALID_REQUEST")),
        ("POST", QUERY, {"content": b"\xff", "headers": JSON}, (400, "INVALID_REQUEST")),
        ("POST", QUERY, {"content": "[" * 50_000, "headers": JSON}, (400, "INVALID_REQUEST")),
        ("POST", QUERY, {"content": '{"query": "hi"}'}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("POST", QUERY, {"data": {"query": "hi"}}, (415, "UNSUPPORTED_MEDIA_TYPE")),
        ("POST", QUERY, {"headers": JSON}, (422, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": {}}, (422, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": []}, (422, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": {"query": ""}}, (422, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": {"query": "hi", "temperature": 3}}, (422, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": {"query": "hi", "model": "none"}}, (404, "MODEL_NOT_FOUND")),
        ("POST", QUERY, {"json": {"query": "tea|{cup=1}", "model": "script"}}, (400, "INVALID_REQUEST")),
        ("POST", f"{QUERY}/stream", {"json": {"query": "hi", "model": "none"}}, (404, "MODEL_NOT_FOUND")),
        ("POST", QUERY, {"json": HELLO, "headers": WRONG_KEY}, (401, "UNAUTHORIZED")),
        ("POST", QUERY, {"json": HELLO, "params": {"key": "lab-nobody"}}, (401, "UNAUTHORIZED")),
        ("POST", QUERY, {"json": HELLO, "headers": {"x-api-key": "lab-nobody"}}, (401, "UNAUTHORIZED")),
        ("POST", QUERY, {"json": HELLO, "headers": {"x-lab-fault": "tea"}}, (400, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": HELLO, "headers": {"x-lab-pace": "tps=0"}}, (400, "INVALID_REQUEST")),
        ("POST", QUERY, {"json": HELLO, "headers": FAILING}, (500, "PROCESSING_FAILED")),
        ("GET", "/lab/journal", {"headers": WRONG_KEY}, (401, "UNAUTHORIZED")),
        ("GET", "/lab/journal?last=0", {}, (422, "INVALID_REQUEST")),
        ("POST", "/lab/faults", {"json": {"plan": "tea"}}, (400, "INVALID_REQUEST")),
        ("POST", "/lab/sandboxes", {"json": {"seed": -1}}, (422, "INVALID_REQUEST")),
        ("POST", "/lab/sandboxes", {"json": {"colour": "green"}}, (422, "INVALID_REQUEST")),
    ],
)
def test_rest_refuses_in_seed_004s_shape(server, method: str, path: str, sent: Any, told: tuple[int, str]) -> None:
    status, error, _ = refused(server, method, path, **sent)
    assert (status, error["code"]) == told


@pytest.mark.parametrize(
    ("method", "path", "sent", "told"),
    [
        ("GET", "/v1", {}, (404, None, None)),
        ("GET", "/v1/nowhere", {}, (404, None, None)),
        ("GET", "/v1/models/none", {}, (404, "model", "model_not_found")),
        ("GET", CHAT, {}, (405, None, None)),
        ("GET", "/v1/models", {"headers": WRONG_KEY}, (401, None, "invalid_api_key")),
        ("POST", CHAT, {"content": "{", "headers": JSON}, (400, None, None)),
        ("POST", CHAT, {"content": b"\xff", "headers": JSON}, (400, None, None)),
        ("POST", CHAT, {"headers": JSON}, (400, None, None)),
        ("POST", CHAT, {"json": {"messages": HI}}, (400, "model", "missing_required_parameter")),
        ("POST", CHAT, {"json": {"model": "script"}}, (400, "messages", "missing_required_parameter")),
        ("POST", CHAT, {"json": {"model": "script", "messages": []}}, (400, "messages", "empty_array")),
        ("POST", CHAT, {"json": {"model": "none", "messages": HI}}, (404, "model", "model_not_found")),
        ("POST", CHAT, {"json": {"model": "none", "messages": HI, "stream": True}}, (404, "model", "model_not_found")),
        ("POST", CHAT, {"json": SCRIPTED, "headers": {"x-lab-pace": "x"}}, (400, None, None)),
        ("POST", CHAT, {"json": SCRIPTED, "headers": {"x-lab-fault": "x"}}, (400, None, None)),
        ("POST", CHAT, {"json": SCRIPTED, "headers": FAILING}, (500, None, "server_error")),
    ],
)
def test_v1_refuses_with_openais_four_fields(server, method: str, path: str, sent: Any, told: tuple[Any, ...]) -> None:
    status, error, _ = refused(server, method, path, **sent)
    assert (status, error["param"], error["code"]) == told
    assert error["type"] == ("server_error" if status >= 500 else "invalid_request_error")


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("temperature", 2.5, "temperature"),
        ("temperature", "hot", "temperature"),
        ("max_tokens", 0, "max_tokens"),
        ("max_completion_tokens", -1, "max_completion_tokens"),
        ("n", 17, "n"),
        ("stop", ["a", "b", "c", "d", "e"], "stop"),
        ("stop", [""], "stop[0]"),
        ("stream", "perhaps", "stream"),
        ("model", "", "model"),
        ("model", 3, "model"),
        ("messages", [{"role": "teapot", "content": "hi"}], "messages[0].role"),
        ("messages", [{"content": "hi"}], "messages[0].role"),
        ("messages", "hi", "messages"),
    ],
)
def test_v1_names_the_field_that_does_not_fit(server, field: str, value: Any, param: str) -> None:
    status, error, _ = refused(server, "POST", CHAT, json=SCRIPTED | {field: value})
    assert (status, error["param"]) == (400, param)
    assert param in error["message"] or error["code"] == "invalid_value", "OpenAI names the value there"


def test_not_a_number_is_no_temperature(server) -> None:
    for path, body, status in ((QUERY, HELLO, 422), (CHAT, SCRIPTED, 400)):
        content = json.dumps(body | {"temperature": float("nan")})
        assert refused(server, "POST", path, content=content, headers=JSON)[0] == status


def test_rest_lists_every_field_that_does_not_fit(server) -> None:
    _, error, _ = refused(server, "POST", QUERY, json={"temperature": 3, "max_tokens": 0})
    assert set(error["details"]["fields"]) == {"query", "temperature", "max_tokens"}
    assert all(name in error["message"] for name in error["details"]["fields"])


@pytest.mark.parametrize(
    ("path", "allow"),
    [(QUERY, {"POST"}), (CHAT, {"POST"}), ("/v1/models", {"GET"}), ("/openapi.json", {"GET", "HEAD"})],
)
def test_405_says_what_is_allowed(server, path: str, allow: set[str]) -> None:
    status, _, headers = refused(server, "PUT", path)
    assert status == 405
    assert set(headers["allow"].split(", ")) == allow


@pytest.mark.parametrize(
    ("path", "allow"), [("/lab/faults", {"GET", "POST", "DELETE"}), ("/lab/sandboxes", {"POST", "DELETE"})]
)
def test_405_names_every_method_of_a_path_with_several(server, path: str, allow: set[str]) -> None:
    _, _, headers = refused(server, "PUT", path)
    assert set(headers["allow"].split(", ")) == allow


@pytest.mark.parametrize("path", ["/v1/models", "/lab/journal", "/lab/faults"])
def test_401_says_how_to_authenticate(server, path: str) -> None:
    status, error, headers = refused(server, "GET", path, headers=WRONG_KEY)
    assert status == 401
    assert headers["www-authenticate"].startswith("Bearer ")
    assert "lab-nobody" not in json.dumps(error), "a wrong key is not repeated"


def test_404_of_a_model_names_the_models_that_exist(server) -> None:
    models = server.http.get("/v1/models").json()["data"]
    names = [model["id"] for model in models if model["owned_by"] != "wirelab-embedding"]  # those that answer questions
    _, error, _ = refused(server, "GET", "/v1/models/none")
    assert all(name in error["message"] for name in names)


def test_a_script_that_cannot_be_played_is_refused_in_the_stream_where_the_200_has_left(server) -> None:
    body = {"model": "script", "messages": [{"role": "user", "content": "tea|{cup=1}"}], "stream": True}
    answer = server.http.post(CHAT, json=body)
    assert answer.status_code == 200
    [line] = answer.text.strip().split("\n\n")
    assert is_openai(json.loads(line.removeprefix("data: "))["error"])


def test_a_websocket_is_refused_as_plain_http_in_rest_shape_before_it_opens(server) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
    with server.dial() as wire:
        ask = server.request(
            "GET", f"{QUERY}/ws", key="lab-nobody", sec_websocket_key="d2lyZWxhYndpcmVsYWJ3aQ==", **upgrade
        )
        wire.send(ask)
        head, _, body = wire.answer().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 ")
    assert b"www-authenticate: bearer" in head.lower()
    assert is_rest(json.loads(body)["error"])


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"tea", id="one word"),
        pytest.param(b"GET /a b HTTP/1.1", id="a space in the path"),
        pytest.param(b"GET /\xff HTTP/1.1", id="a path that is not ASCII"),
        pytest.param(b"\x16\x03\x01\0", id="TLS"),
        pytest.param(b"POST /health HTTP/1.1\r\nContent-Length: " + b"9" * 5000, id="a length of 5000 digits"),
    ],
)
def test_a_request_that_is_no_http_is_refused_by_the_server_itself(server, raw: bytes) -> None:
    with server.dial() as wire:
        wire.send(raw + b"\r\nHost: lab\r\n\r\n")
        assert wire.rest().startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_path_that_is_no_path_is_refused_like_any_other(server) -> None:
    with server.dial() as wire:
        wire.send(server.request("OPTIONS", "*"))
        head, _, body = wire.answer().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ")
    assert is_rest(json.loads(body)["error"])


def test_the_description_of_the_api_is_json_and_the_same_in_every_process(server, start_server) -> None:
    one, other = server.http.get("/openapi.json"), start_server().http.get("/openapi.json")
    assert one.json()["openapi"].startswith("3.")
    assert "/v1/chat/completions" in one.json()["paths"]
    assert one.text == other.text
