"""The narrator alone, with events as any model may send them: mixed, empty, filtered, failed. No server."""

from typing import Any

import pytest

from labserver.errors import Cancelled, ClientLeft, LabError, RateLimited
from labserver.events import End, StreamEvent, Text, ToolCall, Usage
from labserver.sandbox import Stamp
from labserver.surfaces.openai_narrator import Narrator

STAMP = Stamp(1000.5, "ab" * 32)


def told(*events: StreamEvent | LabError, background: bool = False) -> tuple[Narrator, list[dict[str, Any]]]:
    narrator = Narrator(STAMP, {"background": background})
    payloads = list(narrator.opening())
    for event in events:
        payloads += narrator.take(event)
    return narrator, [*payloads, *narrator.closing()]


def kinds(payloads: list[dict[str, Any]]) -> list[str]:
    return [payload["type"].removeprefix("response.") for payload in payloads]


def test_words_before_calls_are_an_item_of_their_own_and_every_item_is_closed() -> None:
    look, find = ToolCall("look", call=0), ToolCall("find", call=1)
    pieces = [ToolCall(arguments="{}", call=call) for call in (0, 1)]
    narrator, payloads = told(
        Text("Let me see."), look, pieces[0], find, pieces[1], End("tool_calls"), Usage(3, 4, 2.5)
    )
    output = narrator.response()["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "function_call"]
    assert [(item["name"], item["arguments"]) for item in output[1:]] == [("look", "{}"), ("find", "{}")]
    assert {item["status"] for item in output} == {"completed"}
    assert kinds(payloads).count("output_item.added") == kinds(payloads).count("output_item.done") == 3
    assert [payload["sequence_number"] for payload in payloads] == list(range(len(payloads)))
    assert len({item["id"] for item in output} | {item.get("call_id") for item in output[1:]}) == 5


def test_a_late_piece_of_an_earlier_call_still_finds_its_call() -> None:
    narrator, _ = told(
        ToolCall("look", call=0), ToolCall("find", call=1), ToolCall(arguments="{}", call=0), End("tool_calls")
    )
    assert [item["arguments"] for item in narrator.output] == ["{}", ""]


def test_an_answer_of_no_words_is_an_empty_message() -> None:
    narrator, payloads = told(End("stop"), Usage(1, 0))
    assert narrator.output[0]["content"][0]["text"] == ""
    assert kinds(payloads)[-1] == "completed"


def test_what_a_filter_cut_says_so() -> None:
    narrator, payloads = told(Text("I"), End("content_filter"), Usage(1, 1))
    assert kinds(payloads)[-1] == "incomplete"
    assert narrator.response()["incomplete_details"] == {"reason": "content_filter"}


def test_it_is_dated_by_its_plan_and_only_when_it_is_complete() -> None:
    narrator, _ = told(Text("I"), End("stop"), Usage(1, 1, 2.5))
    assert (narrator.response()["created_at"], narrator.response()["completed_at"]) == (1000, 1002)
    cut, _ = told(Text("I"), End("length"), Usage(1, 1, 2.5))
    assert cut.response()["completed_at"] is None


@pytest.mark.parametrize("error", [Cancelled("no"), ClientLeft("gone")])
def test_a_cancelled_response_keeps_what_was_said_and_tells_no_event(error: LabError) -> None:
    narrator, payloads = told(Text("I"), error)
    assert (narrator.status, narrator.output[0]["status"]) == ("cancelled", "incomplete")
    assert kinds(payloads)[-1] == "output_text.delta"
    assert narrator.response()["error"] is None


def test_an_error_has_one_of_the_codes_that_a_response_may_have() -> None:
    narrator, payloads = told(Text("I"), RateLimited("Too much."))
    assert narrator.error == {"code": "rate_limit_exceeded", "message": "Too much."}
    assert kinds(payloads)[-1] == "failed"


def test_what_was_told_is_not_changed_by_what_comes_later() -> None:
    _, payloads = told(Text("Green"), Text(" tea"), End("stop"), Usage(1, 2), background=True)
    added = next(payload for payload in payloads if payload["type"] == "response.content_part.added")
    assert added["part"]["text"] == ""
    assert kinds(payloads)[:3] == ["created", "queued", "in_progress"]
    assert [payload["response"]["output"] for payload in payloads[:3]] == [[], [], []]
    assert [payload["response"]["status"] for payload in payloads[:3]] == ["queued", "queued", "in_progress"]
