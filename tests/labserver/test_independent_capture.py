"""The witness against another one: a plain TCP proxy between clients and server records what passed both ways.

What it recorded equals, byte for byte, what the journal reports; only keys are masked, at the same length.
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from openai import OpenAI
from websockets.sync.client import connect

from labserver.redaction import mask

OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
SCRIPT = "Green| tea| is| good| 🍵|."
FAST = {"x-lab-pace": "ttft=0;tps=2000;jitter=0"}


class Recorder:
    """Passes every connection on to the server; `taken` holds, per connection, the bytes [from client, from server]."""

    def __init__(self, port: int) -> None:
        self.target = ("127.0.0.1", port)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.door.getsockname()[1]
        self.taken: list[list[bytes]] = []
        self.threads: list[threading.Thread] = []
        self._start(self._welcome)

    def _start(self, job, *given) -> None:
        self.threads.append(threading.Thread(target=job, args=given))
        self.threads[-1].start()

    def _welcome(self) -> None:
        while True:
            client, _ = self.door.accept()
            if client.recv(1, socket.MSG_PEEK) == b"":  # the goodbye of `end`
                client.close()
                return
            server = socket.create_connection(self.target)
            taken = [b"", b""]
            self.taken.append(taken)
            self._start(self._carry, client, server, taken)

    def _carry(self, client: socket.socket, server: socket.socket, taken: list[bytes]) -> None:
        back = threading.Thread(target=self._pass_on, args=(server, client, taken, 1))
        back.start()
        self._pass_on(client, server, taken, 0)
        back.join()
        client.close()
        server.close()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket, taken: list[bytes], side: int) -> None:
        """Until the source ends: what it said is taken also where the sink has gone, and the sink hears of the end."""
        with suppress(ConnectionError):  # a client that leaves with bytes unread resets the connection
            while piece := source.recv(65536):
                taken[side] += piece
                with suppress(OSError):
                    sink.sendall(piece)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def end(self) -> None:
        """Once all clients have left; a second time is nothing."""
        if self.door.fileno() < 0:
            return
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive(), "a client has not left"
        self.door.close()


@pytest.fixture
def proxy(server) -> Iterator[Recorder]:
    recorder = Recorder(server.port)
    yield recorder
    recorder.end()


def masked(data: bytes, key: str) -> bytes:
    return data.replace(key.encode(), mask(key.encode()))


def frame_bytes(frame: dict) -> bytes:
    """A frame of the journal as it must have crossed: RFC 6455, section 5.2."""
    payload, key = frame["payload"].encode("latin-1"), bytes.fromhex(frame["mask"] or "")
    length = frame["size"] - len(payload) - len(key) - 2  # bytes of the extended length
    size = len(payload) if length == 0 else {2: 126, 8: 127}[length]
    first = frame["fin"] << 7 | frame["rsv"] << 4 | OPCODES[frame["opcode"]]
    head = bytes([first, bool(key) << 7 | size]) + (len(payload).to_bytes(length, "big") if length else b"") + key
    return head + (bytes(byte ^ key[at % 4] for at, byte in enumerate(payload)) if key else payload)


def reported(records: list, connection: int) -> list[bytes]:
    """What the journal says crossed on one connection: [from client, from server]."""
    sides = [b"", b""]
    for record in records:
        if record["connection"] == connection:
            assert record["dropped"] == 0
            assert record["unfinished"] == {"received": 0, "sent": 0}
            for side, (head, direction) in enumerate([(record.asked, "received"), (record.answered, "sent")]):
                frames = (frame for frame in record["frames"] if frame["direction"] == direction)
                sides[side] += head + b"".join(frame_bytes(frame) for frame in frames)
    return sides


def assert_the_same(server, proxy: Recorder, key: str) -> list:
    """The journal of this sandbox against the capture, connection by connection; gives the records."""
    proxy.end()  # so that the capture is whole
    records = server.journal(key)
    assert {record["connection"] for record in records} == set(range(1, len(proxy.taken) + 1))
    for number, taken in enumerate(proxy.taken, 1):
        assert reported(records, number) == [masked(side, key) for side in taken]
    assert all(record["ended"] is not None for record in records)
    return records


def test_requests_on_a_kept_connection(server, proxy: Recorder) -> None:
    key = server.sandbox()
    headers = {"X-API-Key": key, "X-Cup": "two  spaces"} | FAST
    with requests.Session() as session:
        for body in ({"query": SCRIPT, "model": "script"}, {"query": ""}, None):
            session.post(f"http://127.0.0.1:{proxy.port}/api/v1/query?cup=1", json=body, headers=headers, timeout=5)
        session.get(f"http://127.0.0.1:{proxy.port}/nowhere?key={key}", headers=headers, timeout=5)
        session.head(f"http://127.0.0.1:{proxy.port}/health", headers=headers, timeout=5)
    records = assert_the_same(server, proxy, key)
    assert [(record["nth"], record["reused"]) for record in records] == [(nth, nth > 1) for nth in range(1, 6)], (
        "this test is about a connection that carries several"
    )


def test_a_stream_through_the_openai_sdk(server, proxy: Recorder) -> None:
    key = server.sandbox()
    url = f"http://127.0.0.1:{proxy.port}/v1"
    messages = [{"role": "user", "content": SCRIPT}]
    with OpenAI(base_url=url, api_key=key, max_retries=0, default_headers=FAST) as client:
        for _ in range(2):
            with client.chat.completions.create(model="script", messages=messages, stream=True) as stream:
                assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == SCRIPT.replace("|", "")
    records = assert_the_same(server, proxy, key)
    assert len(records) == 2
    assert b"transfer-encoding: chunked" in records[0].answered
    assert {record["retry_count"] for record in records} == {0}


def test_a_chunked_upload(server, proxy: Recorder) -> None:
    key = server.sandbox()
    body = json.dumps({"query": SCRIPT, "model": "script"}).encode()
    answer = requests.post(
        f"http://127.0.0.1:{proxy.port}/api/v1/query",
        data=iter([body[:5], body[5:20], body[20:]]),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json", "connection": "close"} | FAST,
        timeout=5,
    )
    assert answer.status_code == 200
    [record] = assert_the_same(server, proxy, key)
    assert b'\r\n5\r\n{"que\r\n' in record.asked


def test_a_websocket_with_masks_pings_fragments_long_frames_and_a_close(server, proxy: Recorder) -> None:
    key = server.sandbox()
    url = f"ws://127.0.0.1:{proxy.port}/api/v1/query/ws?key={key}"
    with connect(url, additional_headers=FAST, proxy=None, compression=None) as client:
        for query in (SCRIPT, "tea " * 100 + "|.", "tea " * 20_000):  # lengths of 7, 16 and 64 bits
            client.send(json.dumps({"query": query, "model": "script"}))
            while json.loads(client.recv(timeout=5))["type"] != "end":
                pass
        client.ping(b"still there?").wait(5)
        client.send(iter(['{"query":', ' "tea",', ' "model": "script"}']))
        client.send(b"\x00\xff")
        while json.loads(client.recv(timeout=5))["type"] != "error":
            pass
        client.close(4001, "enough 🍵")
    [record] = assert_the_same(server, proxy, key)
    opcodes = {(frame["direction"], frame["opcode"]) for frame in record["frames"]}
    assert {("received", name) for name in ("text", "continuation", "binary", "ping", "close")} < opcodes
    assert {frame["size"] - len(frame["payload"]) for frame in record["frames"]} >= {2, 4, 6, 8, 10, 14}


def test_a_refused_handshake_a_cut_stream_and_a_client_that_leaves(server, proxy: Recorder) -> None:
    key = server.sandbox()
    for path, headers in [
        ("/api/v1/query/ws", {"connection": "Upgrade", "upgrade": "websocket", "x-lab-pace": "tea"}),
        ("/api/v1/query/ws", {"connection": "Upgrade", "upgrade": "websocket"}),
        ("/api/v1/query/stream", {"x-lab-fault": "cut;after=2"}),
    ]:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            body = {"query": SCRIPT, "model": "script"} if "stream" in path else None
            client.sendall(server.request("POST" if body else "GET", path, body, key, **headers))
            while client.recv(65536):
                pass
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        slow = server.request(
            "POST", "/api/v1/query/stream", {"query": SCRIPT, "model": "script"}, key, x_lab_pace="ttft=0;tps=1"
        )
        client.sendall(slow)
        heard = b""
        while b"Green" not in heard:  # all that is said for a second: nothing is under way when it leaves
            heard += client.recv(1000)
    records = assert_the_same(server, proxy, key)
    assert [record["ended"] for record in records][2:] == ["cut by a fault", "client left"]


def test_what_no_parser_can_read(server, proxy: Recorder) -> None:
    key = server.sandbox()
    for raw in (
        f"GET /health HTTP/1.1\nHost: lab\nX-API-Key: {key}\n\n".encode(),
        f"GET /health HTTP/1.1\r\nx-api-key: {key}\r\nbroken\r\n\r\n".encode(),
    ):
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            client.sendall(raw)
            while client.recv(65536):
                pass
    records = assert_the_same(server, proxy, key)
    assert [(record["malformed"], record["status"], record["ended"]) for record in records] == [
        (True, 400, "server closed")
    ] * 2
