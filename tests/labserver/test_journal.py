"""The ring of exchanges: what is kept, what is dropped, and that no key leaves with it."""

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from labserver.exchange import Exchange
from labserver.journal import Journal
from labserver.record import split_head
from labserver.redaction import TELLING, mask, redact

KEY = b"lab-secret"


def exchange(keep: int = 1000) -> Exchange:
    return Exchange(connection=1, nth=1, keep=keep)


def shown(one: Exchange) -> dict[str, Any]:
    """The exchange as the journal exports it."""
    journal = Journal(1)
    journal.open(one)
    return journal.records()[0]


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_a_key_is_blotted_out_wherever_the_network_cuts_it(pieces: int) -> None:
    raw = b"GET /?key=lab-secret HTTP/1.1\r\nX-API-Key: lab-secret\r\n\r\n"
    clean = raw.replace(KEY, mask(KEY))
    for cut in range(len(raw)):
        edges = sorted({0, cut, (cut * 7) % len(raw)} if pieces == 3 else {0, cut} if pieces == 2 else {0})
        cuts = [raw[start:stop] for start, stop in zip(edges, [*edges[1:], len(raw)], strict=True)]
        left = redact([(0.1 * at, piece) for at, piece in enumerate(cuts)], (KEY,))
        assert b"".join(data for _, data in left) == clean, f"cut at {edges}"


def test_every_telling_piece_of_a_key_is_blotted_out_wherever_it_stands() -> None:
    secret = bytes(range(65, 65 + 36))
    for size in range(TELLING, len(secret) + 1):
        for start in range(len(secret) - size + 1):
            piece = secret[start : start + size]
            [(_, left)] = redact([(0.0, b"<" + piece + b">")], (secret,))
            assert len(left) == size + 2
            assert not any(secret[at : at + TELLING] in left for at in range(len(secret) - TELLING + 1)), piece


def test_pieces_keep_their_times_where_no_key_is_cut() -> None:
    pieces = [(0.0, b"X-API-Key: lab-secret\r\n"), (0.5, b"\r\n"), (0.7, b"body")]
    assert redact(pieces, (KEY,)) == [(0.0, b"X-API-Key: [key*****]\r\n"), (0.5, b"\r\n"), (0.7, b"body")]


def test_without_a_secret_nothing_is_touched() -> None:
    pieces = [(0.0, b"lab-secret")]
    assert redact(pieces, ()) == pieces


def test_a_head_is_split_from_what_follows_however_it_is_cut() -> None:
    raw = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n\x81\x03tea"
    head, frames = raw[:-5], raw[-5:]
    for cut in range(len(raw) + 1):
        first, after = split_head([(0.0, raw[:cut]), (1.0, raw[cut:])])
        assert b"".join(data for _, data in first) == head, f"cut at {cut}"
        assert b"".join(data for _, data in after) == frames, f"cut at {cut}"


def test_the_ring_forgets_the_oldest_and_keeps_counting() -> None:
    journal = Journal(3)
    for _ in range(5):
        journal.open(exchange())
    assert journal.count == 5
    assert [one["number"] for one in journal.records()] == [3, 4, 5]
    assert [one["number"] for one in journal.records(last=2)] == [4, 5]
    assert [one["number"] for one in journal.records(last=10)] == [3, 4, 5]
    journal.clear()
    assert (journal.count, journal.records()) == (0, [])


def test_a_journal_that_grows_too_heavy_lets_the_oldest_go() -> None:
    journal = Journal(8, budget=100)
    for _ in range(8):
        one = exchange()
        one.came_in(b"x" * 40)
        journal.open(one)
    assert [one["number"] for one in journal.records()] == [7, 8]


def test_an_exchange_too_heavy_by_itself_stays_while_it_is_the_newest() -> None:
    journal = Journal(8, budget=100)
    for _ in range(2):
        one = exchange()
        one.came_in(b"x" * 500)
        journal.open(one)
    assert [one["number"] for one in journal.records()] == [2]


def test_connections_are_counted_within_the_sandbox_and_a_kept_one_keeps_its_number() -> None:
    journal = Journal(10)
    for connection, nth in [(71, 1), (90, 3), (71, 2), (90, 4), (12, 1)]:
        journal.open(Exchange(connection=connection, nth=nth, keep=10))
    assert [one["connection"] for one in journal.records()] == [1, 2, 1, 2, 3]


