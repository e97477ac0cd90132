"""Seed 004's WebSocket with `websockets`: many jobs at once on one socket, each answer under its own request id."""

import asyncio
import json
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
TEA = {"prompt": "Green| tea", "model": "script"}


def dial(server, key: str, headers: dict[str, str] = FAST) -> websockets.connect:
    owner = {"authorization": f"Bearer {key}"}
    url = f"{server.ws_url}/api/v1/ws"
    return websockets.connect(url, additional_headers=owner | headers, proxy=None, compression=None)


async def hear(socket, count: int = 1) -> list[dict[str, Any]]:
    """All messages until `count` results or errors have come."""
    heard: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while sum(message["type"] in ("result", "error") for message in heard) < count:
            heard.append(json.loads(await socket.recv()))
    return heard


async def cancel_one(server, socket, key: str, stream: bool) -> str:
    """Ask on the socket, cancel over REST; gives the job's id."""
    await socket.send(json.dumps(TEA | {"stream": stream}))
    number: str = json.loads(await socket.recv())["request_id"]
    headers = {"authorization": f"Bearer {key}"}
    cancel = f"/api/v1/cancel/{number}"
    (await asyncio.to_thread(server.http.post, cancel, headers=headers)).raise_for_status()
    return number


async def test_ack_and_result_are_the_seeds_to_the_field(server) -> None:
    async with dial(server, server.sandbox()) as socket:
        await socket.send(json.dumps(TEA | {"session_id": "mine", "metadata": {"user": "alice"}}))
        ack, result = await hear(socket)
    request_id = ack["request_id"]
    assert list(ack.items()) == [("type", "ack"), ("request_id", request_id), ("status", "processing")]
    assert list(result.items()) == [("type", "result"), ("request_id", request_id), ("result", "Green tea")]


async def test_asked_to_stream_it_sends_each_token_before_the_result(server) -> None:
    key = server.sandbox()
    async with dial(server, key) as socket:
        await socket.send(json.dumps(TEA | {"stream": True}))
        ack, *tokens, result = await hear(socket)
    assert tokens == [
        {"type": "token", "request_id": ack["request_id"], "chunk": chunk, "data": data}
        for chunk, data in enumerate(["Green", " tea"])
    ]
    assert result["result"] == "Green tea"
    [record] = server.journal(key)
    assert record["produced"] == 2


async def test_fifty_jobs_overlap_on_one_socket_and_keep_their_ids(server) -> None:
    async with dial(server, server.sandbox(), {"x-lab-pace": "ttft=1;tps=100;jitter=0.9"}) as socket:
        for number in range(50):
            await socket.send(json.dumps({"prompt": f"cup| {number}", "model": "script", "stream": True}))
        async with asyncio.timeout(5):
            heard = await hear(socket, 50)
    acks = [message["request_id"] for message in heard if message["type"] == "ack"]
    assert len(set(acks)) == 50
    assert [message["type"] for message in heard[:50]] == ["ack"] * 50, "all were taken before any was answered"
    for number, request_id in enumerate(acks):
        mine = [message for message in heard if message["request_id"] == request_id]
        assert [message["type"] for message in mine] == ["ack", "token", "token", "result"]
        assert mine[-1]["result"] == f"cup {number}"


async def test_a_short_job_overtakes_a_long_one(server) -> None:
    async with dial(server, server.sandbox(), {"x-lab-pace": "ttft=0;tps=20;jitter=0"}) as socket:
        await socket.send(json.dumps({"prompt": "|".join("abcdefgh"), "model": "script"}))
        await socket.send(json.dumps({"prompt": "quick", "model": "script"}))
        heard = await hear(socket, 2)
    assert [message["result"] for message in heard if message["type"] == "result"] == ["quick", "abcdefgh"]


