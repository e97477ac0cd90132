"""The Host check on real sockets: on every route and door, for upgrades too, in the dialect's words, and on record."""

import json
from typing import Any

import pytest

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
LOCAL = "Host: 127.0.0.1\r\n"
WRONG = {
    "none": ("", 400),
    "two": (LOCAL + LOCAL, 400),
    "empty": ("Host:\r\n", 400),
    "a foreign name": ("Host: evil.example:8001\r\n", 403),
}
PATHS = {"health": "/health", "index": "/", "control": "/lab", "static": "/static/vendor/x", "nowhere": "/tea"}


def ask(server, head: str, path: str = "/health", version: str = "1.1", port: int | None = None) -> tuple[int, bytes]:
    with server.dial(port) as wire:
        wire.send(f"GET {path} HTTP/{version}\r\n{head}\r\n".encode())
        answer = wire.answer()
    return int(answer.split(b" ")[1]), answer.partition(b"\r\n\r\n")[2]


def told(body: bytes) -> dict[str, Any]:
    error: dict[str, Any] = json.loads(body)["error"]
    return error


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_host_is_refused_on_every_path_with_the_cure(server, wrong: str, path: str) -> None:
    head, status = WRONG[wrong]
    got, body = ask(server, head, path)
    assert got == status
    assert ("--allow-host" if status == 403 else "Host") in told(body)["message"]


def test_the_name_is_judged_before_the_page(server) -> None:
    status, body = ask(server, f"Host: evil.example\r\nOrigin: http://evil.example\r\n{UPGRADE}", "/ws/echo")
    assert status == 403 and "--allow-host" in told(body)["message"]


def test_under_v1_the_refusal_is_openais(server) -> None:
    status, body = ask(server, "Host: evil.example\r\n", "/v1/models")
    assert (status, set(told(body))) == (403, {"message", "type", "param", "code"})


@pytest.mark.parametrize("wrong", WRONG)
def test_a_websocket_with_a_wrong_host_gets_no_101(server, wrong: str) -> None:
    head, status = WRONG[wrong]
    got, body = ask(server, head + UPGRADE, "/ws/echo")
    assert got == status
    assert told(body)["code"] in ("FORBIDDEN", "INVALID_REQUEST")
    assert ask(server, LOCAL + UPGRADE, "/ws/echo")[0] == 101


def test_http_1_0_may_do_without_a_host(server) -> None:
    assert ask(server, "", version="1.0")[0] == 200
    assert ask(server, "Host: evil.example\r\n", version="1.0")[0] == 403


@pytest.mark.parametrize("wrong", WRONG)
def test_the_refusal_is_in_the_keys_journal_and_spends_no_fault(server, wrong: str) -> None:
    key = server.sandbox()
    owner = {"x-api-key": key}
    server.http.post("/lab/faults", json={"plan": "status;code=500", "first": 1}, headers=owner).raise_for_status()
    head, status = WRONG[wrong]
    assert ask(server, f"{head}X-API-Key: {key}\r\n")[0] == status
    record = server.last(key)
    assert (record["status"], record["malformed"]) == (status, False)
    assert ask(server, f"{LOCAL}X-API-Key: {key}\r\n")[0] == 500, "the fault is still there"


@pytest.mark.parametrize("wrong", WRONG)
def test_a_sandboxs_own_door_looks_at_the_name_too(server, wrong: str) -> None:
    key = server.sandbox()
    url = server.http.post("/lab/door", headers={"x-api-key": key}).json()["url"]
    head, status = WRONG[wrong]
    assert ask(server, head, port=int(url.rpartition(":")[2]))[0] == status
    assert server.last(key)["status"] == status


def test_an_operators_names_are_the_servers_own(start_server) -> None:
    live = start_server("--allow-host", "lab.example.org", "--allow-host", "*.hub.example")
    for host, status in [("lab.example.org", 200), ("a.hub.example:8", 200), ("hub.example", 403), ("localhost", 200)]:
        assert ask(live, f"Host: {host}\r\n")[0] == status, host
    assert live.http.post("/shop/orders", headers={"origin": "https://lab.example.org"}).status_code == 403
    own = {"host": "lab.example.org", "origin": "https://lab.example.org"}
    assert live.http.post("/lab/sandboxes", json={}, headers=own).status_code == 201, "a page of the server itself"
