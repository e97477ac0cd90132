"""The tap gives every byte to the exchange it belongs to: pure where it can be, on bare sockets for the rest."""

import socket

import pytest

from labserver.redaction import mask

QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}


def test_two_pipelined_requests_in_one_segment_become_two_exchanges(server) -> None:
    key = server.sandbox()
    first = server.request("POST", "/api/v1/query", QUERY, key)
    second = server.request("GET", "/v1/models", key=key)
    with server.dial() as wire:
        wire.send(first + second)
        answers = [wire.answer(), wire.answer()]
    records = server.journal(key)
    asked = [request.replace(key.encode(), mask(key.encode())) for request in (first, second)]
    assert [record.asked for record in records] == asked
    assert [record.answered for record in records] == answers
    assert [record["nth"] for record in records] == [1, 2]
    assert {record["ended"] for record in records} == {"complete"}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_pipelined_requests_cut_anywhere_still_have_their_own_bytes(server, size: int) -> None:
    key = server.sandbox()
    lengths = [server.request("GET", f"/v1/models/{name}", key=key) for name in ("script", "none")]
    chunked = server.request("POST", "/v1/chat/completions", key=key, transfer_encoding="chunked")
    requests = [lengths[0], chunked + b'3\r\n{"a\r\n2\r\n":\r\n0\r\n\r\n', lengths[1]]
    raw = b"".join(requests)
    with server.dial() as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # each piece is a segment of its own
        for at in range(0, len(raw), size):
            wire.send(raw[at : at + size])
        answers = [wire.answer() for _ in requests]
    records = server.journal(key)
    assert [record.asked for record in records] == [one.replace(key.encode(), mask(key.encode())) for one in requests]
    assert [record.answered for record in records] == answers


def test_requests_on_one_connection_are_numbered_and_a_new_connection_has_a_new_number(server) -> None:
    key = server.sandbox()
    ask = server.request("GET", "/v1/models", key=key)
    with server.dial() as first, server.dial() as second:
        for wire in (first, second, first, first):
            wire.send(ask)
            wire.answer()
    records = server.journal(key)
    assert [record["nth"] for record in records] == [1, 1, 2, 3]
    one, other, *again = [record["connection"] for record in records]
    assert one != other
    assert again == [one, one]


def test_the_journal_has_the_request_byte_for_byte_however_odd(server) -> None:
    key = server.sandbox()
    body = '{"query" :"What is\\ttea? 🍵",  "model":"script"}'.encode()
    odd = (
        b"POST /api/v1/query?x=%%20y&x=+ HTTP/1.1\r\nhOST:lab\r\nX-Cup:   two  spaces   \r\nX-Cup: again\r\n"
        b"x-api-key: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    ) % (key.encode(), len(body))
    with server.dial() as wire:
        wire.send(odd + body)
        assert wire.answer().startswith(b"HTTP/1.1 200 OK\r\n")
    assert server.last(key).asked == odd.replace(key.encode(), mask(key.encode())) + body


def test_the_journal_has_the_answer_byte_for_byte_with_its_date_and_chunk_sizes(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_pace="ttft=0;tps=500;jitter=0"))
        answer = wire.answer()
    record = server.last(key)
    assert b"\r\ndate: " in answer
    assert b"\r\ntransfer-encoding: chunked\r\n" in answer
    assert record.answered == answer
    assert record["ended"] == "complete"
    assert record["writes"] == len(record["response"]) > 3, "each event is a write of its own"


def test_bytes_have_their_times_in_order_within_the_exchange(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_pace="ttft=0.2;tps=100;jitter=0"))
        wire.answer()
    record = server.last(key)
    times = [at for at, _ in record["response"]]
    assert times == sorted(times)
    assert times[-1] >= 0.2 > record["request"][0][0] >= 0
    assert record["seconds"] >= times[-1]


@pytest.mark.parametrize("abruptly", [False, True], ids=["FIN", "RST"])
def test_a_client_that_closes_in_mid_stream_is_recorded_as_having_left(server, abruptly: bool) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_pace="ttft=0;tps=1;jitter=0"))
        seen = wire.until(b'"type": "content"')
        if abruptly:
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    record = server.last(key)
    assert record["ended"] == "client left"
    assert record.answered.startswith(seen)
    assert b"[DONE]" not in record.answered
    assert record["seconds"] < 2, "the model was freed at once, not at its next word"


def test_an_answer_cut_by_a_fault_is_recorded_as_cut(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_fault="cut;after=2"))
        seen = wire.rest()
    record = server.last(key)
    assert record["ended"] == "cut by a fault"
    assert record["fault"] == "cut;after=2"
    assert record.answered == seen
    assert not seen.endswith(b"0\r\n\r\n")


def test_an_invalid_request_leaves_nothing_open(server) -> None:
    with server.dial() as wire:
        wire.send(b"GET /health HTTP/1.1\r\nbroken\r\n\r\n")
        assert wire.rest().startswith(b"HTTP/1.1 400 ")
    server.await_quiet()


def test_an_interim_answer_belongs_to_its_exchange(server) -> None:
    key = server.sandbox()
    request = server.request("POST", "/api/v1/query", QUERY, key, expect="100-continue")
    head, _, body = request.partition(b"\r\n\r\n")
    with server.dial() as wire:
        wire.send(head + b"\r\n\r\n")
        interim = wire.until(b"\r\n\r\n")
        wire.send(body)
        answer = wire.answer()
    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert server.last(key).answered == interim + answer


def test_a_request_after_one_too_big_to_keep_still_has_its_own_bytes(server) -> None:
    key = server.sandbox()
    body = QUERY | {"ignored": "x" * 600_000}
    big = server.request("POST", "/api/v1/query", body, key)
    small = server.request("GET", "/v1/models", key=key)
    with server.dial() as wire:
        for request in (big, small):
            wire.send(request)
            wire.answer()
    first, second = server.journal(key)
    assert first["dropped"] > 0
    assert second.asked == small.replace(key.encode(), mask(key.encode()))


def test_a_request_too_big_to_keep_is_answered_all_the_same_and_what_is_not_kept_is_counted(server) -> None:
    key = server.sandbox()
    big = server.request("POST", "/api/v1/query", QUERY | {"ignored": "x" * 1_000_000}, key)
    with server.dial() as wire:
        wire.send(big)
        answer = wire.answer()
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    record = server.last(key)
    kept = len(record.asked) + len(record.answered)
    assert kept <= 512 * 1024
    assert kept + record["dropped"] == len(big) + len(answer)
    assert big.replace(key.encode(), mask(key.encode())).startswith(record.asked)


def test_a_tier_that_keeps_little_keeps_little_of_the_first_segment_too(server) -> None:
    key = server.sandbox(tier="bench")
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query", QUERY | {"ignored": "x" * 40_000}, key))
        wire.answer()
    record = server.last(key)
    assert len(record.asked) + len(record.answered) <= 16 * 1024
