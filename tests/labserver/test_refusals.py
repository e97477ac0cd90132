"""Every way to be refused, in the shape of the dialect it happened in, and never a stack trace."""

import json
from typing import Any

import pytest

CHAT = "/v1/chat/completions"
QUERY = "/api/v1/query"
HI = [{"role": "user", "content": "hi"}]
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
    assert (is_openai if path.startswith("/v1") else is_rest)(error), error
    assert isinstance(error["message"], str)
    assert len(error["message"]) > 15, "an error says what was wrong"
    assert "Traceback" not in answer.text
    assert "detail" not in body
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, error, dict(answer.headers)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "NOT_FOUND"),
        ("GET", "/docs", {}, 404, "NOT_FOUND"),
        ("GET", "/api/v1/query/", {}, 404, "NOT_FOUND"),
        ("GET", QUERY, {}, 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/health", {}, 405, "METHOD_NOT_ALLOWED"),
        ("POST", QUERY, {"content": "{", "headers": {"content-type": "application/json"}}, 400, "INVALID_REQUEST"),
        ("POST", QUERY, {"content": b"\xff", "headers": {"content-type": "application/json"}}, 400, "INVALID_REQUEST"),
        (
            "POST",
            QUERY,
            {"content": "[" * 50_000, "headers": {"content-type": "application/json"}},
            400,
            "INVALID_REQUEST",
        ),
        ("POST", QUERY, {"content": '{"query": "hi"}'}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", QUERY, {"data": {"query": "hi"}}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("POST", QUERY, {"json": {}}, 422, "INVALID_REQUEST"),
        ("POST", QUERY, {"json": []}, 422, "INVALID_REQUEST"),
        ("POST", QUERY, {"headers": {"content-type": "application/json"}}, 422, "INVALID_REQUEST"),
        ("POST", QUERY, {"json": {"query": ""}}, 422, "INVALID_REQUEST"),
        ("POST", QUERY, {"json": {"query": "hi", "temperature": 3}}, 422, "INVALID_REQUEST"),
        ("POST", QUERY, {"json": {"query": "hi", "model": "none"}}, 404, "MODEL_NOT_FOUND"),
        ("POST", f"{QUERY}/stream", {"json": {"query": "hi", "model": "none"}}, 404, "MODEL_NOT_FOUND"),
        ("POST", QUERY, {"json": {"query": "hi"}, "headers": WRONG_KEY}, 401, "UNAUTHORIZED"),
        ("POST", QUERY, {"json": {"query": "hi"}, "params": {"key": "lab-nobody"}}, 401, "UNAUTHORIZED"),
        ("POST", QUERY, {"json": {"query": "hi"}, "headers": {"x-api-key": "lab-nobody"}}, 401, "UNAUTHORIZED"),
        ("GET", "/lab/journal", {"headers": WRONG_KEY}, 401, "UNAUTHORIZED"),
        ("POST", QUERY, {"json": {"query": "hi"}, "headers": {"x-lab-fault": "tea"}}, 400, "INVALID_REQUEST"),
        ("POST", QUERY, {"json": {"query": "hi"}, "headers": {"x-lab-pace": "tps=0"}}, 400, "INVALID_REQUEST"),
        ("POST", "/lab/faults", {"json": {"plan": "tea"}}, 400, "INVALID_REQUEST"),
        ("POST", "/lab/sandboxes", {"json": {"seed": -1}}, 422, "INVALID_REQUEST"),
        ("POST", "/lab/sandboxes", {"json": {"colour": "green"}}, 422, "INVALID_REQUEST"),
    ],
)
def test_rest_refuses_in_seed_004s_shape(server, method, path, sent, status: int, code: str) -> None:
    got, error, _ = refused(server, method, path, **sent)
    assert (got, error["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "kind", "param", "code"),
    [
        ("GET", "/v1/nowhere", {}, 404, "invalid_request_error", None, None),
        ("GET", "/v1", {}, 404, "invalid_request_error", None, None),
        ("GET", CHAT, {}, 405, "invalid_request_error", None, None),
        ("GET", "/v1/models/none", {}, 404, "invalid_request_error", "model", "model_not_found"),
        ("GET", "/v1/models", {"headers": WRONG_KEY}, 401, "invalid_request_error", None, "invalid_api_key"),
        ("POST", CHAT, {"json": {"messages": HI}}, 400, "invalid_request_error", "model", None),
        ("POST", CHAT, {"json": {"model": "script"}}, 400, "invalid_request_error", "messages", None),
        ("POST", CHAT, {"json": {"model": "script", "messages": []}}, 400, "invalid_request_error", "messages", None),
        ("POST", CHAT, {"json": {"model": "none", "messages": HI}}, 404, "invalid_request_error", "model", "model_not_found"),
        ("POST", CHAT, {"json": {"model": "none", "messages": HI, "stream": True}}, 404, "invalid_request_error", "model", "model_not_found"),
        ("POST", CHAT, {"content": "{", "headers": {"content-type": "application/json"}}, 400, "invalid_request_error", None, None),
        ("POST", CHAT, {"json": {"model": "script", "messages": HI}, "headers": {"x-lab-fault": "late_error"}}, 500, "server_error", None, "server_error"),
        ("POST", CHAT, {"json": {"model": "script", "messages": HI}, "headers": {"x-lab-pace": "x"}}, 400, "invalid_request_error", None, None),
    ],
)  # fmt: skip
def test_v1_refuses_with_openais_four_fields(server, method, path, sent, status, kind, param, code) -> None:
    if sent.get("headers", {}).get("x-lab-fault"):
        sent = sent | {"headers": {"x-lab-fault": "late_error;after=0", "x-lab-pace": "ttft=0"}}
    got, error, _ = refused(server, method, path, **sent)
    assert (got, error["type"], error["param"], error["code"]) == (status, kind, param, code)


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("temperature", 2.5, "temperature"),
        ("temperature", "hot", "temperature"),
        ("max_tokens", 0, "max_tokens"),
        ("max_completion_tokens", -1, "max_completion_tokens"),
        ("n", 17, "n"),
        ("stop", ["a", "b", "c", "d", "e"], "stop"),
        ("stop", [""], "stop"),
        ("stream", "perhaps", "stream"),
        ("model", "", "model"),
        ("model", 3, "model"),
        ("messages", [{"role": "teapot", "content": "hi"}], "messages.0.role"),
        ("messages", [{"content": "hi"}], "messages.0.role"),
        ("messages", "hi", "messages"),
    ],
)
def test_v1_names_the_field_that_does_not_fit(server, field: str, value: Any, param: str) -> None:
    status, error, _ = refused(server, "POST", CHAT, json={"model": "script", "messages": HI} | {field: value})
    assert (status, error["param"]) == (400, param)
    assert param in error["message"]


