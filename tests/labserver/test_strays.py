"""What no application saw is journalled all the same: in the right place, with its bytes, without its keys."""

import pytest

from labserver.redaction import mask

BROKEN = {
    "LF only": b"GET /health HTTP/1.1\nHost: lab\nX-API-Key: %b\n\n",
    "a line without a colon": b"GET /health HTTP/1.1\r\nx-api-key: %b\r\nbroken\r\n\r\n",
    "a space before the colon": b"GET /health HTTP/1.1\r\nx-api-key : %b\r\nHost : lab\r\n\r\n",
    "no such method": b"BREW /tea HTTP/1.1\r\nx-api-key: %b\r\n\r\n",
    "no such version": b"GET /health?key=%b HTTP/9.9\r\n\r\n",
    "no HTTP at all": b"key=%b\r\n",
    "two lengths": b"POST /health HTTP/1.1\r\nx-api-key: %b\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nteas",
}


@pytest.mark.parametrize("broken", [name for name in BROKEN if name != "no HTTP at all"])
def test_a_request_that_no_parser_reads_is_in_its_keys_journal(server, broken: str) -> None:
    key = server.sandbox()
    raw = BROKEN[broken] % key.encode()
    with server.dial() as wire:
        wire.send(raw)
        answer = wire.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    [record] = server.journal(key)
    assert record.asked == raw.replace(key.encode(), mask(key.encode()))
    assert record.answered == answer
    assert (record["malformed"], record["status"], record["ended"]) == (True, 400, "server closed")
    server.await_quiet()


@pytest.mark.parametrize("broken", BROKEN)
def test_without_a_key_it_is_in_the_journal_of_the_door_it_came_by(server, broken: str) -> None:
    key = server.sandbox()
    owner = {"x-api-key": key}
    port = int(server.http.post("/lab/door", headers=owner).json()["url"].rpartition(":")[2])
    raw = BROKEN[broken] % b"YOUR_API_KEY"
    with server.dial(port) as wire:
        wire.send(raw)
        wire.rest()
    [record] = server.journal(key)
    assert record.asked == raw


def test_at_the_main_door_without_a_key_it_is_in_the_open_journal(server) -> None:
    before = server.http.get("/lab/journal").json()["count"]
    with server.dial() as wire:
        wire.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # a TLS client's first bytes
        wire.rest()
    records = server.journal(None)
    assert records[-1]["number"] == before + 1
    assert records[-1].asked.startswith(b"\x16\x03\x01")


def test_a_broken_request_behind_a_good_one_is_an_exchange_of_its_own(server) -> None:
    key = server.sandbox()
    good = server.request("GET", "/v1/models", key=key)
    bad = b"GET /tea HTTP/1.1\nx-api-key: %b\n\n" % key.encode()
    with server.dial() as wire:
        wire.send(good)
        wire.answer()
        wire.send(bad)
        wire.rest()
    first, second = server.journal(key)
    assert (first["malformed"], first["status"], first["ended"]) == (False, 200, "complete")
    assert (second["malformed"], second["status"], second["nth"]) == (True, 400, 2)
    assert second.asked == bad.replace(key.encode(), mask(key.encode()))


def test_a_body_with_a_broken_chunk_is_journalled_once(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query", key=key, transfer_encoding="chunked") + b"tea\r\n")
        wire.rest()
    [record] = server.journal(key)
    assert record["malformed"] is True
    server.await_quiet()


def test_a_request_that_never_became_whole_is_journalled_when_its_client_leaves(server) -> None:
    key = server.sandbox()
    raw = b"GET /health HTTP/1.1\r\nx-api-key: %b\r\n" % key.encode()
    with server.dial() as wire:
        wire.send(raw)
        assert server.journal(key) == [], "it may still become whole"
    while not (records := server.journal(key)):
        pass
    assert records[0].asked == raw.replace(key.encode(), mask(key.encode()))
    assert (records[0]["malformed"], records[0]["status"]) == (False, None)
    assert (records[0]["ended"], records[0]["left_after"]) == ("client left", 0)


def test_a_request_that_waited_behind_another_when_its_client_left_is_journalled(server) -> None:
    key = server.sandbox()
    slow = {"query": "Green| tea| is| good|.", "model": "script"}
    first = server.request("POST", "/api/v1/query/stream", slow, key, x_lab_pace="ttft=0;tps=20;jitter=0")
    second = server.request("GET", "/health", key=key)
    with server.dial() as wire:
        wire.send(first + second)
        wire.until(b"Green")
    server.await_quiet()
    while len(records := server.journal(key)) < 2:
        pass
    assert [record["ended"] for record in records] == ["client left", "client left"]
    assert [record["status"] for record in records] == [200, None]
    assert records[1].asked == second.replace(key.encode(), mask(key.encode()))


def test_a_handshake_that_the_websocket_library_refuses_is_journalled(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("GET", "/api/v1/query/ws", key=key, connection="Upgrade", upgrade="websocket"))
        answer = wire.rest()
    record = server.last(key)
    assert (record.answered, record["kind"], record["frames"]) == (answer, "websocket", [])


def test_the_control_plane_is_left_out_even_when_broken(server) -> None:
    key = server.sandbox()
    for path in (b"/lab", b"/lab/journal?last=1", b"/lab/"):
        with server.dial() as wire:
            wire.send(b"GET %b HTTP/1.1\nx-api-key: %b\n\n" % (path, key.encode()))
            wire.rest()
    assert server.journal(key) == []


def test_a_key_of_nobody_is_masked_too(server) -> None:
    before = server.http.get("/lab/journal").json()["count"]
    with server.dial() as wire:
        wire.send(b"GET /tea HTTP/1.1\nAuthorization: Bearer lab-of-another-server\n\n")
        wire.rest()
    record = server.journal(None)[-1]
    assert record["number"] == before + 1
    assert b"another" not in record.asked
