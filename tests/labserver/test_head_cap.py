"""A request line and headers without end: a 431 that arrives, also when the client is still sending."""

import socket

import pytest

MOST = 64 * 1024
REFUSED = b"HTTP/1.1 431 Request Header Fields Too Large\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /health HTTP/1.1\r\nhost: lab\r\nx-cup: " + b"a" * MOST + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: lab\r\n" + b"x-cup: tea\r\n" * (MOST // 10) + b"\r\n",
        b"GET /health?" + b"a" * MOST + b" HTTP/1.1\r\nhost: lab\r\n\r\n",
        b"GET /ws/echo HTTP/1.1\r\nhost: lab\r\nconnection: upgrade\r\nupgrade: websocket\r\nx: " + b"a" * MOST,
        b"GET /health HTTP/1.1\r\nhost: lab\r\nx-endless: " + b"a" * 3_000_000,
        b"GET /health?endless" + b"a" * 3_000_000,
        b"GET /health HTTP/1.1\r\nhost: lab\r\n" + b"a" * 3_000_000,
    ],
    ids=["value", "many", "target", "upgrade", "endless value", "endless target", "endless name"],
)
def test_a_head_beyond_the_cap_is_told_so_and_the_connection_ends(server, head: bytes) -> None:
    with server.dial() as wire:
        wire.send(head)
        answer = wire.rest()
    assert answer.startswith(REFUSED)
    assert b"\r\nconnection: close\r\n" in answer
    assert answer.endswith(b"larger than the 65536 bytes that this server takes.")
    server.await_quiet()


@pytest.mark.parametrize("size", [1000, 1_000_000])
def test_pieces_of_any_size_add_up(server, size: int) -> None:
    head = b"GET /health HTTP/1.1\r\nhost: lab\r\nx-cup: " + b"a" * (MOST + 1000)
    with server.dial() as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(head), size):
            wire.send(head[at : at + size])
        assert wire.rest().startswith(REFUSED)


def test_a_large_head_within_the_cap_is_read_and_each_request_has_its_own(server) -> None:
    ask = b"GET /health HTTP/1.1\r\nhost: lab\r\nx-cup: " + b"a" * (MOST - 200) + b"\r\n\r\n"
    with server.dial() as wire:
        for _ in range(3):
            wire.send(ask)
            assert wire.answer().startswith(b"HTTP/1.1 200 ")


def test_the_journal_has_the_request_that_was_too_large_and_only_as_much_as_it_keeps(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(b"GET /tea HTTP/1.1\r\nx-api-key: %b\r\nx-cup: " % key.encode() + b"a" * 3_000_000)
        wire.rest()
    record = server.last(key)
    assert (record["status"], record["malformed"], record["ended"]) == (431, True, "server closed")
    assert len(record.asked) <= 512 * 1024
    assert key.encode() not in record.asked
