"""The live tail: events with ids, resumable, bounded, and nobody waits for a slow listener."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import connect

from labserver import sse
from labserver.exchange import COMPLETE, Exchange
from labserver.journal import Journal
from labserver.tail import MOST_LISTENERS, SHOWN

TAIL = "/lab/journal/tail"
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
FAST = {"x-lab-pace": "ttft=0;tps=5000;jitter=0"}


class Listener:
    """One open tail; `until` reads events up to the first with that name."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = lines
        self.decoder = sse.Decoder()
        self.waiting: list[sse.ServerSentEvent] = []

    def until(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        heard: list[tuple[str, dict[str, Any]]] = []
        while not heard or heard[-1][0] != name:
            while not self.waiting:
                self.waiting += self.decoder.feed(next(self.lines))
            event = self.waiting.pop(0)
            self.last_id = event.id
            heard.append((event.event, json.loads(event.data)))
        return heard


@contextmanager
def listening(server, key: str, last: str | None = None) -> Iterator[Listener]:
    """A tail that listens already when the block begins."""
    headers = {"x-api-key": key} | ({"last-event-id": last} if last is not None else {})
    with server.http.stream("GET", TAIL, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_bytes()
        assert next(lines).startswith(b": listening\n\n")
        yield Listener(lines)


def names(heard: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [name for name, _ in heard]


def ask(server, key: str) -> bytes:
    return server.http.post("/api/v1/query/stream", json=QUERY, headers={"x-api-key": key} | FAST).content


def test_an_exchange_is_heard_as_it_happens_and_says_what_the_journal_says(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        ask(server, key)
        heard = tail.until("ended")
    record = server.last(key)
    assert names(heard) == ["opened", "head", *["chunk"] * record_chunks(record), "ended"]
    opened, head, *chunks, ended = [data for _, data in heard]
    assert opened["request_line"] == "POST /api/v1/query/stream HTTP/1.1"
    assert {name: opened[name] for name in opened if name != "request_line"} == {
        name: record[name] for name in opened if name != "request_line"
    }
    assert head["status"] == 200
    assert head["text"] + "".join(chunk["text"] for chunk in chunks) == record.answered.decode("latin-1")
    assert [chunk["index"] for chunk in chunks] == list(range(1, len(chunks) + 1))
    assert [chunk["at"] for chunk in chunks] == [at for at, text in record["response"][1:] if text]
    assert (ended["ended"], ended["seconds"]) == ("complete", record["seconds"])


def test_the_end_names_the_fault_that_left_no_head_to_name_it_in(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        with server.dial() as wire:
            wire.send(server.request("GET", "/health", key=key, x_lab_fault="lose_reply"))
            assert wire.rest() == b""
        heard = tail.until("ended")
    assert names(heard) == ["opened", "ended"]
    assert (heard[-1][1]["fault"], heard[-1][1]["ended"]) == ("lose_reply", "cut by a fault")


def record_chunks(record) -> int:
    return sum(bool(text) for _, text in record["response"][1:])


def test_a_websockets_frames_are_heard_both_ways(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        with connect(
            f"{server.ws_url}/api/v1/query/ws?key={key}", additional_headers=FAST, proxy=None, compression=None
        ) as client:
            client.send(json.dumps(QUERY))
            while json.loads(client.recv(timeout=5))["type"] != "end":
                pass
        heard = tail.until("ended")
    record = server.last(key)
    frames = [{name: value for name, value in data.items() if name != "number"} for name, data in heard[2:-1]]
    assert names(heard)[:2] == ["opened", "head"]
    assert sorted(frames, key=lambda frame: frame["at"]) == record["frames"]
    assert key not in json.dumps(heard)


def test_the_first_listener_also_hears_what_is_open_already(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_pace="ttft=0;tps=2;jitter=0"))
        wire.until(b"Green")
        with listening(server, key) as tail:
            assert names(tail.until("chunk")) == ["opened", "head", "chunk"]


def test_a_listener_that_comes_back_misses_nothing_and_hears_nothing_twice(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        ask(server, key)
        first = tail.until("head")
        last = tail.last_id
    ask(server, key)
    with listening(server, key, last) as tail:
        rest = tail.until("ended") + tail.until("ended")
    with listening(server, key, "0") as tail:
        assert first + rest == tail.until("ended") + tail.until("ended")


def test_an_id_may_come_in_the_query_too(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        ask(server, key)
        tail.until("ended")
    url = f"/lab/journal/tail?key={key}&last_event_id=1"
    with server.http.stream("GET", url) as answer:
        assert names(Listener(answer.iter_bytes()).until("head")) == ["head"]


def test_an_id_that_was_never_given_is_told_so(server) -> None:
    key = server.sandbox()
    with listening(server, key, "4711") as tail:
        assert tail.until("missed") == [("missed", {"count": None})]
        ask(server, key)
        assert names(tail.until("ended"))[0] == "opened"


@pytest.mark.parametrize("wrong", ["tea", "-1", "1.5", "١", "9" * 16])
def test_an_id_that_is_none_is_refused(server, wrong: str) -> None:
    answer = server.http.get(TAIL, headers={"x-api-key": server.sandbox()}, params={"last_event_id": wrong})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_REQUEST")


def test_a_reset_is_heard_and_numbers_begin_anew_but_ids_go_on(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        ask(server, key)
        tail.until("ended")
        before = int(tail.last_id)
        server.http.post("/lab/reset", headers={"x-api-key": key})
        ask(server, key)
        heard = tail.until("ended")
    assert names(heard)[:2] == ["reset", "opened"]
    assert heard[1][1]["number"] == 1
    assert int(tail.last_id) == before + len(heard)


def test_the_tail_is_in_no_journal(server) -> None:
    key = server.sandbox()
    with listening(server, key):
        assert server.journal(key) == []


def one_more_listener(server, key: str) -> Any:
    """Who comes in the moment in which others leave may find their places taken still, and comes again."""
    for _ in range(1000):
        wire = server.dial()
        wire.send(server.request("GET", TAIL, key=key))
        if b" 200 " in wire.until(b"\r\n\r\n"):
            wire.until(b": listening")
            return wire
        wire.socket.close()
    pytest.fail("listeners that have left keep their places")


def test_no_listener_is_left_over_and_there_is_room_for_so_many(server) -> None:
    key = server.sandbox()
    for _ in range(2):  # a second time: those of the first have gone
        wires = [one_more_listener(server, key) for _ in range(MOST_LISTENERS)]
        refused = server.http.get(TAIL, headers={"x-api-key": key})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        for wire in wires:
            wire.socket.close()
        server.await_quiet()


def test_the_end_of_the_sandbox_ends_its_tail(server) -> None:
    key = server.sandbox()
    with listening(server, key) as tail:
        server.http.delete("/lab/sandboxes", headers={"x-api-key": key})
        assert tail.until("farewell") == [("farewell", {"why": "the sandbox ended"})]
        assert list(tail.lines) == []


def test_a_server_that_ends_says_farewell_to_its_listeners(start_server) -> None:
    server = start_server()
    with server.dial() as wire:
        wire.send(server.request("GET", TAIL, key=server.sandbox()))
        wire.until(b": listening")
        assert server.stop() < 2
        assert b'event: farewell\ndata: {"why": "shutdown"}' in wire.rest()


def test_a_listener_that_does_not_read_delays_nobody_and_is_told_what_it_missed(server) -> None:
    key = server.sandbox(tier="bench")
    script = "|".join(["tea " * 100] * 2000)
    chat = {"model": "script", "messages": [{"role": "user", "content": script}], "stream": True, "n": 8}
    with server.dial() as deaf, listening(server, key) as attentive, ThreadPoolExecutor(1) as pool:
        deaf.send(server.request("GET", TAIL, key=key))
        deaf.until(b": listening")
        heard = pool.submit(attentive.until, "ended")
        fast = {"x-api-key": key, "x-lab-pace": "ttft=0;tps=100000"}
        answer = server.http.post("/v1/chat/completions", json=chat, headers=fast)
        assert answer.content.endswith(b"data: [DONE]\n\n")
        assert heard.result(10)[-1][0] == "ended", "the other one is not held up"
        told, end = [], b""
        while b"event: ended" not in end:
            told.append(deaf.socket.recv(65536))
            end = (end + told[-1])[-70_000:]
        missed = re.findall(rb'event: missed\ndata: \{"count": (\d+)\}', b"".join(told))
        assert sum(map(int, missed)) > 1000
    server.await_quiet()


# The log by itself


def exchange(secrets: tuple[bytes, ...] = (), **given: Any) -> Exchange:
    return Exchange(**{"connection": 1, "nth": 1, "keep": 100_000, "secrets": secrets} | given)


async def test_nothing_is_kept_for_a_journal_that_nobody_listens_to() -> None:
    journal = Journal(10)
    one = exchange()
    journal.open(one)
    one.went_out(b"HTTP/1.1 200 OK\r\n\r\n")
    one.end(COMPLETE)
    assert journal.tail.last == 0


async def test_a_key_cut_over_chunks_or_fragments_is_not_heard() -> None:
    journal = Journal(10)
    tail = journal.listen()
    plain, upgraded = exchange((b"lab-secret",)), exchange((b"lab-secret",), websocket=True)
    for one, head in ((plain, b"HTTP/1.1 200 OK"), (upgraded, b"HTTP/1.1 101 Switching Protocols")):
        journal.open(one)
        one.went_out(head + b"\r\n\r\n")
    for piece in (b"tea lab-se", b"cret tea"):
        plain.went_out(piece)
    for piece in (b"\x01\x05lab-s", b"\x80\x05ecret", b"\x81\x03all"):
        upgraded.went_out(piece)
    heard = [event.data for event in tail.since(0)[1]]
    assert [data["text"] for data in heard if "index" in data] == ["tea ", "[key*****] tea"]
    assert [data["payload"] for data in heard if "opcode" in data] == ["", "[key*****]", "all"]


async def test_a_long_chunk_is_shown_in_part_and_counted_whole() -> None:
    journal = Journal(10)
    journal.listen()
    one = exchange()
    journal.open(one)
    one.went_out(b"HTTP/1.1 200 OK\r\n\r\n")
    one.went_out(b"x" * (SHOWN + 1))
    chunk = journal.tail.since(0)[1][-1]
    assert (chunk.name, chunk.data["size"], len(chunk.data["text"])) == ("chunk", SHOWN + 1, SHOWN)


async def test_an_interim_answer_is_not_the_head_and_a_body_in_the_same_piece_is_a_chunk() -> None:
    journal = Journal(10)
    journal.listen()
    one = exchange()
    journal.open(one)
    one.went_out(b"HTTP/1.1 100 Continue\r\n\r\n")
    one.went_out(b"HTTP/1.1 200 OK\r\n\r\ntea")
    events = journal.tail.since(0)[1]
    assert [event.name for event in events] == ["opened", "head", "chunk"]
    assert (events[1].data["status"], events[2].data["text"]) == (200, "tea")
