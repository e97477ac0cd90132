"""A question on a WebSocket is a request too: refused in the socket's own words, with the seconds to wait."""

import json
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

NO_WAIT = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SOCKETS: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    "/api/v1/query/ws": ({"query": "Tea", "model": "script"}, "end", {"type", "error", "timestamp", "retry_after"}),
    "/api/v1/ws": ({"prompt": "Tea", "model": "script"}, "result", {"type", "message", "retry_after"}),
    "/": ({"type": "message", "content": "Tea", "model": "script"}, "message", {"type", "error", "retry_after"}),
}


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def outcome(socket: ClientConnection, ask: dict[str, Any], last: str) -> dict[str, Any]:
    """The message that ends an answer, or refuses it."""
    socket.send(json.dumps(ask))
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=5))
        if message["type"] in (last, "error"):
            return message


@pytest.mark.parametrize("path", SOCKETS)
def test_questions_count_and_are_refused_while_the_socket_stays_open(server, path: str) -> None:
    ask, last, shape = SOCKETS[path]
    key = server.sandbox()
    server.http.put("/lab/limits", json={"requests": 3, "per": 60}, headers=as_owner(key)).raise_for_status()
    with connect(server.ws_url + path, additional_headers=as_owner(key) | NO_WAIT, proxy=None) as socket:
        told = [outcome(socket, ask, last) for _ in range(4)]
        assert [message["type"] for message in told] == [last, last, "error", "error"], "the handshake was the first"
        assert set(told[-1]) == shape
        assert 1 <= told[-1]["retry_after"] <= 60
        assert "The limit of 3 requests in 60 s is spent" in told[-1].get("error", told[-1].get("message"))
        server.http.delete("/lab/limits", headers=as_owner(key))
        assert outcome(socket, ask, last)["type"] == last


@pytest.mark.parametrize("path", SOCKETS)
def test_a_question_is_refused_where_the_tokens_are_spent(server, path: str) -> None:
    ask, last, _ = SOCKETS[path]
    key = server.sandbox()
    server.http.put("/lab/limits", json={"tokens": 1, "per": 60}, headers=as_owner(key)).raise_for_status()
    with connect(server.ws_url + path, additional_headers=as_owner(key) | NO_WAIT, proxy=None) as socket:
        assert outcome(socket, ask, last)["type"] == last
        refused = outcome(socket, ask, last)
    assert "The limit of 1 token in 60 s is spent" in refused.get("error", refused.get("message"))
    assert refused["retry_after"] > 0


def test_what_asks_no_model_costs_nothing_after_the_handshake(server) -> None:
    key = server.sandbox()
    server.http.put("/lab/limits", json={"requests": 1, "per": 60}, headers=as_owner(key)).raise_for_status()
    with connect(f"{server.ws_url}/ws/echo", additional_headers=as_owner(key), proxy=None) as socket:
        for _ in range(5):
            socket.send("tea")
            assert socket.recv(timeout=5) == "tea"
