"""Recorded bytes cut at every place that a network may cut: heads, chunks and event-stream blocks stay whole."""

import itertools
import random
from collections.abc import Iterator

import pytest

from labkit.bytestream import Event, Head, Piece, chunks, events, parse_head, split
from labserver import sse
from labserver.conformance import CASES, Case

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
BODY = b"data: tea\n\n"


def in_two(data: bytes) -> Iterator[list[Piece]]:
    """The bytes cut once, at every place; the first part comes at second 1, the other one at second 2."""
    for place in range(len(data) + 1):
        yield [(1.0, data[:place]), (2.0, data[place:])]


def byte_by_byte(data: bytes) -> list[Piece]:
    return [(float(at), data[at : at + 1]) for at in range(len(data))]


def told(body: bytes) -> list[Event]:
    """The events of a body that came in one piece."""
    return list(events([(0.0, body)]))


def data_of(body: bytes) -> list[str]:
    return [event.data for event in told(body)]


# Heads


def test_header_names_keep_their_spelling_and_order_and_are_found_in_any() -> None:
    head = parse_head(b"GET /a?b=c HTTP/1.1\r\nHost: lab\r\nX-lAb-PACE: ttft=0\r\nhost: other")
    assert head == Head("GET /a?b=c HTTP/1.1", (("Host", "lab"), ("X-lAb-PACE", "ttft=0"), ("host", "other")))
    assert head.get("x-lab-pace") == head.get("X-LAB-PACE") == "ttft=0"
    assert head.get("HOST") == "lab", "the first of several"
    assert (head.get("cookie"), head.get("cookie", "none")) == ("", "none")


def test_a_repeated_header_stands_as_often_as_it_was_sent() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nset-cookie: a=1\r\ndate: now\r\nset-cookie: b=2")
    assert [value for name, value in head.headers if name == "set-cookie"] == ["a=1", "b=2"]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"host: 127.0.0.1:8001", "127.0.0.1:8001"),
        (b"referer:http://a:1/", "http://a:1/"),
        (b"x-wide: \t two  words \t", "two  words"),
        (b"x-empty:", ""),
        (b"x-latin: caf\xe9", "café"),
        ("x-name: voilà".encode(), "voilÃ\xa0"),
    ],
)
def test_a_value_begins_after_the_first_colon_and_loses_only_outer_spaces(line: bytes, value: str) -> None:
    [(_, read)] = parse_head(b"GET / HTTP/1.1\r\n" + line).headers
    assert read == value


def test_a_head_without_header_lines_is_only_its_start() -> None:
    assert parse_head(b"HTTP/1.1 204 No Content") == Head("HTTP/1.1 204 No Content", ())


def test_head_and_body_part_at_the_blank_line_wherever_the_network_cuts() -> None:
    for pieces in in_two(HEAD + BODY):
        head, body = split(pieces)
        assert head == parse_head(HEAD.removesuffix(b"\r\n\r\n"))
        assert b"".join(data for _, data in body) == BODY
    head, body = split(byte_by_byte(HEAD + BODY))
    assert head.get("content-type") == "text/event-stream"
    assert body == [(float(len(HEAD) + at), bytes([byte])) for at, byte in enumerate(BODY)]


def test_a_piece_of_body_that_came_with_the_head_keeps_its_time() -> None:
    assert split([(1.0, HEAD + b"a"), (2.0, b"b")])[1] == [(1.0, b"a"), (2.0, b"b")]
    assert split([(1.0, HEAD), (2.0, b"b")])[1] == [(2.0, b"b")], "no empty piece"


def test_a_blank_line_in_the_body_is_body() -> None:
    assert split([(0.0, HEAD + b"a\r\n\r\nb")])[1] == [(0.0, b"a\r\n\r\nb")]


def test_bytes_without_a_blank_line_are_all_head() -> None:
    assert split([(0.0, b"GET / HTTP/1.1\r\nHo"), (1.0, b"st: lab\r\n")]) == (
        Head("GET / HTTP/1.1", (("Host", "lab"),)),
        [],
    )
    assert split([]) == (Head("", ()), [])