async def test_more_jobs_than_the_socket_holds_open_are_all_answered(server) -> None:
    async with dial(server, server.sandbox(), {"x-lab-pace": "ttft=0.05;tps=1000;jitter=0"}) as socket:
        for number in range(300):
            await socket.send(json.dumps({"prompt": f"{number}", "model": "script"}))
        heard = await hear(socket, 300)
    results = {message["result"] for message in heard if message["type"] == "result"}
    assert results == {f"{number}" for number in range(300)}


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("tea", "JSON"),
        ("", "JSON"),
        (b"\x00\x01", "text frame"),
        ("[]", '{"prompt":'),
        ("{}", "prompt"),
        ('{"prompt": ""}', "prompt"),
        ('{"prompt": "hi", "model": "none"}', "`none` does not exist"),
        ('{"prompt": "hi", "callback_url": "http://127.0.0.1:9/"}', "callback_url"),
        ('{"prompt": "hi", "metadata": {"a": NaN}}', "metadata"),
    ],
)
async def test_what_is_no_request_gets_an_error_without_an_id_and_the_socket_stays_open(
    server, sent: str | bytes, told: str
) -> None:
    async with dial(server, server.sandbox()) as socket:
        await socket.send(sent)
        [error] = await hear(socket)
        assert set(error) == {"type", "message"}
        assert told in error["message"]
        await socket.send(json.dumps(TEA))
        assert (await hear(socket))[-1]["result"] == "Green tea"


async def test_a_job_that_fails_is_an_error_with_its_id_and_others_go_on(server) -> None:
    async with dial(server, server.sandbox()) as socket:
        await socket.send(json.dumps({"prompt": "Green|{error=the kettle fell over}", "model": "script"}))
        await socket.send(json.dumps(TEA))
        heard = await hear(socket, 2)
    first, second = [message["request_id"] for message in heard if message["type"] == "ack"]
    ends = {message["request_id"]: message for message in heard if message["type"] in ("result", "error")}
    assert ends[first] == {"type": "error", "request_id": first, "message": "the kettle fell over"}
    assert ends[second]["result"] == "Green tea"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_job_cancelled_over_rest_ends_on_the_socket_at_once(server, stream: bool) -> None:
    key = server.sandbox()
    async with dial(server, key, {"x-lab-pace": "ttft=30"}) as socket:
        cancelled = await cancel_one(server, socket, key, stream)
        async with asyncio.timeout(3):
            error = json.loads(await socket.recv())
    assert (error["type"], error["request_id"]) == ("error", cancelled)
    assert "cancelled" in error["message"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_cancelled_job_is_not_heard_of_again_when_its_end_would_have_come(server, stream: bool) -> None:
    key = server.sandbox()
    async with dial(server, key, {"x-lab-pace": "ttft=0.8"}) as socket:
        cancelled = await cancel_one(server, socket, key, stream)
        await socket.send(json.dumps({"prompt": "later", "model": "script"}))
        heard = await hear(socket, 2)
    assert [message["type"] for message in heard if message["request_id"] == cancelled] == ["error"]
    assert heard[-1]["result"] == "later"


async def test_a_job_outlives_the_socket_it_came_by(server) -> None:
    key = server.sandbox()
    async with dial(server, key, {"x-lab-pace": "ttft=0.2"}) as socket:
        await socket.send(json.dumps(TEA))
        request_id = json.loads(await socket.recv())["request_id"]
    headers = {"authorization": f"Bearer {key}"}
    # The stream of the job ends when the job does.
    assert server.http.get(f"/api/v1/stream/{request_id}", headers=headers).content.endswith(b'{"status": "done"}\n\n')
    assert server.http.get(f"/api/v1/result/{request_id}", headers=headers).json()["result"] == "Green tea"
    server.await_quiet()


async def test_late_error_on_the_handshake_strikes_every_job_of_the_socket(server) -> None:
    async with dial(server, server.sandbox(), FAST | {"x-lab-fault": "late_error;after=1"}) as socket:
        await socket.send(json.dumps(TEA | {"stream": True}))
        kinds = [message["type"] for message in await hear(socket)]
    assert kinds == ["ack", "token", "error"]


async def test_a_server_that_ends_closes_the_socket_with_1012(start_server) -> None:
    live = start_server()
    async with dial(live, live.sandbox(), {"x-lab-pace": "ttft=30"}) as socket:
        await socket.send(json.dumps(TEA))
        await socket.recv()
        stopping = asyncio.create_task(asyncio.to_thread(live.stop))
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
        assert await stopping < 3
