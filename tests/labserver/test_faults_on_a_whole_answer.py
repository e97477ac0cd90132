"""Every fault that a plain request can suffer, struck on a real connection."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from labserver.faults import BODY, FAULTS, REQUEST

ASK = "/api/v1/query"
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
NO_WAIT = "ttft=0;tps=10000;jitter=0"


@dataclass(frozen=True)
class Answer:
    """What a socket received until the server closed, and whether it closed with an RST (torn)."""

    received: bytes
    torn: bool
    seconds: float
    record: dict[str, Any]

    @property
    def head(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[0]

    @property
    def body(self) -> bytes:
        return self.received.partition(b"\r\n\r\n")[2]

    @property
    def promised(self) -> int:
        fields = dict(line.split(b": ", 1) for line in self.head.lower().split(b"\r\n")[1:])
        return int(fields[b"content-length"])

    @property
    def gaps(self) -> list[float]:
        return [late - early for (early, _), (late, _) in pairwise(self.record["response"])]


def ask(server, fault: str = "", path: str = ASK, **wishes: str) -> Answer:
    key = server.sandbox()
    wishes |= {"x_lab_pace": NO_WAIT, "connection": "close"} | ({"x_lab_fault": fault} if fault else {})
    torn, began = True, time.monotonic()
    with server.dial() as wire:
        wire.send(server.request("POST", path, QUERY, key, **wishes))
        with suppress(ConnectionResetError):
            wire.rest()
            torn = False
        received = wire.received
    seconds = time.monotonic() - began
    return Answer(received, torn, seconds, server.last(key))


def latency(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    assert broken.seconds >= 0.3
    assert broken.record["response"][0][0] >= 0.29, "not even the head came before"


def status(honest: Answer, broken: Answer) -> None:
    assert broken.head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nretry-after: 2\r\n" in broken.head
    assert broken.body.startswith(b'{"error":{"code":"RATE_LIMITED","message":"This answer was broken on purpose: 429')
    assert broken.record["produced"] == 0, "the model was never asked"


def status_of_no_name(honest: Answer, broken: Answer) -> None:
    assert broken.head.startswith(b"HTTP/1.1 599 ")
    assert b"retry-after" not in broken.head
    assert b'"code":"STATUS_599"' in broken.body


def barrier_alone(honest: Answer, broken: Answer) -> None:
    assert broken.head.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"REQUEST_TIMEOUT","message":"Only 1 of 2 requests were open at once within 0.2 s' in broken.body
    assert broken.seconds >= 0.2


def lose_reply(honest: Answer, broken: Answer) -> None:
    assert broken.received == b""
    assert not broken.torn
    assert broken.record["produced"] == honest.record["produced"] == 6, "the whole answer was made"
    assert (broken.record["ended"], broken.record["response"]) == ("cut by a fault", [])


def slow_first_byte(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    assert broken.gaps[0] >= 0.29, "between head and body"


def stall_after_the_body(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    assert broken.seconds >= 0.3


def cut_after_the_head(honest: Answer, broken: Answer) -> None:
    assert broken.promised == honest.promised > 0
    assert (broken.body, broken.torn) == (b"", False)
    assert broken.record["ended"] == "cut by a fault"


def cut_at_half(honest: Answer, broken: Answer) -> None:
    assert broken.promised == honest.promised
    assert broken.body == honest.body[: len(honest.body) // 2]
    assert not broken.torn


def cut_at_a_byte(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body[:7]


def reset_at_half(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body[: len(honest.body) // 2]
    assert broken.torn
    assert broken.record["ended"] == "reset by a fault"


def truncate(honest: Answer, broken: Answer) -> None:
    assert broken.promised == honest.promised == len(honest.body)
    assert broken.body == honest.body[:-5]
    assert not broken.torn


def truncate_all(honest: Answer, broken: Answer) -> None:
    assert (broken.promised, broken.body) == (honest.promised, b"")


def slices(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    sizes = [len(text) for _, text in broken.record["response"][1:] if text]
    assert set(sizes[:-1]) == {3}
    assert sizes[-1] <= 3


def split_utf8(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    pieces = [text.encode("latin-1") for _, text in broken.record["response"]]
    assert any(piece.endswith("🍵".encode()[:1]) for piece in pieces)


def rate_limit(honest: Answer, broken: Answer) -> None:
    assert broken.head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nretry-after: 1\r\n" in broken.head
    assert b'"code":"RATE_LIMITED"' in broken.body


def redirect(honest: Answer, broken: Answer) -> None:
    assert broken.head.startswith(b"HTTP/1.1 307 Temporary Redirect\r\n")
    assert re.search(rb"\r\nlocation: http://127\.0\.0\.1:\d+/api/v1/query\r\n", broken.head)
    assert (broken.body, broken.record["produced"]) == (b"", 0)


def redirect_here(honest: Answer, broken: Answer) -> None:
    assert broken.head.startswith(b"HTTP/1.1 303 See Other\r\n")
    assert b"\r\nlocation: /api/v1/query\r\n" in broken.head


def rename_field(honest: Answer, broken: Answer) -> None:
    assert json.loads(broken.body) == {
        "answer" if name == "response" else name: value for name, value in json.loads(honest.body).items()
    }
    assert broken.promised == len(broken.body) == len(honest.body) - 2


def less(honest: Answer, broken: Answer) -> None:
    assert broken.promised == honest.promised - 3
    assert broken.body == honest.body


def more(honest: Answer, broken: Answer) -> None:
    assert broken.promised == honest.promised + 7
    assert broken.body == honest.body


def drip(honest: Answer, broken: Answer) -> None:
    assert (broken.promised, broken.body) == (honest.promised, honest.body)
    pieces = [text for _, text in broken.record["response"][1:] if text]
    assert {len(text) for text in pieces[:-1]} == {20}
    assert min(broken.gaps[1 : len(pieces)]) >= 0.015


def no_chunks(honest: Answer, broken: Answer) -> None:
    assert (broken.promised, broken.body) == (honest.promised, honest.body), "test_faults_on_the_framing has chunks"


STRIKES: dict[str, Callable[[Answer, Answer], None]] = {
    "latency;seconds=0.3": latency,
    "status;code=429;retry_after=2": status,
    "status;code=599": status_of_no_name,
    "barrier;n=2;seconds=0.2": barrier_alone,
    "lose_reply": lose_reply,
    "slow_first_byte;seconds=0.3": slow_first_byte,
    "stall;after=1;seconds=0.3": stall_after_the_body,
    "cut;after=0": cut_after_the_head,
    "cut;fraction=0.5": cut_at_half,
    "cut;byte=7": cut_at_a_byte,
    "reset;fraction=0.5": reset_at_half,
    "truncate;bytes=5": truncate,
    "truncate;bytes=100000": truncate_all,
    "slice;bytes=3": slices,
    "split_utf8": split_utf8,
    "rate_limit;retry_after=1": rate_limit,
    "redirect;code=307;to=stranger": redirect,
    "redirect;code=303;to=here": redirect_here,
    "rename_field;field=response;to=answer": rename_field,
    "wrong_length;less=3": less,
    "wrong_length;more=7": more,
    "drip;bytes=20;seconds=0.02": drip,
    "bad_chunk;after=0": no_chunks,
}


def test_every_fault_that_a_plain_request_can_suffer_is_struck_below() -> None:
    suffered = {name for name, row in FAULTS.items() if {REQUEST, BODY} & set(row.strikes)}
    assert {plan.partition(";")[0] for plan in STRIKES} == suffered


@pytest.mark.parametrize("plan", STRIKES)
def test_a_fault_breaks_a_whole_answer_as_it_says(server, plan: str) -> None:
    honest, broken = ask(server), ask(server, plan)
    assert honest.promised == len(honest.body)
    if broken.head:
        assert f"\r\nx-lab-fault: {plan}\r\n".encode() in broken.head + b"\r\n"
    assert broken.record["fault"] == plan
    STRIKES[plan](honest, broken)
    server.await_quiet()


def test_a_broken_status_has_the_dialect_of_its_path_even_where_there_is_nothing(server) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": "status;code=503;retry_after=1"}
    for path in ("/health", "/nowhere", "/api/v1/query"):
        answer = server.http.get(path, headers=owner)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert set(answer.json()["error"]) == {"code", "message", "details"}
    openai = server.http.get("/v1/models", headers=owner)
    assert openai.json()["error"] | {"message": ""} == {
        "message": "",
        "type": "server_error",
        "param": None,
        "code": "server_error",
    }


@pytest.mark.parametrize(
    ("code", "kind", "told"),
    [
        (429, "rate_limit_error", "rate_limit_exceeded"),
        (502, "server_error", None),
        (418, "invalid_request_error", None),
    ],
)
def test_under_v1_a_broken_status_is_openais_error(server, code: int, kind: str, told: str | None) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": f"status;code={code}"}
    answer = server.http.get("/v1/models", headers=owner)
    assert answer.status_code == code
    assert (answer.json()["error"]["type"], answer.json()["error"]["code"]) == (kind, told)


def test_fail_twice_then_succeed(server) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}"}
    server.http.post("/lab/faults", headers=owner, json={"plan": "status;code=429;retry_after=1", "first": 2})
    assert [server.http.get("/health", headers=owner).status_code for _ in range(3)] == [429, 429, 200]


def test_a_client_that_leaves_during_the_latency_leaves_nothing_behind(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", ASK, QUERY, key, x_lab_fault="latency;seconds=30"))
        server.journal(key, wait=0.05)
    left = server.last(key)
    assert (left["ended"], left["produced"], left["response"]) == ("client left", 0, [])
    server.await_quiet()


def test_a_whole_answer_knows_only_the_faults_of_bytes(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        for fault in ("no_done;after=1,pings,crlf", "slice;bytes=3"):
            wire.send(server.request("POST", "/api/v1/query", QUERY, key, x_lab_pace=NO_WAIT, x_lab_fault=fault))
            answer = wire.answer()
            assert answer.endswith(b'"finish_reason":"stop"}')
            assert f"\r\nx-lab-fault: {fault}\r\n".encode() in answer
        wire.send(server.request("POST", "/api/v1/query", QUERY, key, x_lab_fault="late_error;after=0"))
        assert wire.answer().startswith(b"HTTP/1.1 500 ")
        wire.send(server.request("POST", "/api/v1/query", QUERY, key, x_lab_pace=NO_WAIT, x_lab_fault="cut;after=0"))
        head, _, body = wire.rest().partition(b"\r\n\r\n")
    assert b"content-length: 1" in head, "a body was promised"
    assert body == b""
    records = server.journal(key)
    assert len(records[1]["response"]) > 20, "three bytes a write"
    assert [record["ended"] for record in records] == ["complete", "complete", "complete", "cut by a fault"]
