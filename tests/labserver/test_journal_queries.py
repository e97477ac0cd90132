"""The journal asked: filters, waiting, overlap, and what a record says beyond the bytes."""

from typing import Any

import pytest

from labserver.exchange import CLIENT_LEFT, COMPLETE, Exchange
from labserver.journal import Journal, Query, peak_overlap

QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
SLOW = {"x_lab_pace": "ttft=0;tps=2;jitter=0"}


def exchange(request: bytes = b"GET /tea HTTP/1.1\r\n\r\n", status: int | None = 200, **given: Any) -> Exchange:
    made = Exchange(**{"connection": 1, "nth": 1, "keep": 1000} | given)
    made.came_in(request)
    if status is not None:
        made.went_out(b"HTTP/1.1 %d OK\r\n\r\n" % status)
    return made


def numbers(journal: Journal, **conditions: Any) -> list[int]:
    return [entry.number for entry in journal.entries(Query(**conditions))]


@pytest.fixture
def journal() -> Journal:
    journal = Journal(10)
    kept = [
        exchange(b"GET /v1/models?cup=1 HTTP/1.1\r\n\r\n"),
        exchange(b"POST /v1/chat/completions HTTP/1.1\r\n\r\n", 429),
        exchange(b"GET http://lab/v1/models HTTP/1.1\r\n\r\n", 404),
        exchange(b"GET /gr%C3%BCn HTTP/1.1\r\n\r\n", None),
        exchange(b"GET /ws HTTP/1.1\r\n\r\n", 101, websocket=True),
        exchange(b"gibberish\n", 400, malformed=True),
    ]
    for one in kept:
        journal.open(one)
        if one is not kept[3]:
            one.end(COMPLETE)
    return journal


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"path": "/v1/*"}, [1, 2, 3]),
        ({"path": "/v1/models"}, [1, 3]),
        ({"path": "/grün"}, [4]),
        ({"method": "POST"}, [2]),
        ({"status": "429"}, [2]),
        ({"status": "4xx"}, [2, 3, 6]),
        ({"status": "5xx"}, []),
        ({"kind": "websocket"}, [5]),
        ({"kind": "http", "status": "2xx"}, [1]),
        ({"malformed": True}, [6]),
        ({"malformed": False, "since": 4}, [5]),
        ({"since": 4}, [5, 6]),
        ({"since": 99}, []),
        ({"number": 3}, [3]),
        ({"number": 3, "since": 3}, []),
        ({"number": 99}, []),
        ({"open_only": True}, [4]),
        ({"last": 2}, [5, 6]),
        ({"path": "/v1/*", "last": 1}, [3]),
    ],
)
def test_conditions_hold_together(journal: Journal, conditions: dict[str, Any], found: list[int]) -> None:
    assert numbers(journal, **conditions) == found


def test_one_waits_only_for_those_that_may_fit() -> None:
    journal = Journal(10)
    journal.open(exchange(b"GET /tea HTTP/1.1\r\n\r\n", None))
    assert len(journal.still_open(Query(path="/tea", status="200"))) == 1, "its status is not known yet"
    assert journal.still_open(Query(path="/coffee")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        *("last=0", "since=-1", "since=" + "9" * 30, "status=99", "status=4x", "status=teapot", "kind=tea", "method="),
        *("path=", "path=" + "x" * 201, "wait=31", "open=perhaps", "malformed=2", "colour=green"),
    ],
)
@pytest.mark.parametrize("where", ["", ".jsonl", ".har"])
def test_a_bad_condition_is_refused_by_name(server, wrong: str, where: str) -> None:
    answer = server.http.get(f"/lab/journal{where}?{wrong}", headers={"x-api-key": server.sandbox()})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["details"]["fields"]) == [wrong.partition("=")[0]]


def test_conditions_over_http(server) -> None:
    key = server.sandbox()
    owner = {"x-api-key": key}
    for path in ("/v1/models", "/nowhere", "/v1/models/none", "/health"):
        server.http.get(path, headers=owner)

    def ask(**conditions: Any) -> list[int]:
        told = server.http.get("/lab/journal", params=conditions, headers=owner).raise_for_status().json()
        assert told["count"] == 4
        return [record["number"] for record in told["exchanges"]]

    assert ask(path="/v1/*") == [1, 3]
    assert ask(status="4xx", method="get") == [2, 3]
    assert ask(since=2, kind="http", open="false") == [3, 4]
    assert server.http.get("/lab/journal", params={"key": key, "last": 1}).json()["exchanges"][0]["number"] == 4


