"""The realtime narrator alone, with events as any model may send them: mixed, empty, filtered, stopped. No server."""

from typing import Any

import pytest

from labserver.errors import Cancelled, LabError, RateLimited
from labserver.events import End, Start, StreamEvent, Text, ToolCall, Usage
from labserver.sandbox import Stamp
from labserver.surfaces.openai_realtime_conversation import Conversation
from labserver.surfaces.openai_realtime_narrator import RealtimeNarrator

STAMP = Stamp(1000.5, "ab" * 32)
START = Start("script")


def narrate(
    *events: StreamEvent, cut: LabError | None = None, conversation: Conversation | None = None
) -> list[dict[str, Any]]:
    narrator = RealtimeNarrator(STAMP, {"metadata": None}, conversation)
    payloads = list(narrator.opening())
    for event in events:
        payloads += narrator.take(event)
    return [*payloads, *(narrator.completed() if cut is None else narrator.cut(cut, 5))]


def kinds(payloads: list[dict[str, Any]]) -> list[str]:
    return [payload["type"] for payload in payloads]


def test_words_before_calls_are_an_item_of_their_own_and_every_item_is_closed() -> None:
    conversation = Conversation(STAMP)
    payloads = narrate(
        START,
        Text("Let me see."),
        ToolCall("look"),
        ToolCall(arguments="{}"),
        End("tool_calls"),
        Usage(3, 4),
        conversation=conversation,
    )
    for kind in ("response.output_item", "conversation.item"):
        assert kinds(payloads).count(f"{kind}.added") == kinds(payloads).count(f"{kind}.done") == 2
    message, call = payloads[-1]["response"]["output"]
    assert [item["status"] for item in conversation.items] == ["completed"] * 2
    assert conversation.items == [message, call]
    added = [payload for payload in payloads if payload["type"] == "conversation.item.added"]
    assert [payload["previous_item_id"] for payload in added] == [None, message["id"]]
    assert payloads[-1]["response"]["usage"]["total_tokens"] == 7


def test_an_answer_of_no_words_is_an_empty_message() -> None:
    [item] = narrate(START, End("stop"), Usage(1, 0))[-1]["response"]["output"]
    assert item["content"] == [{"type": "output_text", "text": ""}]


def test_what_a_filter_cut_says_so() -> None:
    response = narrate(START, Text("I"), End("content_filter"), Usage(1, 1))[-1]["response"]
    assert response["status_details"] == {"type": "incomplete", "reason": "content_filter"}
    assert (response["status"], response["output"][0]["status"]) == ("incomplete", "incomplete")


@pytest.mark.parametrize(
    ("error", "status", "details"),
    [
        (Cancelled("Enough."), "cancelled", {"type": "cancelled", "reason": "client_cancelled"}),
        (
            RateLimited("Slowly."),
            "failed",
            {
                "type": "failed",
                "error": {"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slowly."},
            },
        ),
    ],
)
def test_an_answer_that_is_cut_is_closed_and_counted(error: LabError, status: str, details: dict[str, Any]) -> None:
    payloads = narrate(START, ToolCall("look"), ToolCall(arguments='{"a'), cut=error)
    assert kinds(payloads)[-3:] == [
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.done",
    ]
    response = payloads[-1]["response"]
    assert (response["status"], response["status_details"]) == (status, details)
    assert (response["usage"]["input_tokens"], response["usage"]["output_tokens"]) == (5, 2)
    assert (response["output"][0]["status"], response["output"][0]["arguments"]) == ("incomplete", '{"a')


def test_a_question_that_no_model_took_costs_nothing() -> None:
    response = narrate(cut=RateLimited("Slowly."))[-1]["response"]
    assert (response["usage"], response["output"], response["status"]) == (None, [], "failed")


def test_an_answer_that_is_cut_between_two_items_closes_nothing_twice() -> None:
    payloads = narrate(START, Text("a"), End("stop"), cut=Cancelled("Enough."))
    assert kinds(payloads).count("response.output_item.done") == 1


def test_out_of_band_no_conversation_is_named_or_told() -> None:
    payloads = narrate(START, Text("a"), End("stop"), Usage(1, 1))
    assert not [kind for kind in kinds(payloads) if kind.startswith("conversation.")]
    assert payloads[-1]["response"]["conversation_id"] is None
