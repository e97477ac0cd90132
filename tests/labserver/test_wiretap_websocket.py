"""The tap over an upgrade: a WebSocket's handshake, its frames both ways, and how it ended."""

import json
import socket

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

ASK = json.dumps({"query": "Green| tea| is| good|.", "model": "script"})
PATH = "/api/v1/query/ws"


def open_socket(server, key: str | None, **headers: str) -> ClientConnection:
    fields = {"authorization": f"Bearer {key}"} if key else {}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return connect(server.ws_url + PATH, additional_headers=fields, proxy=None, compression=None)


def hear(client: ClientConnection) -> list[dict[str, object]]:
    """One whole answer."""
    heard: list[dict[str, object]] = []
    while not heard or heard[-1]["type"] not in ("end", "error"):
        heard.append(json.loads(client.recv(timeout=5)))
    return heard


def test_a_websocket_is_one_exchange_with_handshake_and_frames_both_ways(server) -> None:
    key = server.sandbox()
    with open_socket(server, key, x_lab_pace="ttft=0;tps=500;jitter=0") as client:
        client.send(ASK)
        heard = hear(client)
        client.ping(b"still there?").wait(5)
    [record] = server.journal(key)
    assert record["kind"] == "websocket"
    assert record["ended"] == "complete"
    assert record.asked.startswith(f"GET {PATH} HTTP/1.1\r\n".encode())
    assert record.asked.endswith(b"\r\n\r\n")
    assert record.answered.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert record.answered.endswith(b"\r\n\r\n")
    came = [(frame["opcode"], frame["payload"]) for frame in record["frames"] if frame["direction"] == "received"]
    went = [frame for frame in record["frames"] if frame["direction"] == "sent"]
    assert came == [("text", ASK), ("ping", "still there?"), ("close", "\x03\xe8")]
    assert [json.loads(frame["payload"].encode("latin-1")) for frame in went[: len(heard)]] == heard
    assert [(frame["opcode"], frame["payload"]) for frame in went[len(heard) :]] == [
        ("pong", "still there?"),
        ("close", "\x03\xe8"),
    ]


def test_only_the_client_masks_its_frames_and_times_never_go_back(server) -> None:
    key = server.sandbox()
    with open_socket(server, key) as client:
        client.send(ASK)
        hear(client)
    frames = server.last(key)["frames"]
    assert all((frame["mask"] is not None) == (frame["direction"] == "received") for frame in frames)
    assert all(len(bytes.fromhex(frame["mask"])) == 4 for frame in frames if frame["mask"])
    times = [frame["at"] for frame in frames]
    assert times == sorted(times)
    assert [frame["close_code"] for frame in frames if frame["opcode"] == "close"] == [1000, 1000]


def test_a_fragmented_message_is_journalled_as_its_fragments(server) -> None:
    key = server.sandbox()
    with open_socket(server, key) as client:
        client.send(iter([ASK[:5], ASK[5:9], ASK[9:]]))
        assert hear(client)[-1]["type"] == "end"
    came = [frame for frame in server.last(key)["frames"] if frame["direction"] == "received"]
    assert "".join(frame["payload"] for frame in came if frame["opcode"] != "close") == ASK
    assert [frame["opcode"] for frame in came][:3] == ["text", "continuation", "continuation"]


def test_a_client_that_drops_the_connection_is_recorded_as_having_left(server) -> None:
    key = server.sandbox()
    client = open_socket(server, key, x_lab_pace="ttft=0;tps=1;jitter=0")
    with client:
        client.send(ASK)
        client.recv(timeout=5)
        client.socket.shutdown(socket.SHUT_RDWR)
    record = server.last(key)
    assert record["ended"] == "client left"
    assert record["seconds"] < 2


def test_a_refused_handshake_shows_the_answer_that_the_client_got(server) -> None:
    key = server.sandbox()
    with pytest.raises(InvalidStatus) as caught, open_socket(server, key, x_lab_pace="tea=1"):
        raise AssertionError("a handshake with a bad pace was accepted")
    body = caught.value.response.body
    assert caught.value.response.status_code == 400
    record = server.last(key)
    assert record.answered.startswith(b"HTTP/1.1 400 ")
    assert record.answered.endswith(body)
    assert record["frames"] == []
