"""The event-stream standard as bytes. Every case is decoded whole, cut at every position, and byte by byte."""

import json
from collections.abc import Iterable

import pytest

from labserver import sse
from labserver.sse import ServerSentEvent as Event

STANDARD = [
    pytest.param(b"data: tea\n\n", [Event("tea")], id="one event"),
    pytest.param(b"data: a\n\ndata: b\n\n", [Event("a"), Event("b")], id="two events"),
    pytest.param(b"data: a\r\n\r\ndata: b\r\n\r\n", [Event("a"), Event("b")], id="CRLF ends a line"),
    pytest.param(b"data: a\r\rdata: b\n\n", [Event("a"), Event("b")], id="CR ends a line"),
    pytest.param(b"data: a\r\rdata: b\r\r", [Event("a"), Event("b")], id="CR to the end"),
    pytest.param(b"data: a\rdata: b\ndata: c\r\n\n", [Event("a\nb\nc")], id="three line ends in one event"),
    pytest.param(b"data: a\ndata:\ndata: b\n\n", [Event("a\n\nb")], id="data lines are joined by LF"),
    pytest.param(b"data\ndata\n\n", [Event("\n")], id="a field without a colon has an empty value"),
    pytest.param(b"data\n\n", [Event("")], id="one empty data line is an event"),
    pytest.param(b"\xef\xbb\xbfdata: a\n\n", [Event("a")], id="one BOM is stripped"),
    pytest.param(b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", [Event("b")], id="a second BOM is not"),
    pytest.param(b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Event("a")], id="nor is a later one"),
    pytest.param(b": hello\n\n:\n\n:data: x\n\ndata: a\n\n", [Event("a")], id="comments say nothing"),
    pytest.param(b"data: a\n: ping\ndata: b\n\n", [Event("a\nb")], id="a comment inside an event"),
    pytest.param(b"data:  a \n\n", [Event(" a ")], id="only one space after the colon goes"),
    pytest.param(b"data:a\n\n", [Event("a")], id="no space after the colon"),
    pytest.param(b"data: a: b\n\n", [Event("a: b")], id="only the first colon counts"),
    pytest.param(b"Data: x\nfoo: y\n data: z\ndata: a\n\n", [Event("a")], id="unknown fields are ignored"),
    pytest.param(b"event: cup\n\ndata: a\n\n", [Event("a")], id="no data, no event, and its name is forgotten"),
    pytest.param(b"event: cup\ndata: a\n\ndata: b\n\n", [Event("a", "cup"), Event("b")], id="the name lasts one event"),
    pytest.param(b"event:\ndata: a\n\n", [Event("a", "message")], id="an empty name means message"),
    pytest.param(b"id: 1\ndata: a\n\ndata: b\n\n", [Event("a", id="1"), Event("b", id="1")], id="the id persists"),
    pytest.param(b"id: 1\n\ndata: b\n\n", [Event("b", id="1")], id="an id without data counts too"),
    pytest.param(b"id: 1\ndata: a\n\nid\ndata: b\n\n", [Event("a", id="1"), Event("b")], id="an empty id resets"),
    pytest.param(b"id: 1\nid: \x002\ndata: a\n\n", [Event("a", id="1")], id="an id with NULL is ignored"),
    pytest.param(b"retry: 1500\ndata: a\n\n", [Event("a", retry=1500)], id="retry"),
    pytest.param(b"retry: 1500\n\ndata: a\n\n", [Event("a", retry=1500)], id="a retry block of its own"),
    pytest.param(b"retry: -5\ndata: a\n\n", [Event("a")], id="retry takes digits only"),
    pytest.param(b"retry: 1e3\nretry: \xc2\xb2\nretry:\ndata: a\n\n", [Event("a")], id="no other number either"),
    pytest.param(b"data: a\n\ndata: b\n", [Event("a")], id="an unfinished last event is discarded"),
    pytest.param(b"data: a\n\ndata: b", [Event("a")], id="and so is an unfinished line"),
    pytest.param("data: 🍵 né\n\n".encode(), [Event("🍵 né")], id="UTF-8 of two and four bytes"),
    pytest.param(b"data: \xff\n\n", [Event("\ufffd")], id="broken UTF-8 becomes U+FFFD"),
    pytest.param("data: a\u2028b\x85c\x0bd\n\n".encode(), [Event("a\u2028b\x85c\x0bd")], id="other line ends are text"),
    pytest.param(b"\n\n\ndata: a\n\n\n\n", [Event("a")], id="blank lines are free"),
    pytest.param(b"", [], id="nothing"),
]