def test_not_a_number_is_no_temperature(server) -> None:
    for path, body in ((QUERY, {"query": "hi"}), (CHAT, {"model": "script", "messages": HI})):
        content = json.dumps(body | {"temperature": float("nan")})
        sent = {"content": content, "headers": {"content-type": "application/json"}}
        assert refused(server, "POST", path, **sent)[0] in (400, 422)


def test_rest_lists_every_field_that_does_not_fit(server) -> None:
    _, error, _ = refused(server, "POST", QUERY, json={"temperature": 3, "max_tokens": 0})
    assert set(error["details"]["fields"]) == {"query", "temperature", "max_tokens"}
    assert all(name in error["message"] for name in error["details"]["fields"])


@pytest.mark.parametrize(("path", "allow"), [(QUERY, {"POST"}), (CHAT, {"POST"}), ("/v1/models", {"GET"})])
def test_405_says_what_is_allowed(server, path: str, allow: set[str]) -> None:
    status, _, headers = refused(server, "PUT", path)
    assert status == 405
    assert set(headers["allow"].split(", ")) == allow


@pytest.mark.xfail(strict=True, reason="Starlette's 405 names only the methods of the first route at that path")
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
    names = [model["id"] for model in server.http.get("/v1/models").json()["data"]]
    _, error, _ = refused(server, "GET", "/v1/models/none")
    assert all(name in error["message"] for name in names)