def test_overlap_counts_the_others_that_are_open_when_one_begins() -> None:
    journal = Journal(10)
    first, second, third = (exchange() for _ in range(3))
    journal.open(first)
    journal.open(second)
    first.end(COMPLETE)
    second.end(COMPLETE)
    journal.open(third)
    assert [record["overlap"] for record in journal.records()] == [0, 1, 0]


def test_the_peak_of_a_query_counts_its_own_exchanges_only() -> None:
    journal = Journal(10)
    spans = [(b"/a", 0, 4), (b"/b", 1, 3), (b"/a", 2, 1), (b"/a", 5, None), (b"/b", 6, 1)]
    for path, opened, seconds in spans:
        one = exchange(b"GET %b HTTP/1.1\r\n\r\n" % path)
        journal.open(one)
        one.opened, one.seconds = float(opened), seconds
    assert peak_overlap(journal.entries()) == 3
    assert peak_overlap(journal.entries(Query(path="/a"))) == 2
    assert peak_overlap(journal.entries(Query(path="/b"))) == 1
    assert peak_overlap([]) == 0


def test_overlap_on_the_wire(server) -> None:
    key = server.sandbox()
    with server.dial() as one, server.dial() as two:
        for wire in (one, two):
            wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, **SLOW))
            wire.until(b"Green")
        shown = server.http.get("/lab/journal", params={"open": True}, headers={"x-api-key": key}).json()
        assert shown["peak_overlap"] == 2
        assert [record["overlap"] for record in shown["exchanges"]] == [0, 1]
    assert server.http.get("/lab/journal", params={"path": "/none"}, headers={"x-api-key": key}).json() == {
        "count": 2,
        "peak_overlap": 0,
        "exchanges": [],
    }


def test_a_retry_says_which_one_it_is(server) -> None:
    key = server.sandbox()
    for headers in ({}, {"x-stainless-retry-count": "2"}, {"X-Stainless-Retry-Count": "many"}):
        server.http.get("/v1/models", headers={"x-api-key": key} | headers)
    assert [record["retry_count"] for record in server.journal(key)] == [None, 2, None]


def test_a_client_that_leaves_is_recorded_with_the_chunk_it_left_after(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, **SLOW))
        wire.until(b" tea")
    record = server.last(key)
    assert record["ended"] == CLIENT_LEFT
    assert record["left_after"] == 3 == len(record["response"]) - 1, "`start` and two deltas; the head is no chunk"
    assert (record["produced"], record["produced_after"]) == (2, 0), "the model was freed at once"


def test_who_stays_has_not_left(server) -> None:
    key = server.sandbox()
    server.http.post("/api/v1/query", json=QUERY, headers={"x-api-key": key, "x-lab-pace": "ttft=0"})
    record = server.last(key)
    assert (record["left_after"], record["status"], record["unread"]) == (None, 200, 0)


def test_work_done_for_nobody_is_counted() -> None:
    one = exchange()
    one.worked()
    one.end(CLIENT_LEFT)
    one.worked()
    one.worked()
    assert (one.produced, one.produced_after) == (3, 2)


@pytest.mark.parametrize("pieces", [1, 2])
def test_a_body_that_nobody_read_is_counted(server, pieces: int) -> None:
    key = server.sandbox()
    raw = server.request("POST", "/nowhere", {"tea": "x" * 1000}, key)
    with server.dial() as wire:
        cut = raw.index(b"xxx") if pieces == 2 else len(raw)
        wire.send(raw[:cut])
        wire.answer()
        wire.send(raw[cut:] + server.request("GET", "/health", key=key))
        wire.answer()
    unread, after = server.journal(key)
    assert (unread["status"], after["status"]) == (404, 200)
    assert unread["unread"] == len(raw.partition(b"\r\n\r\n")[2])
    assert after["unread"] == 0
