"""Every fault that a WebSocket can suffer, struck on a real connection; what `websockets` makes of the worst ones."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus

from labserver import frames
from labserver.faults import FAULTS, HANDSHAKE, SOCKET
from labserver.frames import Frame

PATH = "/api/v1/query/ws"
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
FAST = "ttft=0;tps=10000;jitter=0"
LAST = b'"finish_reason": "stop"}'
GOODBYE = b"broken on purpose"
UPGRADE = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec_websocket_version": "13",
    "sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def masked(opcode: int, payload: bytes) -> bytes:
    """A client's frame; with a mask of zeros it reads as it is written."""
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


@dataclass(frozen=True)
class Talk:
    """What a socket received: the handshake's answer, the frames after it, and how the server closed, if it did."""

    head: bytes
    frames: list[Frame]
    closed: bool
    torn: bool
    seconds: float
    record: dict[str, Any]

    @property
    def said(self) -> list[dict[str, Any]]:
        return [json.loads(frame.payload) for frame in self.frames if frame.opcode == "text"]

    @property
    def payloads(self) -> list[bytes]:
        return [frame.payload for frame in self.frames]


def talk(server, fault: str = "") -> Talk:
    """Ask one query and listen to the end of its answer, or until the server closes or says nothing for a while."""
    key = server.sandbox()
    wishes = UPGRADE | {"x_lab_pace": FAST} | ({"x_lab_fault": fault} if fault else {})
    closed = torn = False
    began = time.monotonic()
    with server.dial() as wire:
        wire.send(server.request("GET", PATH, None, key, **wishes))
        try:
            head = wire.until(b"\r\n\r\n")
            if b" 101 " in head:
                wire.send(masked(1, json.dumps(QUERY).encode()))
            wire.socket.settimeout(1)
            while LAST not in wire.received and not closed:
                if wire.received.endswith(GOODBYE):
                    wire.send(masked(8, b"\x03\xe8"))
                piece = wire.socket.recv(65536)
                wire.received += piece
                closed = not piece
        except TimeoutError:
            wire.send(masked(9, b"there?"))
            with suppress(TimeoutError):
                wire.received += wire.socket.recv(65536)
        except ConnectionResetError:
            torn = True
        received = wire.received.partition(b"\r\n\r\n")[2]
    seconds = time.monotonic() - began
    shown = list(frames.read([(0.0, received)])) if b" 101 " in head[:20] else []
    return Talk(head, shown, closed, torn, seconds, server.last(key))