def test_a_connection_has_one_number_also_where_its_second_request_is_recorded_first() -> None:
    """A malformed request is recorded while it is read, the one ahead of it once the application has it."""
    journal = Journal(10)
    for connection, nth in [(8, 2), (8, 1), (9, 1)]:
        journal.open(Exchange(connection=connection, nth=nth, keep=10))
    assert [one["connection"] for one in journal.records()] == [1, 1, 2]


def test_only_so_many_bytes_are_kept_and_the_rest_are_counted() -> None:
    one = exchange(keep=10)
    one.came_in(b"12345")
    one.went_out(b"67890")
    one.went_out(b"more")
    one.came_in(b"!")
    record = shown(one)
    assert [text for _, text in record["request"]] == ["12345"]
    assert [text for _, text in record["response"]] == ["67890"]
    assert record["dropped"] == 5
    assert record["writes"] == 2, "writes counts what was not kept too"


def test_after_a_gap_nothing_is_kept_so_what_is_shown_has_no_hole() -> None:
    one = exchange(keep=10)
    for piece in (b"12345678", b"too long for it", b"x"):
        one.went_out(piece)
    assert [text for _, text in shown(one)["response"]] == ["12345678"]
    assert shown(one)["dropped"] == 16


def test_every_byte_survives_the_export() -> None:
    one = exchange()
    one.went_out(bytes(range(256)))
    exported = json.loads(json.dumps(shown(one)))["response"][0][1]
    assert exported.encode("latin-1") == bytes(range(256))


def test_the_first_cause_of_an_end_stands() -> None:
    one = exchange()
    assert shown(one)["ended"] is None
    assert shown(one)["seconds"] is None
    one.cut()
    one.end("client left")
    one.end("complete")
    assert shown(one)["ended"] == "cut by a fault"
    assert one.closed.is_set()


PLACES = {
    "bearer": lambda key: ("/v1/models", {"authorization": f"Bearer {key}"}),
    "bearer in small letters": lambda key: ("/v1/models", {"authorization": f"bearer {key}"}),
    "X-API-Key": lambda key: ("/v1/models", {"x-api-key": key}),
    "?key=": lambda key: (f"/v1/models?key={key}", {}),
    "all of them": lambda key: (f"/nowhere?key={key}", {"x-api-key": key, "authorization": f"Bearer {key}"}),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_key_stands_nowhere_in_the_journal(server, place: str) -> None:
    key = server.sandbox()
    path, headers = PLACES[place](key)
    server.http.get(path, headers=headers)
    server.http.post("/v1/chat/completions" + path.removeprefix("/v1/models"), content=f'{{"{key}"', headers=headers)
    raw = server.http.get("/lab/journal", headers={"x-api-key": key})
    assert raw.json()["count"] == 2, "both requests were recorded"
    assert key not in raw.text
    assert raw.text.count("[key*") >= 3


@pytest.mark.parametrize("where", ["bearer", "?key="])
def test_the_key_stands_in_no_frame_either(server, where: str) -> None:
    key = server.sandbox()
    query, headers = ("", {"authorization": f"Bearer {key}"}) if where == "bearer" else (f"?key={key}", {})
    url = f"{server.ws_url}/api/v1/query/ws{query}"
    with connect(url, additional_headers=headers, proxy=None, compression=None) as client:
        client.send(json.dumps({"key": key, "query": key, "model": "script"}))
        assert any(key in client.recv(timeout=5) for _ in range(3)), "the answer says it too"
    server.journal(key)
    raw = server.http.get("/lab/journal", headers={"x-api-key": key}).text
    assert key not in raw
    assert raw.count("[key*") >= 4


def test_a_key_cut_over_two_fragments_is_blotted_out_too(server) -> None:
    key = server.sandbox()
    url = f"{server.ws_url}/api/v1/query/ws?key={key}"
    text = json.dumps({"query": key, "model": "script"})
    with connect(url, proxy=None, compression=None) as client:
        client.send(iter([text[:20], text[20:]]))
        client.recv(timeout=5)
    sent = [frame["payload"] for frame in server.last(key)["frames"] if frame["direction"] == "received"]
    assert key not in "".join(sent)


def test_a_percent_encoded_key_is_blotted_out_too(server) -> None:
    key = server.sandbox()
    encoded = "".join(f"%{byte:02x}" for byte in key.encode())
    with server.dial() as wire:
        wire.send(server.request("GET", f"/v1/models?key={encoded}"))
        assert wire.answer().startswith(b"HTTP/1.1 200")
    assert encoded.encode() not in server.last(key).asked
