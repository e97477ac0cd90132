"""A server that gets SIGTERM: every stream on the map says farewell, every WebSocket says 1012, and the process ends.

Walks SURFACES, so a stream or a socket that nobody opens here is missed by name.
"""

import contextlib
import json
import signal
import sys
import threading
import time

import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from labserver.stream import StreamResponse
from labserver.surfaces import SURFACES

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process with no word said")

DRAIN = 5
WORDS = "|".join(f" word{number}" for number in range(200))
SLOW = "ttft=0;tps=2;jitter=0"
PACES = {"GET /shop/orders/{order_id}/events": "ttft=30"}  # its life has four steps only, and the first is past
QUERY = {"query": WORDS, "model": "script"}
CHAT = {"model": "script", "stream": True, "messages": [{"role": "user", "content": WORDS}]}
GENERATE = {"prompt": WORDS, "model": "script", "stream": True}
TICKS = "?count=500&interval=1"
USER = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": WORDS}]}
TALK = {"type": "response.create", "response": {"input": [USER]}}
ORDER = {"product_id": 123, "quantity": 2}
SOMETIMES = {
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /api/v2/generate",
}  # where the body says whether it is one

# Route -> (path, body, what it has said when it is well under way, what its farewell contains).
STREAMS = {
    "POST /api/v1/query/stream": ("/api/v1/query/stream", QUERY, b"word1", b"is shutting down"),
    "POST /v1/chat/completions": ("/v1/chat/completions", CHAT, b"word1", b"is shutting down"),
    "POST /v1/responses": ("/v1/responses", {"model": "script", "stream": True, "input": WORDS}, b"word1", b"shutting"),
    "POST /api/v2/generate": ("/api/v2/generate", GENERATE, b"word1", b"is shutting down"),
    "GET /shop/notifications": ("/shop/notifications?last_event_id=0&keep_alive=0.05", None, b": ", b"shutting down"),
    "GET /api/v1/stream/{request_id}": ("/api/v1/stream/{job}", None, b"word1", b": the lab server is shutting down"),
    "GET /shop/orders/{order_id}/events": (
        "/shop/orders/{order}/events",
        None,
        b"placed",
        b": the lab server is shutting",
    ),
    "GET /raw/sse": (f"/raw/sse{TICKS}", None, b'"n": 1', b": The lab server is shutting down"),
    "GET /raw/ndjson": (f"/raw/ndjson{TICKS}", None, b'"n": 1', b"The lab server is shutting down"),
    "GET /lab/journal/tail": ("/lab/journal/tail", None, b": listening", b"event: farewell"),
    # It drips text of a known length, so the rest of it comes at once and the end is an honest one.
    "GET /raw/drip": ("/raw/drip?bytes=400&chunk=1&interval=0.5", None, b"1\r\nS", b""),
}
AT_ONCE = {  # streams that wait for nothing
    "GET /lab/journal.jsonl",
    "GET /lab/journal.har",
    "GET /raw/sse/conformance/{name}",
}
SOCKETS = {  # route -> (path, what to say, so that it is in the middle of an answer)
    "/": ("/", {"type": "message", "content": WORDS, "model": "script"}),
    "/ws/echo": ("/ws/echo", "tea"),
    "/ws/rooms/{room}": ("/ws/rooms/kitchen?name=Ada", {"type": "presence"}),
    "/ws/account": ("/ws/account?key={key}", {"type": "me"}),
    "/api/v1/query/ws": ("/api/v1/query/ws", QUERY),
    "/api/v1/ws": ("/api/v1/ws", {"prompt": WORDS, "model": "script", "stream": True}),
    "/v1/realtime": ("/v1/realtime?model=script", TALK),
}


def routes(kind: type) -> list:
    return [route for router in SURFACES.values() for route in router.routes if isinstance(route, kind)]


def test_every_stream_and_every_socket_of_the_map_stands_in_a_table_here() -> None:
    streaming = {
        f"{method} {route.path}"
        for route in routes(APIRoute)
        if isinstance(route.response_class, type) and issubclass(route.response_class, StreamResponse)
        for method in route.methods
    }
    assert streaming | SOMETIMES == STREAMS.keys() | AT_ONCE
    assert {route.path for route in routes(APIWebSocketRoute)} == SOCKETS.keys()


@pytest.fixture
def live(start_server):
    return start_server("--solo", "--drain-seconds", str(DRAIN))


def ends_in_order(live) -> None:
    """SIGTERM; code 0, within the time to drain, without a word of complaint."""
    began = time.monotonic()
    live.process.send_signal(signal.SIGTERM)
    assert live.process.wait(DRAIN + 5) == 0
    assert time.monotonic() - began < DRAIN, "nobody was cut off at the end of the time to drain"
    live.stop()


def placed(live, key: str) -> dict[str, str | int]:
    """The job and the order that some of the streams are about."""
    own = {"x-api-key": key}
    ask = {"prompt": WORDS, "model": "script"}
    job = live.http.post("/api/v1/infer", json=ask, headers={**own, "x-lab-pace": SLOW})
    order = live.http.post("/shop/orders", json=ORDER, headers=own)
    return {"job": job.json()["request_id"], "order": order.json()["id"]}


def test_every_stream_says_farewell_and_ends_well(live) -> None:
    key = live.sandbox()
    names = placed(live, key)
    heard: dict[str, bytes] = {}
    with contextlib.ExitStack() as open_wires:
        wires = {}
        for route, (path, body, begun, _) in STREAMS.items():
            wires[route] = open_wires.enter_context(live.dial())
            method, pace = route.split(" ")[0], PACES.get(route, SLOW)
            wires[route].send(live.request(method, path.format(**names), body, key, x_lab_pace=pace))
            wires[route].until(begun)

        def listen() -> None:
            for route, wire in wires.items():
                heard[route] = wire.rest()

        listener = threading.Thread(target=listen)
        listener.start()
        ends_in_order(live)
        listener.join(5)
    assert heard.keys() == STREAMS.keys()
    for route, (*_, farewell) in STREAMS.items():
        assert farewell in heard[route], route
        assert heard[route].endswith(b"0\r\n\r\n"), f"{route}: the last chunk came"


def test_every_socket_closes_with_1012(live) -> None:
    key, codes = live.sandbox(), dict[str, int]()
    with contextlib.ExitStack() as open_sockets:
        sockets = {}
        for route, (path, words) in SOCKETS.items():
            opened = connect(live.ws_url + path.format(key=key), additional_headers={"x-lab-pace": SLOW}, proxy=None)
            sockets[route] = open_sockets.enter_context(opened)
            sockets[route].send(json.dumps(words))
            if route != "/":  # it answers in one piece
                sockets[route].recv(timeout=5)

        def listen() -> None:
            for route, socket in sockets.items():
                try:
                    while True:
                        socket.recv(timeout=DRAIN)
                except ConnectionClosed as closed:
                    codes[route] = closed.rcvd.code if closed.rcvd else 1006

        listener = threading.Thread(target=listen)
        listener.start()
        ends_in_order(live)
        listener.join(5)
    assert codes == dict.fromkeys(SOCKETS, 1012)