def latency(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == honest.payloads
    assert broken.record["response"][0][0] >= 0.29, "the handshake itself was late"


def barrier_alone(honest: Talk, broken: Talk) -> None:
    assert broken.head.startswith(b"HTTP/1.1 408 ")
    assert broken.seconds >= 0.2


def refused(honest: Talk, broken: Talk) -> None:
    assert broken.head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert broken.closed
    assert b"\r\nretry-after: 3\r\n" in broken.head
    assert broken.record["response"][0][1].endswith('429 Too Many Requests. Try again in 3 s.","details":{}}}')


def slow_first_byte(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == honest.payloads
    assert _times(broken)[0] - broken.record["response"][0][0] >= 0.29, "between the handshake and the first message"


def stall(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == honest.payloads
    times = _times(broken)
    assert times[2] - times[1] >= 0.29


def _times(talk: Talk) -> list[float]:
    return [frame["at"] for frame in talk.record["frames"] if frame["direction"] == "sent"]


def bad_json(honest: Talk, broken: Talk) -> None:
    assert [a == b for a, b in zip(honest.payloads, broken.payloads, strict=True)] == [
        index != 2 for index in range(len(honest.payloads))
    ]
    assert honest.payloads[2].startswith(broken.payloads[2])
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.payloads[2])


def duplicate(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == [*honest.payloads[:2], honest.payloads[1], *honest.payloads[2:]]


def reorder(honest: Talk, broken: Talk) -> None:
    one, two, three, *rest = honest.payloads
    assert broken.payloads == [one, three, two, *rest]


def cut(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == honest.payloads[:2]
    assert broken.closed, "and no close frame before it"
    assert broken.record["ended"] == "cut by a fault"


def reset(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == honest.payloads[:2]
    assert broken.torn
    assert broken.record["ended"] == "reset by a fault"


def close(honest: Talk, broken: Talk) -> None:
    assert broken.payloads[:-1] == honest.payloads[:2]
    last = broken.frames[-1]
    assert (last.opcode, last.close_code, last.payload[2:]) == ("close", 4321, GOODBYE)
    assert broken.closed
    assert broken.record["ended"] == "complete", "closed in good order, both sides"


def close_at_once(honest: Talk, broken: Talk) -> None:
    assert [frame.close_code for frame in broken.frames] == [1013]


def silent(honest: Talk, broken: Talk) -> None:
    assert broken.payloads == honest.payloads[:2], "not even a pong"
    assert not broken.closed
    assert broken.record["ended"] == "client left"


STRIKES: dict[str, Callable[[Talk, Talk], None]] = {
    "latency;seconds=0.3": latency,
    "barrier;n=2;seconds=0.2": barrier_alone,
    "refuse_upgrade;code=429;retry_after=3": refused,
    "slow_first_byte;seconds=0.3": slow_first_byte,
    "stall;after=2;seconds=0.3": stall,
    "bad_json;after=2": bad_json,
    "duplicate;after=1": duplicate,
    "reorder;after=1": reorder,
    "cut;after=2": cut,
    "reset;after=2": reset,
    "close;code=4321;after=2": close,
    "close;code=1013;after=0": close_at_once,
    "silent;after=2": silent,
}


def test_every_fault_that_a_websocket_can_suffer_is_struck_below() -> None:
    suffered = {name for name, row in FAULTS.items() if {HANDSHAKE, SOCKET} & set(row.strikes)}
    assert {plan.partition(";")[0] for plan in STRIKES} == suffered


@pytest.mark.parametrize("plan", STRIKES)
def test_a_fault_breaks_a_websocket_as_it_says(server, plan: str) -> None:
    honest, broken = talk(server), talk(server, plan)
    assert len(honest.frames) == 8, "start, six deltas, end"
    assert f"\r\nx-lab-fault: {plan}\r\n".encode() in broken.head
    assert broken.record["fault"] == plan
    STRIKES[plan](honest, broken)
    server.await_quiet()


def dial(server, fault: str) -> websockets.connect:
    headers = {"authorization": f"Bearer {server.sandbox()}", "x-lab-pace": FAST, "x-lab-fault": fault}
    return websockets.connect(server.ws_url + PATH, additional_headers=headers, proxy=None, compression=None)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("close;code=1013;after=2", ConnectionClosedError, 1013),
        ("close;code=1000;after=2", ConnectionClosedOK, 1000),
        ("close;code=4000;after=2", ConnectionClosedError, 4000),
        ("cut;after=2", ConnectionClosedError, 1006),
        ("reset;after=2", ConnectionClosedError, 1006),
    ],
)
async def test_websockets_tells_how_it_was_closed(server, fault: str, error: type[Exception], code: int) -> None:
    async with dial(server, fault) as socket:
        await socket.send(json.dumps(QUERY))
        heard = [await socket.recv(), await socket.recv()]
        assert len(heard) == 2
        with pytest.raises(error):
            await socket.recv()
        assert socket.close_code == code
    server.await_quiet()


async def test_a_silent_peer_answers_no_ping_and_the_clients_own_leave_frees_the_server(server) -> None:
    async with dial(server, "silent;after=0") as socket:
        await socket.send(json.dumps(QUERY))
        pong = await socket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.3)
        assert not pong.done()
        pong.cancel()
    server.await_quiet()


async def test_a_refused_upgrade_is_an_ordinary_http_answer(server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with dial(server, "refuse_upgrade"):
            pass
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"]["code"] == "FORBIDDEN"
    assert refused.value.response.headers["x-lab-fault"] == "refuse_upgrade;code=403"
    server.await_quiet()


async def test_faults_of_plain_requests_leave_a_websocket_alone(server) -> None:
    async with dial(server, "status;code=500,lose_reply,truncate,no_done,slice") as socket:
        await socket.send(json.dumps(QUERY))
        heard = [json.loads(await socket.recv()) for _ in range(8)]
    assert heard[-1]["type"] == "end"
