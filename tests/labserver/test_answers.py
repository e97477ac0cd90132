"""What leaves of an answer under a plan: bytes in, steps out, no wire."""

import json

import pytest

from labserver import faults
from labserver.answers import Answer, Close, Cut, Over, Silence, Step, Wait, half_json
from labserver.faults import BODY, SOCKET, STREAM

EVENTS = [b'data: {"n": %d}\n\n' % number for number in range(4)] + [b"data: [DONE]\n\n"]


def steps(plan: str, kind: str = STREAM, events: list[bytes] = EVENTS, length: int | None = None) -> list[Step]:
    """Every step of one answer, up to the one that ends it."""
    answer = Answer(faults.parse(plan), kind, length)
    every = list(answer.opening())
    for event in events:
        every += answer.through(event)
    every += answer.closing()
    ends = [index for index, step in enumerate(every) if not isinstance(step, bytes | Wait)]
    return every[: ends[0] + 1] if ends else every


@pytest.mark.parametrize(
    ("plan", "kind", "expected"),
    [
        ("", STREAM, EVENTS),
        ("cut;after=0", STREAM, [Cut()]),
        ("cut;after=2", STREAM, [*EVENTS[:2], Cut()]),
        ("reset;after=1", STREAM, [EVENTS[0], Cut(abrupt=True)]),
        ("cut;after=99", STREAM, EVENTS),
        ("cut;byte=0", STREAM, [Cut()]),
        ("cut;byte=4", STREAM, [b"data", Cut()]),
        ("cut;byte=16", STREAM, [EVENTS[0], Cut()]),
        ("cut;byte=17", STREAM, [EVENTS[0], b"d", Cut()]),
        ("stall;after=1;seconds=2", STREAM, [EVENTS[0], Wait(2), *EVENTS[1:]]),
        ("stall;after=0;seconds=2", STREAM, [Wait(2), *EVENTS]),
        ("slow_first_byte;seconds=2", STREAM, [Wait(2), *EVENTS]),
        ("stall;after=2;seconds=1,cut;after=2", STREAM, [*EVENTS[:2], Wait(1), Cut()]),
        ("no_done", STREAM, EVENTS[:-1]),
        ("no_done;after=2", STREAM, [*EVENTS[:2], Over()]),
        ("close;code=1013;after=1", SOCKET, [EVENTS[0], Close(1013)]),
        ("silent;after=0", SOCKET, [Silence()]),
        ("duplicate;after=0", STREAM, [EVENTS[0], *EVENTS]),
        ("duplicate;after=4", STREAM, [*EVENTS, EVENTS[4]]),
        ("duplicate;after=5", STREAM, EVENTS),
        ("reorder;after=0", STREAM, [EVENTS[1], EVENTS[0], *EVENTS[2:]]),
        ("reorder;after=4", STREAM, EVENTS),
        ("duplicate;after=1,reorder;after=1", STREAM, [EVENTS[i] for i in (0, 2, 2, 1, 3, 4)]),
        ("close;after=0,silent;after=0", STREAM, EVENTS),
        ("bom,pings,crlf,duplicate;after=0,no_done,truncate", SOCKET, [EVENTS[0], *EVENTS]),
    ],
)
def test_an_answer_under_a_plan(plan: str, kind: str, expected: list[Step]) -> None:
    assert steps(plan, kind) == expected


@pytest.mark.parametrize(
    ("plan", "length", "expected"),
    [
        ("cut;fraction=0.5", 10, [b"01234", Cut()]),
        ("cut;fraction=0", 10, [Cut()]),
        ("cut;fraction=1", 10, [b"0123456789", Cut()]),
        ("cut;fraction=0.5", None, [b"0123456789"]),
        ("truncate;bytes=3", 10, [b"0123456", Cut()]),
        ("truncate;bytes=3", None, [b"0123456789"]),
        ("truncate;bytes=30", 10, [Cut()]),
        ("reset;byte=2,cut;byte=5", 10, [b"01", Cut(abrupt=True)]),
        ("slice;bytes=4,cut;byte=6", 10, [b"0123", b"45", Cut()]),
        ("truncate;bytes=3", 0, [Cut()]),
    ],
)
def test_a_body_ends_where_the_plan_says(plan: str, length: int | None, expected: list[Step]) -> None:
    assert steps(plan, BODY, [b"0123456789"] if length != 0 else [], length) == expected


@pytest.mark.parametrize("text", ["ü", "é茶🍵", "a🍵b", "plain", "茶"])
@pytest.mark.parametrize("plan", ["split_utf8", "split_utf8,slice;bytes=2"])
def test_split_characters_are_cut_inside_and_lose_nothing(text: str, plan: str) -> None:
    event = text.encode()
    pieces = [step for step in steps(plan, BODY, [event]) if isinstance(step, bytes)]
    assert b"".join(pieces) == event
    starts = [sum(map(len, pieces[:index])) for index in range(len(pieces))]
    for index, letter in enumerate(text):
        at = len(text[:index].encode())
        if len(letter.encode()) > 1:
            assert at + 1 in starts, "a cut behind the first byte of every character of several"


@pytest.mark.parametrize(
    "value", [{}, {"a": 1}, {"a": {"b": [1, 2]}, "c": "}"}, {"text": "🍵" * 5}, {"x": "ü" * 3}, {"k": "茶"}]
)
def test_half_of_some_json_is_utf8_but_no_json(value: object) -> None:
    whole = b"event: x\ndata: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
    half = half_json(whole)
    assert half.startswith(b"event: x\ndata: {")
    assert half.endswith(b"\n\n")
    with pytest.raises(json.JSONDecodeError):
        json.loads(half.decode().split("data: ")[1])


@pytest.mark.parametrize("event", [b"data: [DONE]\n\n", b"", b": ping\n\n", b"}{"])
def test_what_holds_no_json_object_is_left_as_it_is(event: bytes) -> None:
    assert half_json(event) == event


def test_an_empty_message_of_a_websocket_is_a_message_too() -> None:
    assert steps("cut;after=2", SOCKET, [b"", b"x", b"y"]) == [b"", b"x", Cut()]
