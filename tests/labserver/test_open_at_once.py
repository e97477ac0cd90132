"""Streams and sockets at once: a bound, and a place that is free again however its stream has ended."""

import json
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from websockets.sync.client import connect

STREAM, SOCKET = "/api/v1/query/stream", "/api/v1/query/ws"
WORDS = {"query": "|".join(f" word{number}" for number in range(60)), "model": "script"}
SLOW = "ttft=0;tps=20;jitter=0"


def as_owner(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


@pytest.fixture
def key(server) -> str:
    """A sandbox with room for one stream and one socket."""
    key = server.sandbox()
    server.http.put("/lab/limits", json={"streams": 1, "sockets": 1}, headers=as_owner(key)).raise_for_status()
    return key


def opened(server, key: str | None) -> dict[str, int]:
    return server.http.get("/lab/limits", headers=as_owner(key)).json()["open"]


def await_free(server, key: str) -> None:
    deadline = time.monotonic() + 5
    while opened(server, key) != {"streams": 0, "sockets": 0}:
        assert time.monotonic() < deadline, f"still taken: {opened(server, key)}"


def test_the_next_stream_is_refused_while_one_is_open_and_says_how_many(server, key: str) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, WORDS, key, x_lab_pace=SLOW))
        wire.until(b" word0")
        assert opened(server, key) == {"streams": 1, "sockets": 0}
        for path, shape in ((STREAM, "code"), ("/raw/ndjson", "code")):
            method = "POST" if path == STREAM else "GET"
            refused = server.http.request(method, path, json=WORDS if path == STREAM else None, headers=as_owner(key))
            assert (refused.status_code, refused.json()["error"][shape]) == (429, "RATE_LIMITED")
            message = refused.json()["error"]["message"]
            assert message == "You have 1 stream open, and 1 at once is the limit. End one of them first."
            assert "retry-after" not in refused.headers, "nobody knows when"
            assert "x-ratelimit-remaining" in refused.headers
        whole = {"query": "Tea", "model": "script"}
        assert server.http.post("/api/v1/query", json=whole, headers=as_owner(key)).status_code == 200
    await_free(server, key)


def complete(wire) -> None:
    wire.until(b"0\r\n\r\n")


def leave(wire) -> None:
    wire.until(b" word0")
    wire.socket.close()


def hear_the_end(wire) -> None:
    with suppress(ConnectionResetError):
        wire.rest()


ENDS: dict[str, tuple[str, Callable[..., None]]] = {
    "": ("ttft=0;tps=10000;jitter=0", complete),
    "pings": (SLOW, leave),
    "stall;after=2;seconds=30": (SLOW, leave),
    "cut;after=2": (SLOW, hear_the_end),
    "cut;byte=10": (SLOW, hear_the_end),
    "reset;after=2": (SLOW, hear_the_end),
    "no_done;after=2": (SLOW, complete),
    "late_error;after=2": (SLOW, complete),
    "lose_reply": ("ttft=0;tps=10000;jitter=0", hear_the_end),
}


@pytest.mark.parametrize("plan", ENDS)
def test_a_stream_frees_its_place_however_it_ends(server, key: str, plan: str) -> None:
    pace, end = ENDS[plan]
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, WORDS, key, x_lab_pace=pace, x_lab_fault=plan))
        end(wire)
    await_free(server, key)
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, WORDS, key, x_lab_pace="ttft=0;tps=10000;jitter=0"))
        assert wire.answer().startswith(b"HTTP/1.1 200 ")


def test_whoever_has_the_whole_stream_may_ask_for_the_next_at_once(server, key: str) -> None:
    with server.dial() as wire:
        for _ in range(30):
            wire.send(server.request("POST", STREAM, WORDS, key, x_lab_pace="ttft=0;tps=10000;jitter=0"))
            assert wire.answer().startswith(b"HTTP/1.1 200 ")


def test_a_hang_up_and_the_end_of_the_sandbox_free_every_place(server, key: str) -> None:
    with server.dial() as wire, server.dial() as other:
        wire.send(server.request("POST", STREAM, WORDS, key, x_lab_pace=SLOW))
        wire.until(b" word0")
        server.http.post("/lab/hangup", headers=as_owner(key))
        hear_the_end(wire)
        await_free(server, key)
        other.send(server.request("POST", STREAM, WORDS, key, x_lab_pace=SLOW))
        other.until(b" word0")
        server.http.delete("/lab/sandboxes", headers=as_owner(key))
        hear_the_end(other)
    server.await_quiet()


def test_a_reset_forgets_no_stream_that_is_still_open(server, key: str) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, WORDS, key, x_lab_pace=SLOW))
        wire.until(b" word0")
        server.http.post("/lab/reset", headers=as_owner(key))
        assert opened(server, key)["streams"] == 1
    await_free(server, key)


@pytest.mark.parametrize("plan", ["", "close;after=1", "cut;after=1", "reset;after=1", "silent;after=1"])
def test_a_socket_frees_its_place_however_it_ends(server, key: str, plan: str) -> None:
    headers = as_owner(key) | {"x-lab-pace": SLOW}
    with connect(
        server.ws_url + SOCKET, additional_headers=headers | {"x-lab-fault": plan}, proxy=None, close_timeout=0.5
    ) as socket:
        socket.send(json.dumps(WORDS))
        socket.recv(timeout=5)
        if not plan:
            assert opened(server, key) == {"streams": 0, "sockets": 1}
            with server.dial() as wire:
                upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
                upgrade["sec-websocket-key"] = "dGhlIHNhbXBsZSBub25jZQ=="
                wire.send(server.request("GET", SOCKET, key=key, **upgrade))
                refused = wire.answer()
            assert refused.startswith(b"HTTP/1.1 429 ")
            assert b"You have 1 socket open" in refused
    await_free(server, key)
    with connect(server.ws_url + SOCKET, additional_headers=headers, proxy=None):
        assert opened(server, key)["sockets"] == 1


def test_a_server_that_ends_says_farewell_to_streams_that_hold_their_places(start_server) -> None:
    live = start_server("--solo")
    with live.dial() as wire:
        wire.send(live.request("POST", STREAM, WORDS, None, x_lab_pace=SLOW))
        wire.until(b" word0")
        assert opened(live, None)["streams"] == 1
        live.stop()  # asserts a silent stderr: nothing has failed on its way to give the place back
        assert b"shutting down" in wire.rest()