def test_interim_answers_before_the_head_are_passed_over_wherever_the_network_cuts() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </tea>\r\n\r\n"
    for pieces in [*in_two(interim + HEAD + BODY), byte_by_byte(interim + HEAD + BODY)]:
        head, body = split(pieces)
        assert (head.start, head.get("link")) == ("HTTP/1.1 200 OK", "")
        assert b"".join(data for _, data in body) == BODY
    assert split([(0.0, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")])[0].start == "HTTP/1.1 101 Switching Protocols"


# Chunks

CHUNKED = b"5\r\ngreen\r\nA;note=x\r\n tea \r\n is\r\n1f;a=b;c\r\n" + b"x" * 31 + b"\r\n0\r\n\r\n"
CHUNKS = [b"green", b" tea \r\n is", b"x" * 31, b""]


def test_chunks_are_read_wherever_the_network_cuts() -> None:
    for pieces in [*in_two(CHUNKED), byte_by_byte(CHUNKED)]:
        assert [data for _, data in chunks(pieces)] == CHUNKS


def test_a_chunk_happened_when_its_last_byte_did() -> None:
    body = b"3\r\ntea\r\n0\r\n\r\n"
    assert list(chunks(byte_by_byte(body))) == [(7.0, b"tea"), (12.0, b"")]


def test_the_empty_last_chunk_is_told_apart_from_a_body_that_was_cut() -> None:
    assert list(chunks([(0.0, b"3\r\ntea\r\n0\r\n\r\n")]))[-1] == (0.0, b"")
    assert list(chunks([(0.0, b"3\r\ntea\r\n")])) == [(0.0, b"tea")]


@pytest.mark.parametrize("torn", [b"", b"3", b"3\r", b"3\r\n", b"3\r\nte", b"3\r\ntea", b"3\r\ntea\r", b"3;ext"])
def test_an_incomplete_chunk_is_not_given(torn: bytes) -> None:
    assert list(chunks([(0.0, b"5\r\ngreen\r\n" + torn)])) == [(0.0, b"green")]


def test_trailers_after_the_last_chunk_are_no_chunk() -> None:
    assert list(chunks([(0.0, b"3\r\ntea\r\n0\r\nx-sum: 1\r\n\r\n")])) == [(0.0, b"tea"), (0.0, b"")]


# Events


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_events_are_read_with_every_line_end_wherever_the_network_cuts(end: bytes) -> None:
    lines = [b"id: 7", b"event: tea", b"data: green", b"data: black", b"", b": ping", b"", b"data: last", b"", b""]
    body = end.join(lines)
    due = [("green\nblack", "tea", "7"), ("last", "message", "")]
    for pieces in [*in_two(body), byte_by_byte(body)]:
        assert [(event.data, event.name, event.id) for event in events(pieces)] == due


def test_an_event_happened_when_its_last_byte_did() -> None:
    assert [event.at for event in events(byte_by_byte(b"data: a\n\ndata: b\n\n"))] == [8.0, 17.0]


@pytest.mark.parametrize(
    "body", [b"", b"\n\n\n", b": ping\n\n", b":\n:\n\n: again\n\n", b"id: 7\n\n", b"retry: 10\n\n"]
)
def test_a_block_without_data_is_no_event(body: bytes) -> None:
    assert told(body) == []
    assert data_of(body + b"data: tea\n\n") == ["tea"], "and swallows nothing of the next one"


def test_an_unfinished_last_block_is_no_event() -> None:
    assert data_of(b"data: a\n\ndata: b\n") == ["a"]


def test_one_space_after_the_colon_belongs_to_the_format_and_a_second_one_to_the_data() -> None:
    assert data_of(b"data:tea\n\ndata: tea\n\ndata:  tea \n\n") == ["tea", "tea", " tea "]


def test_lines_of_data_are_joined_by_a_newline_and_empty_ones_count() -> None:
    assert data_of(b"data: one\ndata\ndata:\ndata: four\n\n") == ["one\n\n\nfour"]


def test_a_field_may_hold_colons_and_unknown_fields_are_passed_over() -> None:
    assert told(b'data: {"a": "b:c"}\nretry: 3\nteapot: yes\n: no\n\n') == [Event(0.0, '{"a": "b:c"}')]


def test_the_last_of_two_names_or_ids_counts_and_each_event_has_its_own() -> None:
    first, second = told(b"event: a\nevent: b\nid: 1\nid: 2\ndata: x\n\ndata: y\n\n")
    assert (first.name, first.id) == ("b", "2")
    assert (second.name, second.id) == ("message", "")


def test_an_empty_event_name_means_message() -> None:
    assert [event.name for event in told(b"event:\ndata: x\n\n")] == ["message"]


def test_an_emoji_that_the_network_cuts_in_two_is_whole_again() -> None:
    body = "data: Grüße 🍵 茶\n\n".encode()
    for pieces in [*in_two(body), byte_by_byte(body)]:
        assert [event.data for event in events(pieces)] == ["Grüße 🍵 茶"]


def test_bytes_that_are_not_utf_8_do_not_stop_the_stream() -> None:
    assert data_of(b"data: a\xf0\x9fb\n\ndata: tea\n\n") == ["a\ufffdb", "tea"]


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c"])
def test_only_cr_and_lf_end_a_line_whatever_python_takes_for_one(character: str) -> None:
    assert data_of(f"data: green{character}tea\n\n".encode()) == [f"green{character}tea"]


@pytest.mark.parametrize(
    ("body", "due"),
    [
        (b"data: a\n\r\ndata: b\r\n\n", ["a", "b"]),
        (b"data: a\r\n\rdata: b\r\r\n", ["a", "b"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
    ],
    ids=["LF then CRLF", "CRLF then CR", "BOM"],
)
def test_the_corners_of_the_standard(body: bytes, due: list[str]) -> None:
    assert data_of(body) == due


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_case_of_the_standard_is_read_wherever_the_network_cuts(case: Case) -> None:
    """Ids apart: in the standard an id persists, here an event has only the one of its own block."""
    due = [(event.data, event.event) for event in case.events]
    for pieces in [*in_two(case.raw), byte_by_byte(case.raw)]:
        assert [(event.data, event.name) for event in events(pieces)] == due, pieces


def test_an_id_with_null_is_none() -> None:
    assert [event.id for event in told(b"id: 1\nid: \x002\ndata: a\n\nid: \x00\ndata: b\n\n")] == ["1", ""]


def test_a_stream_reads_as_the_servers_own_decoder_reads_it() -> None:
    dice = random.Random(7)
    words = ["data: tea", "data", "data:", "event: x", "event:", ": ping", "id: 1", "🍵", "\u2028", "\ufeff", " ", ":"]
    ends = ["\n", "\r\n", "\r"]
    dispatched = 0
    for _ in range(500):
        body = "".join(dice.choice(words + ends * 5) for _ in range(dice.randint(1, 40))).encode()
        cuts = sorted(dice.randint(0, len(body)) for _ in range(dice.randint(0, 5)))
        pieces = [body[start:end] for start, end in itertools.pairwise([0, *cuts, len(body)])]
        decoder = sse.Decoder()
        due = [(event.data, event.event) for piece in pieces for event in decoder.feed(piece)]
        assert [(event.data, event.name) for event in events([(0.0, piece) for piece in pieces])] == due, pieces
        dispatched += len(due)
    assert dispatched > 300, "or nothing was compared"


@pytest.mark.parametrize(
    ("data", "value"), [('{"a": [1]}', {"a": [1]}), ("[DONE]", {}), ("[1]", {}), ("", {}), ("{", {}), ("3", {})]
)
def test_data_that_is_no_json_object_reads_as_an_empty_one(data: str, value: dict[str, object]) -> None:
    assert Event(0.0, data).json == value