def decode(pieces: Iterable[bytes]) -> list[Event]:
    decoder = sse.Decoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


@pytest.mark.parametrize(("raw", "events"), STANDARD)
def test_the_standard_decodes_the_same_however_the_bytes_are_cut(raw: bytes, events: list[Event]) -> None:
    assert decode([raw]) == events
    assert decode([raw[at : at + 1] for at in range(len(raw))]) == events
    for cut in range(len(raw) + 1):
        assert decode([raw[:cut], raw[cut:]]) == events, f"cut at byte {cut}"
        assert decode([raw[:cut], b"", raw[cut:]]) == events, f"an empty piece at byte {cut}"


def test_a_retry_that_no_clock_can_hold_is_ignored() -> None:
    assert decode([b"retry: " + b"9" * 5000 + b"\ndata: a\n\n"]) == [Event("a")]


def test_an_event_is_dispatched_at_its_blank_line_and_not_later() -> None:
    decoder = sse.Decoder()
    assert list(decoder.feed(b"data: a\n")) == []
    assert list(decoder.feed(b"\n")) == [Event("a")]


@pytest.mark.parametrize(
    ("data", "event", "id", "raw"),
    [
        ("tea", None, None, b"data: tea\n\n"),
        ("", None, None, b"data: \n\n"),
        ("a\nb", None, None, b"data: a\ndata: b\n\n"),
        ("a\r\nb\rc", None, None, b"data: a\ndata: b\ndata: c\n\n"),
        ("🍵", "cup", "7", b"event: cup\nid: 7\ndata: \xf0\x9f\x8d\xb5\n\n"),
        ("a", None, "", b"id: \ndata: a\n\n"),
    ],
)
def test_an_event_leaves_as_exactly_these_bytes(data: str, event: str | None, id: str | None, raw: bytes) -> None:
    assert sse.encode(data, event, id) == raw


@pytest.mark.parametrize(
    "event",
    [
        Event("tea"),
        Event(""),
        Event("\n\n"),
        Event(" two  spaces "),
        Event(": not a comment"),
        Event("data: not a field\n\nid: 3"),
        Event('{"chunk": "🍵"}', event="content"),
        Event("a\nb\n", event="cup", id="12"),
        Event("\ufeffBOM inside"),
    ],
)
def test_what_is_encoded_is_decoded_as_it_was(event: Event) -> None:
    named = None if event.event == "message" else event.event
    raw = sse.encode(event.data, named, event.id or None)
    assert decode([raw]) == [event]
    assert decode([raw[at : at + 1] for at in range(len(raw))]) == [event]


def test_json_survives_the_framer_whatever_is_in_it() -> None:
    value = {"chunk": 'line\nbreak\r\n\u2028 🍵 \\n "quoted"', "n": 1}
    [event] = decode([sse.encode(json.dumps(value, ensure_ascii=False))])
    assert json.loads(event.data) == value


def test_a_comment_is_a_block_that_dispatches_nothing() -> None:
    assert sse.comment("ping") == b": ping\n\n"
    assert decode([sse.comment(), sse.comment("ping"), sse.encode("a"), sse.comment()]) == [Event("a")]


def test_the_done_marker_is_an_ordinary_event() -> None:
    assert sse.encode("[DONE]") == sse.DONE
    assert decode([sse.DONE]) == [Event("[DONE]")]
