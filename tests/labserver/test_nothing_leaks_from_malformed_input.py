"""What is no HTTP and no WebSocket: each client is told so, by a status or a close code, and nothing is left of it."""

import random
import struct
from contextlib import suppress
from typing import Any

import pytest
from vitals import Vitals, await_recovery, memory

ROUNDS = 30
NONCE = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455, section 1.3
HANDSHAKE = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13", "sec_websocket_key": NONCE}
POST = b"POST /api/v1/query HTTP/1.1\r\nhost: lab\r\ncontent-type: application/json\r\n"

# What is sent -> the status that comes back before the connection ends.
HTTP: dict[str, tuple[bytes, int]] = {
    "garbage": (b"\x00\xff\xfe tea\r\n\r\n", 400),
    "a TLS client's hello": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32), 400),
    "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "line feeds alone": (b"GET /health HTTP/1.1\nhost: lab\n\n", 400),
    "a NUL in a header": (b"GET /health HTTP/1.1\r\nhost: lab\r\nx-tea: a\x00b\r\n\r\n", 400),
    "a header folded over two lines": (b"GET /health HTTP/1.1\r\nhost: lab\r\nx-tea: a\r\n b\r\n\r\n", 400),
    "a header without a name": (b"GET /health HTTP/1.1\r\nhost: lab\r\n: tea\r\n\r\n", 400),
    "a length that is no number": (POST + b"content-length: tea\r\n\r\n", 400),
    "a negative length": (POST + b"content-length: -1\r\n\r\n", 400),
    "two lengths": (POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}}", 400),
    "a length and chunks": (POST + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a chunk size that is no number": (POST + b"transfer-encoding: chunked\r\n\r\ntea\r\n", 400),
    "a chunk size past all bounds": (POST + b"transfer-encoding: chunked\r\n\r\n" + b"f" * 40 + b"\r\n", 400),
    "a chunk longer than its size": (POST + b"transfer-encoding: chunked\r\n\r\n2\r\n{}tea\r\n0\r\n\r\n", 400),
}


def frame(payload: bytes, *, first: int = 0x81, mask: bool = True, size: int | None = None) -> bytes:
    """One frame as a client sends it, masked with zeros; `first` is FIN, the reserved bits and the opcode."""
    size = len(payload) if size is None else size
    bit = 0x80 if mask else 0
    if size < 126:
        length = bytes([bit | size])
    elif size < 65536:
        length = bytes([bit | 126]) + struct.pack(">H", size)
    else:
        length = bytes([bit | 127]) + struct.pack(">Q", size)
    return bytes([first]) + length + (bytes(4) if mask else b"") + payload


# What is sent -> the close code that comes back (RFC 6455, sections 5 and 7.4.1).
FRAMES: dict[str, tuple[bytes, int]] = {
    "not masked": (frame(b"tea", mask=False), 1002),
    "an opcode that means nothing": (frame(b"tea", first=0x83), 1002),
    "a control opcode that means nothing": (frame(b"", first=0x8B), 1002),
    "a reserved bit": (frame(b"tea", first=0xC1), 1002),
    "a ping of 126 bytes": (frame(bytes(126), first=0x89), 1002),
    "a ping in fragments": (frame(b"tea", first=0x09), 1002),
    "a continuation of nothing": (frame(b"tea", first=0x80), 1002),
    "a new message inside another": (frame(b"tea", first=0x01) + frame(b"tea"), 1002),
    "text that is not UTF-8": (frame(b"\xc3\x28"), 1007),
    "a close with one byte": (frame(b"\x03", first=0x88), 1002),
    "a close with a code that may not be sent": (frame(b"\x03\xed", first=0x88), 1002),
    "a message past 1 MiB": (frame(b"t" * (1024 * 1024 + 1)), 1009),
    "a frame that claims 2 GiB": (frame(b"t", size=2**31), 1009),
    "fragments past 1 MiB": (frame(b"t" * 700_000, first=0x01) + frame(b"t" * 700_000, first=0x80), 1009),
}


