"""Every fault that a stream can suffer struck on a real connection, against the honest answer of a twin sandbox."""

import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from labserver import sse
from labserver.faults import FAULTS, MODEL
from labserver.faults import STREAM as ON_STREAM

STREAM = "/api/v1/query/stream"
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
CHAT = {"model": "script", "messages": [{"role": "user", "content": "Green| tea| is| good| 🍵|."}], "stream": True}
NO_WAIT = "ttft=0;tps=10000;jitter=0"
LAST_CHUNK = b"0\r\n\r\n"
BAD_SIZE = b"zz\r\n"


@dataclass(frozen=True)
class Answer:
    """What a socket received: head, chunks of the body, whether the last chunk came (clean) or an RST (torn)."""

    head: bytes
    chunks: list[bytes]
    clean: bool
    torn: bool
    seconds: float
    record: dict[str, Any]

    @property
    def gaps(self) -> list[float]:
        """Seconds between one write of the server and the next."""
        return [late - early for (early, _), (late, _) in pairwise(self.record["response"])]

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


def ask(server, path: str, body: dict[str, Any], fault: str = "") -> Answer:
    """Always in a fresh sandbox of the same seed, so that two answers differ by nothing but the fault."""
    key = server.sandbox()
    wishes = {"x_lab_pace": NO_WAIT, "connection": "close"} | ({"x_lab_fault": fault} if fault else {})
    torn, began = True, time.monotonic()
    with server.dial() as wire:
        wire.send(server.request("POST", path, body, key, **wishes))
        with suppress(ConnectionResetError):
            wire.rest()
            torn = False
        head, _, rest = wire.received.partition(b"\r\n\r\n")
    seconds = time.monotonic() - began
    chunks = []
    while rest and rest != LAST_CHUNK and not rest.startswith(BAD_SIZE):
        size, _, rest = rest.partition(b"\r\n")
        chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return Answer(head, chunks, rest == LAST_CHUNK, torn, seconds, server.last(key))


