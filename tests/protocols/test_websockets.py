"""Seed 001's WebSocket: many queries on one socket, and what a WebSocket does when it goes wrong."""

import asyncio
import json

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

PATH = "/api/v1/query/ws"
ASK = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SLOW = {"x-lab-pace": "ttft=0;tps=5;jitter=0"}


def dial(server, key: str | None, headers: dict[str, str] = FAST) -> websockets.connect:
    owner = {"authorization": f"Bearer {key}"} if key else {}
    return websockets.connect(server.ws_url + PATH, additional_headers=owner | headers, proxy=None, compression=None)


async def hear(socket) -> list[dict]:
    """One whole answer."""
    heard: list[dict] = []
    async with asyncio.timeout(10):
        while not heard or heard[-1]["type"] not in ("end", "error"):
            heard.append(json.loads(await socket.recv()))
    return heard


async def test_many_queries_are_answered_in_turn_on_one_socket(server) -> None:
    key = server.sandbox()
    async with dial(server, key) as socket:
        for number in range(5):
            await socket.send(json.dumps({"query": f"cup| {number}", "model": "script"}))
        answers = [await hear(socket) for _ in range(5)]
    assert [answer[-1]["full_response"] for answer in answers] == [f"cup {number}" for number in range(5)]
    assert {tuple(message["type"] for message in answer) for answer in answers} == {
        ("start", "content", "content", "end")
    }
    [record] = server.journal(key)
    assert (record["kind"], record["produced"]) == ("websocket", 10)


async def test_more_queries_than_the_server_queues_are_all_answered(server) -> None:
    async with dial(server, server.sandbox()) as socket:
        for number in range(80):
            await socket.send(json.dumps({"query": f"{number}", "model": "script"}))
        assert [(await hear(socket))[-1]["full_response"] for _ in range(80)] == [f"{number}" for number in range(80)]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("tea", "JSON"),
        ("", "JSON"),
        (b"\x00\x01", "text frame"),
        ("[]", "JSON"),
        ("{}", "query"),
        ('{"query": ""}', "query"),
        ('{"query": "hi", "temperature": 3}', "temperature"),
        ('{"query": "hi", "model": "none"}', "`none` does not exist"),
        ('{"query": "tea|{cup=1}", "model": "script"}', "no directive"),
        ('{"query": "tea|{error=the kettle fell over}", "model": "script"}', "the kettle fell over"),
    ],
)
async def test_an_error_is_a_message_and_the_socket_stays_open(server, sent: str | bytes, told: str) -> None:
    async with dial(server, server.sandbox()) as socket:
        await socket.send(sent)
        error = (await hear(socket))[-1]
        assert set(error) == {"type", "error", "timestamp"}
        assert (error["type"], error["timestamp"]) == ("error", "error")
        assert told in error["error"]
        await socket.send(json.dumps(ASK))
        assert (await hear(socket))[-1]["full_response"] == "Green tea is good 🍵."


async def test_a_late_error_is_a_message_too_and_every_answer_has_its_own(server) -> None:
    async with dial(server, server.sandbox(), FAST | {"x-lab-fault": "late_error;after=2"}) as socket:
        assert socket.response.headers["x-lab-fault"] == "late_error;after=2"
        for _ in range(2):
            await socket.send(json.dumps(ASK))
            assert [message["type"] for message in await hear(socket)] == ["start", "content", "content", "error"]


async def test_a_message_over_one_mebibyte_closes_with_1009(server) -> None:
    async with dial(server, server.sandbox()) as socket:
        await socket.send("x" * (1024 * 1024 + 1))
        with pytest.raises(ConnectionClosedError) as caught:
            await hear(socket)
    assert caught.value.rcvd.code == 1009


async def test_a_message_of_one_mebibyte_is_still_read(server) -> None:
    async with dial(server, server.sandbox()) as socket:
        await socket.send("x" * (1024 * 1024))
        assert (await hear(socket))[-1]["type"] == "error"


async def test_a_bad_key_is_a_real_401_with_json_before_the_socket_opens(server) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with dial(server, "lab-nobody"):
            pass
    response = caught.value.response
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/json"
    assert json.loads(response.body)["error"]["code"] == "UNAUTHORIZED"


async def test_a_browsers_key_in_the_query_opens_its_sandbox(server) -> None:
    key = server.sandbox()
    async with websockets.connect(f"{server.ws_url}{PATH}?key={key}", additional_headers=FAST, proxy=None) as socket:
        await socket.send(json.dumps(ASK))
        await hear(socket)
    assert server.last(key)["produced"] == 6


@pytest.mark.parametrize("how", ["close frame", "dropped"])
async def test_a_client_that_leaves_in_mid_answer_frees_the_model(server, how: str) -> None:
    key = server.sandbox()
    async with dial(server, key, SLOW) as socket:
        await socket.send(json.dumps(ASK))
        while json.loads(await socket.recv()).get("chunk") != " tea":
            pass
        if how == "dropped":
            socket.transport.abort()
        else:
            await socket.close()
    record = await asyncio.to_thread(server.last, key)
    assert record["ended"] == ("client left" if how == "dropped" else "complete")
    async with dial(server, server.sandbox(), SLOW) as clock:  # four more words would have come meanwhile
        await clock.send(json.dumps(ASK))
        await hear(clock)
    later = await asyncio.to_thread(server.last, key)
    assert later["produced"] == record["produced"] == 2


async def test_a_cut_is_a_1006_and_counts_messages(server) -> None:
    key = server.sandbox()
    async with dial(server, key, FAST | {"x-lab-fault": "cut;after=3"}) as socket:
        await socket.send(json.dumps(ASK))
        heard: list[str] = []
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                heard.append(json.loads(await socket.recv())["type"])
    assert heard == ["start", "content", "content"]
    assert caught.value.rcvd is None, "no close frame came: what a browser calls 1006"
    assert socket.close_code == 1006
    record = await asyncio.to_thread(server.last, key)
    assert record["ended"] == "cut by a fault"
    assert [frame["opcode"] for frame in record["frames"] if frame["direction"] == "sent"] == ["text"] * 3


async def test_a_server_that_ends_says_1012(start_server) -> None:
    live = start_server("--solo")
    async with dial(live, live.sandbox()) as socket:
        stopping = asyncio.create_task(asyncio.to_thread(live.stop))
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
        assert await stopping < 5
    assert caught.value.rcvd.code == 1012