@pytest.fixture(scope="module")
def lone(server, tmp_path_factory):
    """A server that nobody else talks to."""
    live = type(server)(tmp_path_factory.mktemp("lone"), "--solo")
    live.http.get("/health")
    yield live
    live.stop()


def drained(wire: Any) -> bytes:
    """All that is said until the end, be it FIN or RST."""
    with suppress(ConnectionError):
        wire.rest()
    return bytes(wire.received)


def said_to(server: Any, raw: bytes) -> int:
    """The status of the only answer, after which the connection ends."""
    with server.dial() as wire:
        wire.send(raw)
        answer = drained(wire)
    assert answer.startswith(b"HTTP/1.1 ") and answer.count(b"HTTP/1.1 ") == 1, answer
    assert b"Traceback" not in answer
    return int(answer[9:12])


@pytest.mark.parametrize("sent", HTTP)
def test_what_is_no_http_is_refused_and_leaves_nothing(lone, sent: str) -> None:
    raw, status = HTTP[sent]
    assert said_to(lone, raw) == status
    before, weight = Vitals.of(lone), memory(lone)
    for _ in range(ROUNDS):
        assert said_to(lone, raw) == status
    await_recovery(lone, before)
    assert memory(lone) - weight < 10
    assert lone.http.get("/health").status_code == 200


def test_random_bytes_never_bring_anything_but_a_refusal_or_silence(lone) -> None:
    before, dice = Vitals.of(lone), random.Random(7)
    for _ in range(50):
        with lone.dial() as wire:
            wire.send(dice.randbytes(200) + b"\r\n\r\n")
            assert drained(wire).startswith(b"HTTP/1.1 400 ")
    await_recovery(lone, before)


@pytest.mark.parametrize("what", ["a URL of 1 MiB", "a header of 1 MiB", "ten thousand headers"])
def test_a_head_past_all_bounds_is_answered_once_or_cut_off(lone, what: str) -> None:
    heads = {
        "a URL of 1 MiB": b"GET /" + b"t" * 1024 * 1024 + b" HTTP/1.1\r\nhost: lab\r\n\r\n",
        "a header of 1 MiB": b"GET /health HTTP/1.1\r\nhost: lab\r\nx-tea: " + b"t" * 1024 * 1024 + b"\r\n\r\n",
        "ten thousand headers": b"GET /health HTTP/1.1\r\nhost: lab\r\n" + b"x-tea: t\r\n" * 10_000 + b"\r\n",
    }
    before = Vitals.of(lone)
    weights = []
    for _ in range(6):
        with lone.dial() as wire:
            try:
                wire.send(heads[what])
                head = wire.until(b"\r\n\r\n")
            except (ConnectionError, AssertionError):
                head = b"cut off"
        assert head[:12] in (
            b"cut off",
            b"HTTP/1.1 200",
            b"HTTP/1.1 400",
            b"HTTP/1.1 404",
            b"HTTP/1.1 414",
            b"HTTP/1.1 431",
        )
        weights.append(memory(lone))
    await_recovery(lone, before)
    assert weights[-1] - weights[2] < 10, "megabytes"


@pytest.mark.parametrize("path", ["/ws/echo", "/api/v1/query/ws"])
@pytest.mark.parametrize("sent", FRAMES)
def test_a_frame_against_the_rules_closes_with_its_code_and_leaves_nothing(lone, path: str, sent: str) -> None:
    raw, code = FRAMES[sent]

    def closed_with() -> int:
        with lone.dial() as wire:
            wire.send(lone.request("GET", path, **HANDSHAKE))
            wire.until(b"\r\n\r\n")
            with suppress(ConnectionError):
                wire.send(raw)
            at = len(wire.received)
            told = drained(wire)[at:]
        assert told[:1] == b"\x88", told[:80]
        return int.from_bytes(told[2:4], "big")

    assert closed_with() == code
    before = Vitals.of(lone)
    for _ in range(5):
        assert closed_with() == code
    await_recovery(lone, before)
    assert lone.http.get("/health").status_code == 200
