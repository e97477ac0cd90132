"""Clients that let the server wait, on real sockets: answered 408 where there is a request, closed in any case."""

import json
import struct
from contextlib import ExitStack

import pytest

HOST = b"Host: 127.0.0.1\r\n"
UPGRADE = (
    b"GET /ws/echo HTTP/1.1\r\n" + HOST + b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
HALF_HEADS = {
    "a head without its blank line": b"GET /health HTTP/1.1\r\n" + HOST,
    "a WebSocket's handshake": UPGRADE,
    "half a request line": b"GET /hea",
    "a method": b"GE",
}


def posted(key: str, sent: bytes, length: int = 100, path: str = "/api/v1/query") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nx-api-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n"
    return head.encode() + HOST + b"\r\n" + sent


def told(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"\r\nconnection: close" in head
    return str(json.loads(body)["error"]["message"])


@pytest.mark.parametrize("half", HALF_HEADS.values(), ids=HALF_HEADS)
def test_a_head_that_does_not_end_is_answered_408_and_closed(hasty_server, half: bytes) -> None:
    with hasty_server.dial() as wire:
        wire.send(half)
        assert "within 0.3 s" in told(wire.rest())


def test_a_head_that_comes_byte_by_byte_does_not_get_more_time_for_it(hasty_server) -> None:
    with hasty_server.dial() as wire:
        wire.socket.settimeout(0.02)
        wire.send(b"GET /health HTTP/1.1\r\n")
        for _ in range(200):
            wire.send(b"a: b\r\n")
            try:
                wire.received += wire.socket.recv(65536)
                break
            except TimeoutError:
                continue
        assert told(wire.received)


def test_under_v1_it_is_told_as_openai_does_and_the_journal_has_it(hasty_server) -> None:
    key = hasty_server.sandbox()
    with hasty_server.dial() as wire:
        wire.send(b"GET /v1/models HTTP/1.1\r\nx-api-key: " + key.encode() + b"\r\n")
        answer = wire.rest()
    assert set(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]) == {"message", "type", "param", "code"}
    record = hasty_server.last(key)
    assert (record["status"], record["malformed"], record["ended"]) == (408, False, "server closed")
    assert record.answered == answer
    assert key.encode() not in record.asked


@pytest.mark.parametrize("path", ["/api/v1/query", "/api/v1/query/stream", "/v1/chat/completions", "/shop/orders"])
def test_a_body_that_stops_is_answered_408_through_the_whole_house(hasty_server, path: str) -> None:
    key = hasty_server.sandbox()
    with hasty_server.dial() as wire:
        wire.send(posted(key, b'{"query": "te', path=path))
        answer = wire.rest()
    assert "No further byte of the body came within 0.3 s" in told(answer)
    assert b"\r\nx-request-id: " in answer
    record = hasty_server.last(key)
    assert (record["status"], record["ended"]) == (408, "complete")


def test_a_chunked_body_without_its_end_is_too_slow_as_well(hasty_server) -> None:
    head = posted(hasty_server.sandbox(), b"").replace(b"content-length: 100", b"transfer-encoding: chunked")
    with hasty_server.dial() as wire:
        wire.send(head + b'4\r\n{"qu\r\n')
        assert told(wire.rest())


def test_a_body_in_small_pieces_with_short_pauses_is_taken(hasty_server) -> None:
    body = json.dumps({"query": "Green| tea", "model": "script"}).encode()
    with hasty_server.dial() as wire:
        wire.send(posted(hasty_server.sandbox(), b"", len(body)))
        wire.socket.settimeout(0.02)
        for at in range(len(body)):  # the pauses are 0.02 s each and more than 0.3 s in all
            wire.send(body[at : at + 1])
            if at < len(body) - 1:
                with pytest.raises(TimeoutError):
                    wire.socket.recv(1)
        wire.socket.settimeout(5)
        assert wire.answer().startswith(b"HTTP/1.1 200 ")


def test_the_rest_of_a_body_that_nobody_wants_is_not_waited_for_either(hasty_server) -> None:
    with hasty_server.dial() as wire:
        wire.send(posted("lab-wrong", b"", path="/tea"))
        assert wire.answer().startswith(b"HTTP/1.1 404 ")
        assert wire.rest() == b""


def test_an_answer_may_take_longer_than_any_request(hasty_server) -> None:
    body, key = {"query": "Green| tea", "model": "script"}, hasty_server.sandbox()
    with hasty_server.dial() as wire:
        wire.send(hasty_server.request("POST", "/api/v1/query", body, key, x_lab_pace="ttft=1.5;tps=1000"))
        assert wire.answer().startswith(b"HTTP/1.1 200 ")


def test_a_stream_with_half_a_request_behind_it_is_not_spoiled(hasty_server) -> None:
    body, key = {"query": "Green| tea| is| good", "model": "script"}, hasty_server.sandbox()
    stream = hasty_server.request("POST", "/api/v1/query/stream", body, key, x_lab_pace="ttft=0.5;tps=5;jitter=0")
    with hasty_server.dial() as wire:
        wire.send(stream + b"GET /health HTT")
        assert wire.answer().endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        assert told(wire.rest())


ASKED = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.mark.parametrize(
    "first", [b"", b"\r\n\r\n", ASKED, ASKED + b"\r\n"], ids=["new", "blank lines", "used", "used and blank"]
)
def test_a_connection_that_asks_nothing_is_closed_without_a_word(hasty_server, first: bytes) -> None:
    with hasty_server.dial() as wire:
        wire.send(first)
        if b"GET" in first:
            wire.answer()
        assert wire.rest() == b""


def test_a_websocket_whose_client_answers_no_ping_is_dropped(hasty_server) -> None:
    key = hasty_server.sandbox()
    with hasty_server.dial() as wire:
        wire.send(UPGRADE + b"x-api-key: " + key.encode() + b"\r\n\r\n")
        wire.until(b"\r\n\r\n")
        said = wire.rest()
    assert said[:2] == b"\x89\x04", "a ping with four bytes"
    assert said[6:].startswith(b"\x88"), "then a close frame"
    assert struct.unpack("!H", said[8:10]) == (1011,)
    record = hasty_server.last(key)
    assert (record["kind"], record["ended"]) == ("websocket", "complete")


def test_a_websocket_whose_client_answers_pings_stays(hasty_server) -> None:
    with hasty_server.dial() as wire:
        wire.send(UPGRADE + b"\r\n")
        wire.until(b"\r\n\r\n")
        for _ in range(4):  # twice as long as one unanswered ping lasts
            assert wire.exactly(2) == b"\x89\x04"
            wire.send(b"\x8a\x84\0\0\0\0" + wire.exactly(4))


def test_many_slow_clients_are_all_seen_off_and_hold_up_no_quick_one(start_server) -> None:
    live = start_server("--head-seconds", "0.5")
    with ExitStack() as lines:
        slow = [lines.enter_context(live.dial()) for _ in range(200)]
        for wire in slow:
            wire.send(b"GET / HTTP/1.1\r\n")
        assert live.http.get("/health").status_code == 200
        assert all(told(wire.rest()) for wire in slow)
    live.await_quiet()
