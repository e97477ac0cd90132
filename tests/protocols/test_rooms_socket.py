"""Rooms over real sockets: who hears what, whose rooms they are, and the slow reader who delays nobody."""

import asyncio
import json
import time

import pytest
import websockets
from websockets.exceptions import ConnectionClosed, InvalidStatus

from labserver import frames
from labserver.rooms import MOST_WAITING


def dial(server, key: str, name: str, room: str = "tea") -> websockets.connect:
    return websockets.connect(f"{server.ws_url}/ws/rooms/{room}?name={name}&key={key}", proxy=None, compression=None)


async def hear(socket, count: int = 1) -> list[dict]:
    async with asyncio.timeout(10):
        return [json.loads(await socket.recv()) for _ in range(count)]


async def say(socket, content: str) -> None:
    await socket.send(json.dumps({"type": "message", "content": content}))


async def test_everybody_hears_everybody_and_who_comes_and_goes(server) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana") as ana:
        assert await hear(ana) == [{"type": "welcome", "room": "tea", "name": "Ana", "members": ["Ana"], "history": []}]
        await say(ana, "Hello 茶")
        [said] = await hear(ana)
        assert said == {
            "type": "message",
            "id": 1,
            "name": "Ana",
            "content": "Hello 茶",
            "timestamp": said["timestamp"],
        }
        async with dial(server, key, "Bo") as bo:
            [welcome] = await hear(bo)
            assert (welcome["members"], welcome["history"]) == (["Ana", "Bo"], [said])
            assert await hear(ana) == [{"type": "join", "name": "Bo"}]
            await say(bo, "Hello Ana")
            assert await hear(ana) == await hear(bo)
            await bo.send('{"type": "presence"}')
            assert await hear(bo) == [{"type": "presence", "members": ["Ana", "Bo"]}]
            await bo.send('{"type": "leave"}')
            with pytest.raises(ConnectionClosed) as left:
                await bo.recv()
            assert left.value.rcvd.code == 1000
        assert await hear(ana) == [{"type": "leave", "name": "Bo", "reason": "left"}]


async def test_a_member_who_drops_has_left(server) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana") as ana, dial(server, key, "Bo") as bo:
        await hear(bo)
        await hear(ana, 2)
        bo.transport.abort()
        assert (await hear(ana))[0]["type"] == "leave"


async def test_a_room_belongs_to_its_sandbox_and_no_other(server) -> None:
    async with dial(server, server.sandbox(), "Ana") as ana, dial(server, server.sandbox(), "Ana") as stranger:
        assert (await hear(ana))[0]["members"] == (await hear(stranger))[0]["members"] == ["Ana"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("tea", "JSON"),
        (b"\x00", "text frame"),
        ('{"type": "shout"}', "type"),
        ('{"type": "message"}', "content"),
        (json.dumps({"type": "message", "content": "x" * 4001}), "content"),
        ('{"type": "message", "content": "a", "to": "Bo"}', "to"),
    ],
)
async def test_nonsense_is_told_to_its_sender_alone_and_the_socket_stays_open(server, sent, told: str) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana") as ana, dial(server, key, "Bo") as bo:
        await hear(bo)
        await hear(ana, 2)
        await ana.send(sent)
        [error] = await hear(ana)
        assert error["type"] == "error"
        assert told in error["error"]
        await say(ana, "good")
        assert [note["content"] for note in await hear(bo)] == ["good"]


async def test_a_taken_name_is_a_real_409_and_none_at_all_422(server) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana"):
        for name, status in (("Ana", 409), ("", 422), ("x" * 41, 422)):
            with pytest.raises(InvalidStatus) as refused:
                async with dial(server, key, name):
                    pass
            assert refused.value.response.status_code == status
            assert json.loads(refused.value.response.body)["error"]["message"]


async def flood(ana) -> list[float]:
    """Say much, hear all of it; the seconds that each message took. Ends once somebody was dropped."""
    took = []
    async with asyncio.timeout(30):
        while True:
            began = time.monotonic()
            await say(ana, "x" * 4000)
            while (note := (await hear(ana))[0])["type"] == "join":
                pass
            took.append(time.monotonic() - began)
            if note["type"] == "leave":
                assert (note["name"], note["reason"]) == ("Slow", "too slow")
                return took


def sit_still(server, key: str):
    """A member who is only a socket, and reads no more than the handshake."""
    wire = server.dial()
    upgrade = {"sec_websocket_version": "13", "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}
    wire.send(
        server.request("GET", "/ws/rooms/tea?name=Slow", key=key, connection="Upgrade", upgrade="websocket", **upgrade)
    )
    wire.until(b"\r\n\r\n")
    return wire


async def test_a_slow_reader_delays_nobody_and_is_dropped_with_1013(server) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana") as ana:
        await hear(ana)
        with sit_still(server, key) as slow:
            took = await flood(ana)
            assert len(took) > MOST_WAITING, "its queue was full, and the buffers on the way"
            assert max(took) < 1.0
            told = list(frames.read([(0.0, await asyncio.to_thread(slow.until, b"Come back."))]))
    assert told[-1].close_code == 1013
    assert b"too slowly" in told[-1].payload


async def test_one_who_never_reads_again_is_given_up_and_nothing_is_left_of_it(server) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana") as ana:
        await hear(ana)
        with sit_still(server, key):
            await flood(ana)
            deadline = time.monotonic() + 8
            while not any(record["ended"] == "too slow" for record in await asyncio.to_thread(server.journal, key, 0)):
                assert time.monotonic() < deadline, "the connection is still held"
                await asyncio.sleep(0.05)


async def test_a_reset_sends_everybody_out(server) -> None:
    key = server.sandbox()
    async with dial(server, key, "Ana") as ana:
        await hear(ana)
        server.http.post("/lab/reset", headers={"authorization": f"Bearer {key}"})
        with pytest.raises(ConnectionClosed) as closed:
            await hear(ana)
    assert closed.value.rcvd.code == 1013
