"""Who may open a realtime session and with which model: by header, by a browser's subprotocol; refused as HTTP."""

import json
from typing import Any

import pytest
from openai import AuthenticationError, OpenAI
from realtime import FAST
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

BROWSER = "openai-insecure-api-key."


def opened(url: str, *subprotocols: str, **headers: str) -> Any:
    return connect(
        url, subprotocols=subprotocols or None, additional_headers={"x-lab-pace": FAST, **headers}, proxy=None
    )


def refusal(url: str, *subprotocols: str, **headers: str) -> tuple[int, dict[str, Any]]:
    """The status of a handshake that fails, and the error of its body, which has OpenAI's four fields."""
    with pytest.raises(InvalidStatus) as refused, opened(url, *subprotocols, **headers):
        pass
    answer = refused.value.response
    assert answer.headers["x-request-id"] and answer.headers["content-type"] == "application/json"
    error = json.loads(answer.body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return answer.status_code, error


@pytest.fixture
def url(server) -> str:
    return f"{server.ws_url}/v1/realtime?model=script"


def issued(server, owner: str, **wanted: Any) -> dict[str, Any]:
    return server.http.post("/auth/keys", json=wanted, headers={"x-api-key": owner}).raise_for_status().json()


def test_a_browsers_subprotocol_is_a_key_and_is_never_echoed(server, url: str, key: str) -> None:
    with opened(url, "realtime", BROWSER + key, "openai-beta.realtime-v1") as socket:
        assert socket.subprotocol == "realtime"
        assert json.loads(socket.recv(timeout=5))["type"] == "session.created"
    record = server.last(key)
    assert [one["in"] for one in record["credentials"]] == ["subprotocol"]
    assert record["carried"] == ["sec-websocket-protocol"]
    assert key not in json.dumps(record)
    assert b"openai-insecure-api-key.[key***" in record.asked.lower()
    assert b"insecure" not in record.answered


@pytest.mark.parametrize("kind", ["sandbox key", "api key", "token"])
def test_every_kind_of_credential_opens_a_session_in_a_subprotocol(server, url: str, key: str, kind: str) -> None:
    made = issued(server, key)
    form = {"grant_type": "client_credentials"}
    token = server.http.post("/auth/token", data=form, auth=(made["id"], made["key"])).json()["access_token"]
    credential = {"sandbox key": key, "api key": made["key"], "token": token}[kind]
    with opened(url, "realtime", BROWSER + credential) as socket:
        socket.recv(timeout=5)
    [shown] = server.last(key)["credentials"]
    assert (shown["in"], shown["kind"]) == ("subprotocol", kind)


def test_a_placeholder_is_no_key_and_no_subprotocol_gets_none(server, url: str) -> None:
    with opened(url, "realtime", f"{BROWSER}YOUR_API_KEY") as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "session.created"
    with opened(url) as socket:
        assert socket.subprotocol is None


def test_a_key_that_opens_nothing_is_refused_in_openais_words(server, url: str) -> None:
    for how in ({"authorization": "Bearer sk-unknown"}, {}):
        status, error = refusal(url, *(() if how else ("realtime", f"{BROWSER}sk-unknown")), **how)
        assert (status, error["code"], error["type"]) == (401, "invalid_api_key", "invalid_request_error")


def test_two_different_keys_are_one_too_many_and_the_same_twice_is_one(server, url: str, key: str) -> None:
    status, error = refusal(url, "realtime", BROWSER + server.sandbox(), authorization=f"Bearer {key}")
    assert (status, "Two different credentials" in error["message"]) == (400, True)
    with opened(url, "realtime", BROWSER + key, authorization=f"Bearer {key}") as socket:
        assert json.loads(socket.recv(timeout=5))["type"] == "session.created"


def test_a_key_without_the_scope_is_403_and_one_that_ends_closes_the_session(server, url: str, key: str) -> None:
    narrow = issued(server, key, scopes=["shop:read"])
    status, error = refusal(url, "realtime", BROWSER + narrow["key"])
    assert (status, error["code"]) == (403, "insufficient_scope")
    made = issued(server, key)
    with opened(url, "realtime", BROWSER + made["key"]) as socket:
        socket.recv(timeout=5)
        server.http.delete(f"/auth/keys/{made['id']}", headers={"x-api-key": key})
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(timeout=5)
    assert ended.value.rcvd.code == 1008


def test_a_model_that_does_not_exist_is_404_and_none_at_all_400(server, key: str) -> None:
    url, bearer = f"{server.ws_url}/v1/realtime", {"authorization": f"Bearer {key}"}
    status, error = refusal(f"{url}?model=gpt-9", **bearer)
    assert (status, error["code"], error["param"]) == (404, "model_not_found", "model")
    status, error = refusal(url, **bearer)
    assert (status, error["code"], error["param"]) == (400, "missing_required_parameter", "model")
    assert "open /v1/realtime?model=" in error["message"]
    assert [record["status"] for record in server.journal(key)] == [404, 400]


def test_a_fault_refuses_the_upgrade_and_a_limit_of_sockets_too(server, url: str, key: str) -> None:
    bearer = {"authorization": f"Bearer {key}"}
    status, error = refusal(url, **bearer, **{"x-lab-fault": "refuse_upgrade;code=503"})
    assert (status, error["type"]) == (503, "server_error")
    server.http.put("/lab/limits", json={"sockets": 1}, headers={"x-api-key": key}).raise_for_status()
    with opened(url, **bearer):
        status, error = refusal(url, **bearer)
    assert (status, error["code"]) == (429, "rate_limit_exceeded")


def test_a_page_from_elsewhere_opens_no_session(url: str) -> None:
    assert refusal(url, origin="https://elsewhere.example")[0] == 403


def test_a_first_message_can_still_say_who_it_is(server, url: str, key: str) -> None:
    with opened(url) as socket:
        socket.send(json.dumps({"type": "auth", "token": key}))
        told = [json.loads(socket.recv(timeout=5))["type"] for _ in range(2)]
        assert sorted(told) == ["auth", "session.created"]
    assert [one["in"] for one in server.last(key)["credentials"]] == ["message"]


def test_the_sdk_over_http_says_the_same_of_a_wrong_key(server) -> None:
    with (
        OpenAI(base_url=f"{server.url}/v1", api_key="sk-unknown") as client,
        pytest.raises(AuthenticationError) as whole,
    ):
        client.models.list()
    _, error = refusal(f"{server.ws_url}/v1/realtime?model=script", authorization="Bearer sk-unknown")
    assert error == whole.value.body
