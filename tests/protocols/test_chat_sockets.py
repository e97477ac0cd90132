"""Seed 000's chat socket: many messages, what it says to nonsense, and the echo."""

import asyncio
import json
import os

import pytest
import websockets

from labserver import frames

FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SLOW = {"x-lab-pace": "ttft=0;tps=5;jitter=0"}


def dial(server, path: str = "/", headers: dict[str, str] = FAST, key: str | None = None) -> websockets.connect:
    owner = {"authorization": f"Bearer {key or server.sandbox()}"}
    return websockets.connect(
        server.ws_url + path, additional_headers=owner | headers, proxy=None, compression=None, open_timeout=10
    )


async def say(socket, content: str, **more: str) -> dict:
    await socket.send(json.dumps({"type": "message", "content": content, **more}))
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


def test_get_at_the_same_path_is_still_the_index_page(server) -> None:
    page = server.http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "/ws/echo" in page.text


async def test_many_messages_are_answered_in_turn_on_one_socket(server) -> None:
    async with dial(server) as socket:
        for number in range(80):
            await socket.send(json.dumps({"type": "message", "content": f"cup| {number}", "model": "script"}))
        async with asyncio.timeout(10):
            heard = [json.loads(await socket.recv()) for _ in range(80)]
    assert heard == [{"type": "message", "content": f"cup {number}"} for number in range(80)]


async def test_the_model_remembers_this_socket_and_no_other(server) -> None:
    async with dial(server) as socket:
        await say(socket, "My name is Zoë.")
        assert "Zoë" in (await say(socket, "What is my name?"))["content"]
    async with dial(server) as other:
        assert "Zoë" not in (await say(other, "What is my name?"))["content"]


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("tea", "JSON"),
        ("", "JSON"),
        (b"\x00\x01", "text frame"),
        ("[]", "object"),
        ("{}", "type"),
        ('{"type": "shout", "content": "hi"}', "type"),
        ('{"type": "message"}', "content"),
        ('{"type": "message", "content": ""}', "content"),
        ('{"type": "message", "content": "hi", "model": "none"}', "`none` does not exist"),
        ('{"type": "message", "content": "tea|{error=the kettle fell over}", "model": "script"}', "the kettle fell"),
    ],
)
async def test_an_error_is_a_message_and_the_socket_stays_open(server, sent: str | bytes, told: str) -> None:
    async with dial(server) as socket:
        await socket.send(sent)
        error = json.loads(await socket.recv())
        assert set(error) == {"type", "error"}
        assert error["type"] == "error"
        assert told in error["error"]
        assert await say(socket, "Green| tea", model="script") == {"type": "message", "content": "Green tea"}


async def test_a_client_that_leaves_frees_the_model(server) -> None:
    key = server.sandbox()
    async with dial(server, headers=SLOW, key=key) as socket:
        await socket.send(json.dumps({"type": "message", "content": "a| b| c| d| e| f| g", "model": "script"}))
        async with asyncio.timeout(5):
            while not await asyncio.to_thread(words_made, server, key):
                pass
        socket.transport.abort()
    record = await asyncio.to_thread(server.last, key)
    assert record["ended"] == "client left"
    assert record["produced"] < 7


def words_made(server, key: str) -> int:
    return server.last(key, wait=0)["produced"]


@pytest.mark.parametrize("sent", ["", "tea", "茶 🍵", b"", b"\x00\xff", "x" * 1_000_000, os.urandom(70_000)])
async def test_an_echo_is_what_was_said_and_of_the_same_kind(server, sent: str | bytes) -> None:
    async with dial(server, "/ws/echo") as socket:
        for _ in range(3):
            await socket.send(sent)
            heard = await socket.recv()
            assert (type(heard), heard) == (type(sent), sent)


@pytest.mark.parametrize("pieces", [["te", "", "a"], [b"\x00", b"\xff"]])
async def test_a_message_in_fragments_comes_back_whole(server, pieces: list[str] | list[bytes]) -> None:
    async with dial(server, "/ws/echo") as socket:
        await socket.send(pieces)
        assert await socket.recv() == type(pieces[0])().join(pieces)


async def test_a_character_split_over_two_fragments_is_text_still(server) -> None:
    tea = "茶".encode()
    with server.dial() as wire:
        upgrade = {"sec_websocket_version": "13", "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}
        wire.send(server.request("GET", "/ws/echo", connection="Upgrade", upgrade="websocket", **upgrade))
        assert wire.until(b"\r\n\r\n").startswith(b"HTTP/1.1 101")
        mask = bytes(4)  # by zeros, so that the bytes stay as they are
        wire.send(b"\x01\x81" + mask + tea[:1])
        wire.send(b"\x89\x80" + mask)  # a ping may come between fragments
        wire.send(b"\x80\x82" + mask + tea[1:])
        said = wire.exactly(2 + 2 + len(tea))
        wire.send(b"\x88\x82" + mask + (1000).to_bytes(2, "big"))
        told = list(frames.read([(0.0, said + wire.rest())]))
    assert [(frame.opcode, frame.fin) for frame in told] == [("pong", True), ("text", True), ("close", True)]
    assert told[1].payload == tea
    assert told[2].close_code == 1000


async def test_text_that_is_no_utf8_closes_with_1007(server) -> None:
    with server.dial() as wire:
        upgrade = {"sec_websocket_version": "13", "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ=="}
        wire.send(server.request("GET", "/ws/echo", connection="Upgrade", upgrade="websocket", **upgrade))
        wire.until(b"\r\n\r\n")
        wire.send(b"\x81\x81" + bytes(4) + b"\xff")
        told = list(frames.read([(0.0, wire.rest())]))
    assert [frame.close_code for frame in told] == [1007]


async def test_an_echo_outlives_a_client_that_drops(server) -> None:
    key = server.sandbox()
    async with dial(server, "/ws/echo", key=key) as socket:
        await socket.send("x" * 500_000)
        socket.transport.abort()
    assert (await asyncio.to_thread(server.last, key))["ended"] == "client left"
