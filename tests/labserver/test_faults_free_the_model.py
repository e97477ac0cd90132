"""Whatever a fault does to an answer, the model stops working for it and nothing stays open."""

import asyncio
import json
import sys
from contextlib import suppress

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

STREAM, SOCKET = "/api/v1/query/stream", "/api/v1/query/ws"
WORDS = "|".join(f" word{number}" for number in range(60))
QUERY = {"query": WORDS, "model": "script"}
SLOW = "ttft=0;tps=5;jitter=0"


def three_words_later(server) -> None:
    """Long enough for a model that nobody stopped to say more."""
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, QUERY, server.sandbox(), x_lab_pace=SLOW))
        wire.until(b" word3")


@pytest.mark.parametrize(
    "plan", ["cut;after=3", "cut;byte=300", "reset;after=3", "reset;byte=300", "no_done;after=3", "reorder;after=2,cut"]
)
def test_a_stream_that_a_fault_ends_frees_the_model(server, plan: str) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, QUERY, key, x_lab_pace=SLOW, x_lab_fault=plan, connection="close"))
        with suppress(ConnectionResetError):
            wire.rest()
    ended = server.last(key)
    assert ended["ended"] is not None
    assert 1 <= ended["produced"] <= 5
    three_words_later(server)
    assert server.journal(key)[0]["produced"] == ended["produced"]
    server.await_quiet()


@pytest.mark.parametrize("plan", ["stall;after=2;seconds=30", "slow_first_byte;seconds=30"])
@pytest.mark.parametrize("path", [STREAM, "/api/v1/query"])
def test_a_client_that_leaves_during_a_silence_frees_the_model(server, plan: str, path: str) -> None:
    key = server.sandbox()
    pace = SLOW if path == STREAM else "ttft=0;tps=10000;jitter=0"
    plan = plan if path == STREAM else plan.replace("after=2", "after=1")
    with server.dial() as wire:
        wire.send(server.request("POST", path, QUERY, key, x_lab_pace=pace, x_lab_fault=plan))
        wire.until(b"\r\n\r\n")
        if "stall" in plan:
            wire.until(b" word0")
    left = server.last(key)
    assert left["ended"] == "client left"
    assert left["seconds"] < 10
    three_words_later(server)
    assert server.journal(key)[0]["produced"] == left["produced"]
    server.await_quiet()


@pytest.mark.parametrize("plan", ["close;after=2", "cut;after=2", "reset;after=2", "silent;after=2", "silent;after=0"])
async def test_a_websocket_that_a_fault_ends_or_silences_frees_the_model(server, plan: str) -> None:
    key = server.sandbox()
    headers = {"authorization": f"Bearer {key}", "x-lab-pace": SLOW, "x-lab-fault": plan}
    async with websockets.connect(server.ws_url + SOCKET, additional_headers=headers, proxy=None) as socket:
        with suppress(ConnectionClosed, TimeoutError):
            for _ in range(3):
                await socket.send(json.dumps(QUERY))
                await asyncio.wait_for(socket.recv(), 0.5)
        produced = server.journal(key, wait=0)[0]["produced"]
        assert produced <= 2
        await asyncio.to_thread(three_words_later, server)
        assert server.journal(key, wait=0)[0]["produced"] == produced, "also while the client still waits"
    server.await_quiet()


def test_a_lost_reply_of_a_client_that_did_not_wait_frees_the_model(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", STREAM, QUERY, key, x_lab_pace=SLOW, x_lab_fault="lose_reply"))
        server.journal(key, wait=0.3)
    left = server.last(key)
    assert left["ended"] == "client left"
    three_words_later(server)
    assert server.journal(key)[0]["produced"] == left["produced"] < 6
    server.await_quiet()


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process with no word said")
async def test_a_server_that_ends_waits_for_no_fault(start_server) -> None:
    live = start_server("--solo")
    waiting = ("latency;seconds=30", "barrier;n=2;seconds=30", "slow_first_byte;seconds=30", "stall;after=1;seconds=30")
    headers = {"x-lab-pace": SLOW, "x-lab-fault": "silent;after=1"}
    wires = [live.dial() for _ in waiting]
    for wire, plan in zip(wires, waiting, strict=True):
        wire.send(live.request("POST", STREAM, QUERY, None, x_lab_pace=SLOW, x_lab_fault=plan))
    async with websockets.connect(live.ws_url + SOCKET, additional_headers=headers, proxy=None) as socket:
        await socket.send(json.dumps(QUERY))
        await socket.recv()
        assert len([record for record in live.journal(None, wait=0) if record["ended"] is None]) == 5
        assert await asyncio.to_thread(live.stop) < 5
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    latency, barrier, *late = (wire.rest() for wire in wires)
    for wire in wires:
        wire.socket.close()
    assert latency.startswith(b"HTTP/1.1 "), "an answer, and no cut"
    assert barrier.startswith(b"HTTP/1.1 408 ")
    assert all(answer.endswith(b"0\r\n\r\n") for answer in late)
