"""Fifty clients that leave, and one that never reads: each stream and socket ends with them, and nothing is left."""

import itertools
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from vitals import MEGABYTE, Vitals, await_recovery, memory

from labserver.stream import StreamResponse
from labserver.surfaces import SURFACES

CROWD = 50
ROUNDS = 2
SLOW = "ttft=0;tps=4;jitter=0"
WORDS = "|".join(f" word{number}" for number in range(200))
CHAT = {"model": "script", "stream": True, "messages": [{"role": "user", "content": WORDS}]}
RESPONSE = {"model": "script", "stream": True, "input": WORDS}
USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": WORDS}]}
TALK = {"type": "response.create", "response": {"input": [USER]}}
GENERATE = {"prompt": WORDS, "model": "script", "stream": True}

# How each stream is asked, and what its client waits for before it leaves.
STREAMS: dict[str, tuple[str, str, Any, bytes]] = {
    "/api/v1/query/stream": ("POST", "/api/v1/query/stream", {"query": WORDS, "model": "script"}, b" word1"),
    "/v1/chat/completions": ("POST", "/v1/chat/completions", CHAT, b" word1"),
    "/api/v2/generate": ("POST", "/api/v2/generate", GENERATE, b" word1"),
    "/v1/responses": ("POST", "/v1/responses", RESPONSE, b" word1"),
    "/v1/responses/{response_id}": ("GET", "/v1/responses/{response}?stream=true", None, b" word1"),
    "/shop/notifications": ("GET", "/shop/notifications?keep_alive=0.05", None, b": "),
    "/api/v1/stream/{request_id}": ("GET", "/api/v1/stream/{job}", None, b" word1"),
    "/shop/orders/{order_id}/events": ("GET", "/shop/orders/4/events", None, b"placed"),
    "/raw/sse": ("GET", "/raw/sse?count=1000&interval=0.2", None, b"data:"),
    "/raw/ndjson": ("GET", "/raw/ndjson?count=1000&interval=0.2", None, b'"n": 1'),
    "/raw/drip": ("GET", "/raw/drip?bytes=10000&interval=0.2", None, b"\r\n\r\n"),
    "/raw/sse/conformance/{name}": ("GET", "/raw/sse/conformance/id-persists?slice=1", None, b"\r\n\r\n"),
    "/lab/journal.jsonl": ("GET", "/lab/journal.jsonl", None, b"\r\n\r\n"),
    "/lab/journal.har": ("GET", "/lab/journal.har", None, b"\r\n\r\n"),
    "/lab/journal/tail": ("GET", "/lab/journal/tail", None, b"listening"),
}
SOCKETS: dict[str, tuple[str, Any, bytes]] = {
    "/": ("/", {"type": "message", "content": WORDS, "model": "script"}, b""),
    "/ws/echo": ("/ws/echo", {"tea": 1}, b"tea"),
    "/ws/rooms/{room}": ("/ws/rooms/tea?name=n{number}", {"type": "message", "content": "tea"}, b"welcome"),
    "/ws/account": ("/ws/account", {"type": "me"}, b"account"),
    "/api/v1/query/ws": ("/api/v1/query/ws", {"query": WORDS, "model": "script"}, b" word1"),
    "/api/v1/ws": ("/api/v1/ws", {"prompt": WORDS, "model": "script", "stream": True}, b" word1"),
    "/v1/realtime": ("/v1/realtime?model=script", TALK, b'"delta":" word1"'),
}
MOST = {"/lab/journal/tail": 16}  # listeners: one more is refused
HANDSHAKE = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
NONCE = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, section 1.3


def routes(kind: type) -> Iterator[Any]:
    return (route for router in SURFACES.values() for route in router.routes if isinstance(route, kind))


def is_stream(route: APIRoute) -> bool:
    made = route.response_class
    streams = isinstance(made, type) and issubclass(made, StreamResponse)
    return streams or any("text/event-stream" in r.get("content", {}) for r in route.responses.values())


def test_every_stream_and_socket_of_the_map_is_left_by_its_clients_here() -> None:
    assert {route.path for route in routes(APIRoute) if is_stream(route)} == set(STREAMS)
    assert {route.path for route in routes(APIWebSocketRoute)} == set(SOCKETS)


def masked(message: Any, opcode: int = 1) -> bytes:
    """A client's frame, masked with zeros: the payload stays readable."""
    payload = json.dumps(message).encode()
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([128 | opcode]) + length + b"\0\0\0\0" + payload


Begun = dict[str, str]


def start_stream(server, route: str, key: str, begun: Begun) -> bytes:
    method, path, body, _ = STREAMS[route]
    for name, value in begun.items():
        path = path.replace(f"{{{name}}}", value)
    return server.request(method, path, body, key, x_lab_pace=SLOW)


