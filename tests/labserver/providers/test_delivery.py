import random
from dataclasses import replace

import pytest

from labserver.errors import ProcessingFailed
from labserver.events import ChatRequest, End, Message, Start, Text, Tool, Usage
from labserver.pace import PROFILES
from labserver.providers.delivery import Choice, cut, deliver, to_read

TEA = Choice((" Green", " tea", " is", " gentle", "."))
WHOLE = "".join(TEA.pieces)


@pytest.mark.parametrize("limit", range(1, 5))
def test_a_limit_keeps_exactly_that_many_pieces(limit: int) -> None:
    assert cut(TEA, limit) == Choice(TEA.pieces[:limit], "length")


@pytest.mark.parametrize("limit", [5, 6, None])
def test_an_answer_that_fits_keeps_its_own_end(limit: int | None) -> None:
    assert cut(TEA, limit) is TEA


@pytest.mark.parametrize("start", range(len(WHOLE)))
@pytest.mark.parametrize("length", [1, 2, 5, 11])
def test_a_stop_sequence_never_leaks_wherever_it_stands(start: int, length: int) -> None:
    stop = WHOLE[start : start + length]
    stopped = cut(TEA, stop=[stop])
    assert "".join(stopped.pieces) == WHOLE[: WHOLE.index(stop)]
    assert stopped.finish_reason == "stop"
    assert all(stopped.pieces)


def test_the_earliest_of_several_stop_sequences_counts() -> None:
    assert "".join(cut(TEA, stop=["gentle", "", " is", "no such"]).pieces) == " Green tea"


def test_a_stop_sequence_beyond_the_limit_does_not_count() -> None:
    assert cut(TEA, 2, [" gentle"]) == Choice((" Green", " tea"), "length")


def test_a_failure_beyond_the_limit_never_happens() -> None:
    assert cut(Choice(TEA.pieces, failure=ProcessingFailed("no")), 3).failure is None


def test_choices_take_turns_and_each_ends_in_its_own() -> None:
    asked = ChatRequest((Message("user", "Tea?"), Message("user", "")), "m", n=3)
    events = list(deliver(asked, [Choice(("a", "b")), Choice(()), Choice(("x",), "content_filter")]))
    assert events == [
        Start("m"),
        Text("a", 0), End("stop", 1), Text("x", 2),
        Text("b", 0), End("content_filter", 2),
        End("stop", 0),
        Usage(prompt_tokens=2 + 4 + 4 + 2, completion_tokens=3),
    ]  # fmt: skip


def test_any_stop_sequences_under_any_limit_leave_a_clean_beginning() -> None:
    dice = random.Random(0)
    for _ in range(500):
        choice = Choice(tuple("".join(dice.choices("ab ", k=dice.randint(1, 3))) for _ in range(8)))
        stop = ["".join(dice.choices("ab ", k=dice.randint(1, 4))) for _ in range(2)]
        text = "".join(cut(choice, dice.randint(1, 9), stop).pieces)
        assert "".join(choice.pieces).startswith(text)
        assert not any(sequence in text for sequence in stop)


def test_tools_that_come_along_are_read_before_the_first_token_too() -> None:
    bare = ChatRequest((Message("user", "Where is order 1042?"),), "tea-slow")
    tool = Tool("get_order_status", "Where an order is", {"type": "object", "properties": {}})
    pace = PROFILES["slow"]
    assert to_read(replace(bare, tools=(tool,)), pace) > to_read(bare, pace) > 0
    assert to_read(bare, PROFILES["instant"]) == 0, "and what takes no time is not counted"
