"""Who may do what: pages from elsewhere, callers without a key at a sandbox's own door, callers with a wrong key."""

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

QUERY = {"query": "Green| tea", "model": "script"}
ELSEWHERE = {"origin": "https://evil.example"}
HERE = ["http://127.0.0.1:8888", "http://localhost:8001", "http://[::1]:8001"]


@pytest.mark.parametrize("path", ["/lab/reset", "/lab/hangup", "/lab/sandboxes", "/api/v1/query"])
def test_a_page_from_elsewhere_may_not_change_anything(server, path: str) -> None:
    body = {} if path.startswith("/lab") else QUERY
    answer = server.http.post(path, json=body, headers=ELSEWHERE)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "FORBIDDEN"
    assert "evil.example" in answer.json()["error"]["message"]


def test_a_page_from_elsewhere_may_open_no_websocket(server) -> None:
    url = f"{server.ws_url}/api/v1/query/ws"
    with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=ELSEWHERE, proxy=None):
        pass
    assert refused.value.response.status_code == 403
    assert b"FORBIDDEN" in refused.value.response.body


@pytest.mark.parametrize("origin", HERE)
def test_a_page_from_this_machine_may(server, origin: str) -> None:
    assert server.http.post("/api/v1/query", json=QUERY, headers={"origin": origin}).status_code == 200
    with connect(f"{server.ws_url}/api/v1/query/ws", additional_headers={"origin": origin}, proxy=None):
        pass


def test_a_page_from_elsewhere_may_look_at_what_anybody_may(server) -> None:
    assert server.http.get("/health", headers=ELSEWHERE).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "YOUR_API_KEY"}])
def test_whoever_finds_a_door_may_use_the_shop_but_not_the_control_plane(server, headers: dict[str, str]) -> None:
    key = server.sandbox()
    door = server.http.post("/lab/door", headers={"x-api-key": key}).json()["url"]
    assert server.http.get(f"{door}/v1/models", headers=headers).status_code == 200
    for method, path in [
        ("GET", "/lab/journal"),
        ("GET", "/lab/faults"),
        ("POST", "/lab/reset"),
        ("DELETE", "/lab/door"),
    ]:
        assert server.http.request(method, door + path, headers=headers).status_code == 403
    assert server.http.get(f"{door}/lab/journal", headers={"x-api-key": key}).status_code == 200
    assert [record.asked.split(b" ")[1] for record in server.journal(key)] == [b"/v1/models"]


def test_a_wrong_key_spends_nobodys_faults(server) -> None:
    server.http.post("/lab/faults", json={"plan": "cut;after=0"})
    refused = server.http.get("/v1/models", headers={"x-api-key": "lab-wrong"})
    assert (refused.status_code, "x-lab-fault" in refused.headers) == (401, False)
    assert [rule["plan"] for rule in server.http.get("/lab/faults").json()["rules"]] == ["cut;after=0"]
    assert server.http.delete("/lab/faults").status_code == 204


def test_a_path_with_a_slash_too_many_is_not_there_and_nobody_is_sent_elsewhere(server) -> None:
    answer = server.http.post("/api/v1/query/", json=QUERY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_websocket_to_nowhere_is_refused_in_words(server) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{server.ws_url}/api/v1/nowhere", proxy=None):
        pass
    assert refused.value.response.status_code == 404
    assert b"NOT_FOUND" in refused.value.response.body