def begin(server, key: str) -> Begun:
    """What some of the streams are about: a job, and a response in the background."""
    headers = {"x-api-key": key, "x-lab-pace": SLOW}
    job = server.http.post("/api/v1/infer", json={"prompt": WORDS, "model": "script"}, headers=headers)
    asked = {**RESPONSE, "background": True}
    with server.http.stream("POST", "/v1/responses", json=asked, headers=headers) as answer:
        created = next(line for line in answer.iter_lines() if line.startswith("data: "))
    response = json.loads(created.removeprefix("data: "))["response"]["id"]
    return {"job": job.raise_for_status().json()["request_id"], "response": response}


def patient(server) -> Any:
    """A client that waits its turn in a crowd."""
    wire = server.dial()
    wire.socket.settimeout(30)
    return wire


def leave_streams(server, route: str, key: str, begun: Begun) -> None:
    """All of them at once, while every stream is under way."""
    with ExitStack() as crowd:
        wires = [crowd.enter_context(patient(server)) for _ in range(MOST.get(route, CROWD))]
        for wire in wires:
            wire.send(start_stream(server, route, key, begun))
        for wire in wires:
            assert wire.until(STREAMS[route][3]).startswith(b"HTTP/1.1 200 ")


@pytest.fixture(scope="module")
def lone(server, tmp_path_factory):
    """A server that nobody else talks to."""
    live = type(server)(tmp_path_factory.mktemp("lone"), "--solo", "--time-scale", "1")
    yield live
    live.stop()


@pytest.mark.parametrize("route", STREAMS)
def test_fifty_clients_that_leave_a_stream_leave_nothing_behind(lone, route: str) -> None:
    key = lone.sandbox()
    begun = begin(lone, key)
    leave_streams(lone, route, key, begun)  # what is made once, is made now
    lone.await_quiet(30)
    before, weight = Vitals.of(lone), memory(lone)
    for _ in range(ROUNDS):
        leave_streams(lone, route, key, begun)
        await_recovery(lone, before)
    assert memory(lone) - weight < 20, "megabytes that stayed"
    journal = lone.http.get("/lab/journal", headers={"x-api-key": key}).json()
    assert len(journal["exchanges"]) <= 300
    assert all(record["ended"] in ("client left", "complete") for record in journal["exchanges"])


@pytest.mark.parametrize("route", SOCKETS)
def test_fifty_clients_that_drop_a_socket_leave_nothing_behind(lone, route: str) -> None:
    key = lone.sandbox()
    path, message, sign = SOCKETS[route]
    numbers = itertools.count()  # a name in a room is free again a moment after its client has gone

    def come_and_go() -> None:
        with ExitStack() as crowd:
            wires = [crowd.enter_context(patient(lone)) for _ in range(CROWD)]
            for wire in wires:
                at = path.format(number=next(numbers))
                wire.send(lone.request("GET", at, key=key, x_lab_pace=SLOW, sec_websocket_key=NONCE, **HANDSHAKE))
            for wire in wires:
                assert wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
                wire.send(masked(message))
            for wire in wires:
                wire.until(sign)

    come_and_go()
    lone.await_quiet(30)
    before, weight = Vitals.of(lone), memory(lone)
    for _ in range(ROUNDS):
        come_and_go()
        await_recovery(lone, before)
    assert memory(lone) - weight < 20, "megabytes that stayed"


def test_a_client_that_never_reads_holds_the_model_back(lone) -> None:
    """All would be said in half a second; what is said is no more than the buffers between the two can hold."""
    key = lone.sandbox()
    pieces = 50_000  # 12 MB on the wire
    said = {"model": "script", "stream": True, "messages": [{"role": "user", "content": "a|" * pieces}]}
    weight = memory(lone)
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", lone.port))
        reader.sendall(lone.request("POST", "/v1/chat/completions", said, key, x_lab_pace="ttft=0;tps=100000;jitter=0"))
        assert 0 < settled(lone, key) < pieces * 0.75
        assert memory(lone) - weight < 30, "megabytes"
    lone.await_quiet(30)


def settled(server, key: str) -> int:
    """How many deltas were made, once that no longer grows."""
    last, same = 0, 0
    while same < 15:
        records = server.http.get("/lab/journal?last=1", headers={"x-api-key": key}).json()["exchanges"]
        made = records[0]["produced"] if records else 0
        last, same = made, same + 1 if made == last and made > 0 else 0
    return int(last)


def test_an_echo_whose_client_never_reads_stops_to_listen(lone) -> None:
    """Backpressure reaches the client: its own sending blocks before the server has read 64 MiB."""
    key = lone.sandbox()
    weight = memory(lone)
    big = b"\x81\xff" + (512 * 1024).to_bytes(8, "big") + b"\0\0\0\0" + b"t" * (512 * 1024)
    with lone.dial() as wire:
        wire.send(lone.request("GET", "/ws/echo", key=key, sec_websocket_key=NONCE, **HANDSHAKE))
        wire.until(b"\r\n\r\n")
        wire.socket.settimeout(1)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 64 * MEGABYTE:
                wire.send(big)
                sent += len(big)
        assert memory(lone) - weight < 40
    lone.await_quiet(30)
