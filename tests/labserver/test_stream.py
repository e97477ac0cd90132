"""Whoever goes away frees the model at once; a server that ends says farewell. Real sockets, judged by the journal."""

import asyncio
import signal
import sys
import threading
import time

import pytest
from starlette.requests import ClientDisconnect

from labserver import sse
from labserver.stream import StreamResponse

SLOW = "ttft=0;tps=2;jitter=0"  # half a second between words: time enough to see who still talks
WORDS = "|".join(f" word{number}" for number in range(60))
STREAMS = {
    "query": ("/api/v1/query/stream", {"query": WORDS, "model": "script"}),
    "chat": (
        "/v1/chat/completions",
        {"model": "script", "stream": True, "messages": [{"role": "user", "content": WORDS}]},
    ),
}

orderly = pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process with no word said")


def start(server, key: str, dialect: str, pace: str = SLOW, **wishes: str) -> bytes:
    path, body = STREAMS[dialect]
    return server.request("POST", path, body, key, x_lab_pace=pace, **wishes)


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_client_that_leaves_frees_the_model_at_once(server, dialect: str) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(start(server, key, dialect))
        wire.until(b" word1")
    left = server.last(key)
    assert left["ended"] == "client left"
    assert left["seconds"] < 1, "the exchange ended before the next word was due"
    assert left["produced"] == 2
    with server.dial() as wire:  # long enough for two more words of a model that nobody stopped
        wire.send(start(server, server.sandbox(), dialect))
        wire.until(b" word2")
    later = server.journal(key)[0]
    assert later["produced"] == 2, "the model spoke on after its client had left"
    assert later["writes"] == left["writes"]


@pytest.mark.parametrize("dialect", STREAMS)
def test_a_cut_stream_frees_the_model_too(server, dialect: str) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(start(server, key, dialect, x_lab_fault="cut;after=2"))
        wire.rest()
    cut = server.last(key)
    assert cut["ended"] == "cut by a fault"
    assert cut["produced"] <= 2
    with server.dial() as wire:
        wire.send(start(server, server.sandbox(), dialect))
        wire.until(b" word2")
    assert server.journal(key)[0]["produced"] == cut["produced"]


def test_a_stream_that_ends_early_by_no_done_frees_the_model_too(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(start(server, key, "query", x_lab_fault="no_done;after=2"))
        wire.answer()
        ended = server.last(key)
        assert (ended["ended"], ended["produced"]) == ("complete", 1)
        wire.send(start(server, server.sandbox(), "query"))
        wire.until(b" word2")
    assert server.journal(key)[0]["produced"] == 1


def test_a_model_that_still_thinks_is_freed_too(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(start(server, key, "query", pace="ttft=30"))
        wire.until(b'"start"')
    record = server.last(key)
    assert (record["ended"], record["produced"]) == ("client left", 0)
    assert record["seconds"] < 5


def test_a_client_that_does_not_wait_for_its_whole_answer_frees_the_model_too(server) -> None:
    key = server.sandbox()
    body = {"query": "Green| tea| is| good", "model": "script"}
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query", body, key, x_lab_pace="ttft=0;tps=4;jitter=0"))
        while not server.journal(key, wait=0):
            pass  # the request is on its way
    assert server.last(key)["ended"] == "client left"
    with server.dial() as wire:  # long enough for all the words of a model that nobody stopped
        wire.send(start(server, server.sandbox(), "query"))
        wire.until(b" word2")
    assert server.journal(key)[0]["produced"] < 4


def test_many_streams_at_once_do_not_wait_for_each_other(server) -> None:
    key = server.sandbox()
    wires = [server.dial() for _ in range(20)]
    began = time.monotonic()
    for wire in wires:
        wire.send(start(server, key, "query", pace="ttft=0.2;tps=10000;jitter=0"))
    for wire in wires:
        with wire:
            wire.answer()
    assert time.monotonic() - began < 3, "20 x 0.2 s were served side by side"


async def test_the_generators_finally_has_run_when_the_response_returns() -> None:
    async def run(fail_after: int | None) -> list[str]:
        told: list[str] = []

        async def body():
            try:
                for piece in (b"one", b"two", b"three"):
                    told.append(piece.decode())
                    yield piece
            finally:
                told.append("finally")

        async def send(message) -> None:
            if message["type"] == "http.response.body" and len(told) == fail_after:
                raise OSError

        async def receive():
            await asyncio.Event().wait()

        scope = {"type": "http", "asgi": {"spec_version": "2.4"}, "headers": []}
        try:
            await StreamResponse(body())(scope, receive, send)
        except ClientDisconnect:
            told.append("disconnect")
        return told

    assert await run(fail_after=None) == ["one", "two", "three", "finally"]
    assert await run(fail_after=2) == ["one", "two", "finally", "disconnect"]


@orderly
def test_sigterm_lets_an_open_stream_say_farewell_and_ends_soon(start_server) -> None:
    live = start_server("--solo")
    with live.dial() as query, live.dial() as chat:
        query.send(start(live, live.sandbox(), "query"))
        chat.send(start(live, live.sandbox(), "chat"))
        query.until(b" word1")
        chat.until(b" word1")
        heard: list[bytes] = []
        listener = threading.Thread(target=lambda: heard.extend([query.rest(), chat.rest()]))
        listener.start()
        seconds = live.stop()
        listener.join(5)
    assert seconds < 5
    first, second = heard
    assert b'data: {"type": "error", "error": "The lab server is shutting down' in first
    assert first.endswith(b"0\r\n\r\n")
    assert b'data: {"error":{"message":"The lab server is shutting down' in second
    assert b"[DONE]" not in second
    assert live.process.returncode == 0


@orderly
def test_sigterm_lets_a_stream_that_waits_for_its_first_word_say_farewell_too(start_server) -> None:
    live = start_server("--solo")
    with live.dial() as wire:
        wire.send(start(live, live.sandbox(), "query", pace="ttft=30"))
        wire.until(b'"start"')
        live.process.send_signal(signal.SIGTERM)
        assert b"The lab server is shutting down" in wire.rest()


@orderly
def test_sigterm_answers_a_request_that_waits_for_its_whole_answer(start_server) -> None:
    live = start_server("--solo")
    with live.dial() as wire:
        wire.send(live.request("POST", "/api/v1/query", STREAMS["query"][1], live.sandbox(), x_lab_pace="ttft=30"))
        live.process.send_signal(signal.SIGTERM)
        answer = wire.rest()
        live.stop()
    assert answer.startswith(b"HTTP/1.1 503 ")


def test_a_stream_says_that_nobody_on_the_way_may_hold_it_back(server) -> None:
    for dialect in STREAMS:
        with server.dial() as wire:
            wire.send(start(server, server.sandbox(), dialect))
            head = wire.until(b"\r\n\r\n")
        assert b"\r\ncontent-type: text/event-stream; charset=utf-8\r\n" in head
        assert b"\r\ncache-control: no-cache\r\n" in head
        assert b"\r\nx-accel-buffering: no\r\n" in head
    assert sse.MEDIA_TYPE == "text/event-stream"
