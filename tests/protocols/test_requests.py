"""`requests` over /api/v1/query and its stream: lines, pieces, cuts, and an emoji that the wire tears apart."""

import codecs
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
QUERY = {"query": "|".join(WORDS), "model": "script"}
FAST = "ttft=0;tps=10000;jitter=0"


@pytest.fixture
def key(server) -> str:
    return server.sandbox()


@pytest.fixture
def session(key: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers.update({"authorization": f"Bearer {key}", "x-lab-pace": FAST})
        yield session


def stream(server, session: requests.Session, fault: str = "", **headers: str) -> requests.Response:
    headers |= {"x-lab-fault": fault} if fault else {}
    return session.post(f"{server.url}/api/v1/query/stream", json=QUERY, headers=headers, stream=True, timeout=10)


def messages(lines: Iterator[str]) -> list[Any]:
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [one if one == "[DONE]" else json.loads(one) for one in data]


def said(told: list[Any]) -> str:
    return "".join(one["chunk"] for one in told if one != "[DONE]" and one["type"] == "content")


@pytest.mark.parametrize("fault", ["", "pings", "crlf"])
def test_iter_lines_reads_the_stream_message_by_message(server, session, fault: str) -> None:
    with stream(server, session, fault) as answer:
        told = messages(line.decode() for line in answer.iter_lines())
    assert [one if one == "[DONE]" else one["type"] for one in told] == ["start", *["content"] * 6, "end", "[DONE]"]
    assert said(told) == told[-2]["full_response"] == "Green tea is good 🍵."


def test_the_stream_declares_utf_8_so_requests_decodes_it_right(server, session) -> None:
    with stream(server, session) as answer:
        assert answer.encoding == "utf-8"
        assert said(messages(answer.iter_lines(decode_unicode=True))) == "Green tea is good 🍵."


def test_an_emoji_torn_apart_on_the_wire_is_whole_with_an_incremental_decoder(server, session) -> None:
    with stream(server, session, "slice;bytes=1") as answer:
        pieces = list(answer.raw.stream(decode_content=False))
    assert len(pieces) > 300, "a byte at a time"
    assert {len(piece) for piece in pieces} == {1}
    naive = "".join(piece.decode("utf-8", "replace") for piece in pieces)
    assert "🍵" not in naive
    assert naive.count("\ufffd") == 8, "four bytes in a chunk and four in the full response"
    decoder = codecs.getincrementaldecoder("utf-8")()
    assert said(messages("".join(map(decoder.decode, pieces)).splitlines())) == "Green tea is good 🍵."


def test_iter_lines_puts_an_emoji_together_too(server, session) -> None:
    with stream(server, session, "slice;bytes=1") as answer:
        assert said(messages(line.decode() for line in answer.iter_lines())) == "Green tea is good 🍵."


def test_a_cut_stream_raises_and_one_without_done_just_ends(server, session) -> None:
    heard: list[str] = []
    with stream(server, session, "cut;after=3") as answer, pytest.raises(requests.exceptions.ChunkedEncodingError):
        heard.extend(line.decode() for line in answer.iter_lines())
    with stream(server, session, "no_done;after=3") as answer:
        assert said(messages(line.decode() for line in answer.iter_lines())) == "Green tea"


def test_a_late_error_is_a_message_and_the_last_one(server, session) -> None:
    with stream(server, session, "late_error;after=2") as answer:
        assert answer.status_code == 200
        told = messages(line.decode() for line in answer.iter_lines())
    assert said(told) == "Green tea"
    error, done = told[-2:]
    assert (set(error), error["type"], error["timestamp"]) == ({"type", "error", "timestamp"}, "error", "error")
    assert done == "[DONE]"


def test_leaving_the_with_block_stops_the_server(server, session, key: str) -> None:
    with stream(server, session, **{"x-lab-pace": "ttft=0;tps=5;jitter=0"}) as answer:
        next(line for line in answer.iter_lines() if b"Green" in line)
    record = server.last(key)
    assert record["ended"] == "client left"
    assert record["produced"] < len(WORDS)


def test_one_session_is_one_connection_and_no_session_is_a_new_one_each_time(server, session, key: str) -> None:
    for _ in range(2):
        session.post(f"{server.url}/api/v1/query", json=QUERY, timeout=10)
    for _ in range(2):
        requests.get(f"{server.url}/v1/models", headers={"x-api-key": key}, timeout=10)
    assert [(one["connection"], one["nth"]) for one in server.journal(key)] == [(1, 1), (1, 2), (2, 1), (3, 1)]


def test_a_whole_answer(server, session) -> None:
    answer = session.post(f"{server.url}/api/v1/query", json=QUERY, timeout=10)
    assert answer.json() == {
        "response": "Green tea is good 🍵.",
        "model_used": "script",
        "tokens_used": 23,
        "processing_time": 0.001,
        "finish_reason": "stop",
    }