def late_error(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.chunks[:3] == honest.chunks[:3], "the start and two deltas came as ever"
    failure, done = broken.chunks[3:]
    assert failure.startswith(b'data: {"type": "error", "error": "The model stopped')
    assert done == sse.DONE
    assert broken.record["produced"] == 2


def no_done(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body + sse.DONE == honest.body
    assert broken.record["ended"] == "complete"


def no_done_after(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.chunks == honest.chunks[:3]


def pings(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.chunks == [b": ping\n\n" + event for event in honest.chunks]


def crlf(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body == honest.body.replace(b"\n", b"\r\n")


def cut(honest: Answer, broken: Answer) -> None:
    assert not broken.clean
    assert broken.chunks == honest.chunks[:3]
    assert broken.record["ended"] == "cut by a fault"


def cut_at_once(honest: Answer, broken: Answer) -> None:
    assert not broken.clean
    assert broken.head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert broken.chunks == []


def sliced(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body == honest.body
    assert {len(chunk) for chunk in broken.chunks} == {1}


def sliced_by_the_event(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    assert broken.chunks == [event[at : at + 50] for event in honest.chunks for at in range(0, len(event), 50)]


def cut_at_a_byte(honest: Answer, broken: Answer) -> None:
    assert not broken.clean
    assert not broken.torn
    assert broken.body == honest.body[:150]
    assert len(honest.chunks[0]) < 150, "a byte inside a later event"
    assert broken.record["ended"] == "cut by a fault"


def cut_past_the_end(honest: Answer, broken: Answer) -> None:
    assert (broken.body, broken.clean) == (honest.body, True)


def reset(honest: Answer, broken: Answer) -> None:
    assert broken.torn
    assert broken.chunks == honest.chunks[:2]
    assert broken.record["ended"] == "reset by a fault"


def reset_at_a_byte(honest: Answer, broken: Answer) -> None:
    assert broken.torn
    assert broken.body == honest.body[:150]


def slow_first_byte(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    assert broken.seconds >= 0.3
    assert broken.gaps[0] >= 0.29, "between head and body"


def stall(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body
    assert broken.seconds >= 0.3
    assert [index for index, gap in enumerate(broken.gaps) if gap >= 0.29] == [2], (
        "between the second event and the third"
    )


def bad_json(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert [index for index, (a, b) in enumerate(zip(honest.chunks, broken.chunks, strict=True)) if a != b] == [6]
    spoiled = broken.chunks[6]
    assert spoiled.endswith(b"\n\n")
    assert honest.chunks[6].startswith(spoiled[:-2])
    with pytest.raises(json.JSONDecodeError):
        json.loads(spoiled.removeprefix(b"data: "))


def bad_json_that_is_none(honest: Answer, broken: Answer) -> None:
    assert broken.body == honest.body, "[DONE] is no JSON that could break"


def duplicate(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.chunks == [*honest.chunks[:3], honest.chunks[2], *honest.chunks[3:]]


def reorder(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    one, two, three, four, *rest = honest.chunks
    assert broken.chunks == [one, two, four, three, *rest]


def reorder_at_the_end(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.chunks == honest.chunks, "the last event has nobody to change places with, and is not lost"


def cr(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body == honest.body.replace(b"\n", b"\r")


def bom(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body == b"\xef\xbb\xbf" + honest.body


def split_utf8(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body == honest.body
    assert len(broken.chunks) > len(honest.chunks)
    halves = [chunk for chunk in broken.chunks if chunk.endswith("🍵".encode()[:1])]
    assert len(halves) == honest.body.count("🍵".encode()) >= 2
    for half in halves:
        with pytest.raises(UnicodeDecodeError):
            half.decode()


def no_usage(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.chunks == [chunk for chunk in honest.chunks if b'"type": "end"' not in chunk]
    assert len(broken.chunks) == len(honest.chunks) - 1


def bad_chunk(honest: Answer, broken: Answer) -> None:
    assert not broken.clean, "nobody can read past a size that is no number"
    assert broken.chunks == honest.chunks[:2]
    sent = "".join(text for _, text in broken.record["response"]).encode("latin-1")
    rest = sent.partition(BAD_SIZE)[2]
    assert rest.startswith(honest.chunks[2] + b"\r\n"), "but all else is as ever"
    assert rest.endswith(LAST_CHUNK)


def drip(honest: Answer, broken: Answer) -> None:
    assert broken.clean
    assert broken.body == honest.body
    assert broken.chunks == [event[at : at + 40] for event in honest.chunks for at in range(0, len(event), 40)]
    assert min(broken.gaps[1 : len(broken.chunks)]) >= 0.015, "between any two pieces"


STRIKES: dict[str, tuple[str, Callable[[Answer, Answer], None]]] = {
    "late_error;after=2": ("late_error", late_error),
    "no_done": ("no_done", no_done),
    "no_done;after=3": ("no_done", no_done_after),
    "pings": ("pings", pings),
    "crlf": ("crlf", crlf),
    "cut;after=3": ("cut", cut),
    "cut;after=0": ("cut", cut_at_once),
    "slice;bytes=1": ("slice", sliced),
    "slice;bytes=50": ("slice", sliced_by_the_event),
    "cut;byte=150": ("cut", cut_at_a_byte),
    "cut;byte=100000": ("cut", cut_past_the_end),
    "cut;fraction=0.5": ("cut", cut_past_the_end),
    "reset;after=2": ("reset", reset),
    "reset;byte=150": ("reset", reset_at_a_byte),
    "slow_first_byte;seconds=0.3": ("slow_first_byte", slow_first_byte),
    "stall;after=2;seconds=0.3": ("stall", stall),
    "bad_json;after=6": ("bad_json", bad_json),
    "bad_json;after=8": ("bad_json", bad_json_that_is_none),
    "duplicate;after=2": ("duplicate", duplicate),
    "reorder;after=2": ("reorder", reorder),
    "reorder;after=8": ("reorder", reorder_at_the_end),
    "cr": ("cr", cr),
    "bom": ("bom", bom),
    "split_utf8": ("split_utf8", split_utf8),
    "no_usage": ("no_usage", no_usage),
    "bad_chunk;after=2": ("bad_chunk", bad_chunk),
    "drip;bytes=40;seconds=0.02": ("drip", drip),
}


def test_every_fault_that_a_stream_can_suffer_is_struck_below() -> None:
    suffered = {name for name, row in FAULTS.items() if {MODEL, ON_STREAM} & set(row.strikes)}
    assert {name for name, _ in STRIKES.values()} == suffered


@pytest.mark.parametrize("plan", STRIKES)
def test_a_fault_breaks_the_answer_as_it_says_and_in_no_other_way(server, plan: str) -> None:
    honest, broken = ask(server, STREAM, QUERY), ask(server, STREAM, QUERY, plan)
    assert honest.chunks[-1] == sse.DONE
    assert len(honest.chunks) == 9, "start, six deltas, end, [DONE]: one chunk each"
    assert f"\r\nx-lab-fault: {plan}\r\n".encode() in broken.head
    assert broken.record["fault"] == plan
    assert b"x-lab-fault" not in honest.head
    STRIKES[plan][1](honest, broken)
    server.await_quiet()


def test_faults_add_up(server) -> None:
    honest, broken = ask(server, STREAM, QUERY), ask(server, STREAM, QUERY, "slice;bytes=7, crlf,pings,no_done")
    assert b"\r\nx-lab-fault: no_done,pings,crlf,slice;bytes=7\r\n" in broken.head
    assert broken.body == b"".join(b": ping\n\n" + event for event in honest.chunks[:-1]).replace(b"\n", b"\r\n")
    assert max(len(chunk) for chunk in broken.chunks) == 7


def test_a_late_error_under_v1_is_openais_error_and_no_done_follows(server) -> None:
    honest = ask(server, "/v1/chat/completions", CHAT)
    broken = ask(server, "/v1/chat/completions", CHAT, "late_error;after=2")
    assert broken.clean
    assert broken.chunks[:3] == honest.chunks[:3]
    assert len(broken.chunks) == 4
    assert broken.chunks[3].startswith(b'data: {"error":{"message":"The model stopped')
    assert b'"type":"server_error","param":null,"code":"server_error"}}' in broken.chunks[3]
