"""A realtime conversation alone: what a model reads of it, its order, its bounds. No server."""

from typing import Any

import pytest

from labserver.sandbox import Stamp
from labserver.surfaces.openai_realtime_conversation import MOST_ITEMS, Conversation
from labserver.surfaces.openai_realtime_items import (
    NewItem,
    RealtimeCall,
    RealtimeMessage,
    RealtimeOutput,
    Words,
    as_turns,
)
from labserver.surfaces.openai_refusals import Refused

STAMP = Stamp(1000.5, "ab" * 32)


def said(text: str) -> RealtimeMessage:
    return RealtimeMessage(type="message", role="user", content=[Words(type="input_text", text=text)])


def call(name: str) -> RealtimeCall:
    return RealtimeCall(type="function_call", name="look", arguments="{}", call_id=name)


def output(name: str) -> RealtimeOutput:
    return RealtimeOutput(type="function_call_output", call_id=name, output=f"found {name}")


def holding(*items: NewItem) -> Conversation:
    conversation = Conversation(STAMP)
    for item in items:
        conversation.create(item, None)
    return conversation


def turns(*items: NewItem) -> list[tuple[str, Any]]:
    """(role, the ids of its calls, the id of the call that it answers, or its words) of each turn."""
    return [
        (turn.role, [one.id for one in turn.calls] or turn.call_id or turn.content)
        for turn in as_turns(holding(*items).items)
    ]


def test_calls_side_by_side_are_one_turn_with_their_outputs_behind_it() -> None:
    read = turns(said("Look"), call("a"), call("b"), output("b"), output("a"))
    assert read == [("user", "Look"), ("assistant", ["a", "b"]), ("tool", "a"), ("tool", "b")]


def test_a_late_output_stands_behind_its_call_all_the_same() -> None:
    read = turns(call("a"), said("Well?"), output("a"), said("Thanks"))
    assert read == [("assistant", ["a"]), ("tool", "a"), ("user", "Well?"), ("user", "Thanks")]


def test_a_call_without_its_output_is_not_read() -> None:
    assert turns(call("a"), call("b"), output("b"), said("Well?")) == [
        ("assistant", ["b"]),
        ("tool", "b"),
        ("user", "Well?"),
    ]


def test_an_output_whose_call_was_deleted_is_not_read() -> None:
    conversation = holding(call("a"), output("a"), said("Well?"))
    conversation.delete(conversation.items[0]["id"])
    assert [turn.content for turn in as_turns(conversation.items)] == ["Well?"]


def test_calls_one_after_the_other_stay_in_turns_of_their_own() -> None:
    assert turns(call("a"), output("a"), call("b"), output("b")) == [
        ("assistant", ["a"]),
        ("tool", "a"),
        ("assistant", ["b"]),
        ("tool", "b"),
    ]


def test_ids_are_made_once_and_kept() -> None:
    first, second = holding(said("a"), said("a")).items
    assert first["id"] != second["id"]
    assert holding(said("a")).items[0]["id"] == first["id"], "the same session, the same ids"


def test_a_full_conversation_takes_no_item_more() -> None:
    conversation = holding(*[said("a")] * MOST_ITEMS)
    with pytest.raises(Refused, match="The conversation is full"):
        conversation.create(said("b"), None)
    with pytest.raises(Refused, match="The conversation is full"):
        conversation.check_room()
    conversation.delete(conversation.items[7]["id"])
    conversation.create(said("b"), "root")
    assert conversation.items[0]["content"][0]["text"] == "b"
