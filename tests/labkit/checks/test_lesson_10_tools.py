"""10.4: what people really do with a model's wish for a tool, and the words that each must be met with."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from labkit.outcome import Outcome
from labkit.render import card

Judge = Callable[..., Outcome]
NOT_THE_WAY = "Your answer is right. The way to it is not:"
PARAMETERS = {"type": "object", "properties": {"order_id": {"type": "integer"}}, "required": ["order_id"]}
TOOL = {"name": "order_status", "description": "Where an order of the shop is", "parameters": PARAMETERS}
TOOLS = [{"type": "function", "function": TOOL}]
Messages = list[dict[str, Any]]


def stream(base_url: str, key: str, messages: Messages, **more: Any) -> tuple[str, list[dict[str, Any]], Any]:
    """One request, read to its end: (text, the parts of calls in order, finish_reason)."""
    body = {"model": "tea-small", "messages": messages, "tools": TOOLS, "stream": True, **more}
    headers = {"Authorization": f"Bearer {key}"}
    with requests.post(f"{base_url}/v1/chat/completions", json=body, headers=headers, stream=True) as response:
        events = [json.loads(line[6:]) for line in response.iter_lines() if line.startswith(b"data: {")]
    choices = [choice for event in events for choice in event["choices"]]
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    parts = [part for choice in choices for part in choice["delta"].get("tool_calls", [])]
    return text, parts, choices[-1]["finish_reason"]


def joined(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    calls: dict[int, dict[str, Any]] = {}
    for part in parts:
        call = calls.setdefault(part["index"], {**part, "function": {**part["function"]}})
        if call["id"] != part.get("id"):
            call["function"]["arguments"] += part["function"]["arguments"]
    return [{name: call[name] for name in ("id", "type", "function")} for call in calls.values()]


def look_up(base_url: str, key: str, order_id: Any) -> str:
    headers = {"Authorization": f"Bearer {key}"}
    return requests.get(f"{base_url}/shop/orders/{order_id}", headers=headers).text


def results(base_url: str, key: str, calls: list[dict[str, Any]]) -> Messages:
    numbers = [json.loads(call["function"]["arguments"])["order_id"] for call in calls]
    told = [
        {"role": "tool", "tool_call_id": call["id"], "content": look_up(base_url, key, number)}
        for call, number in zip(calls, numbers, strict=True)
    ]
    return [{"role": "assistant", "tool_calls": calls}, *told]


def user(prompt: str) -> Messages:
    return [{"role": "user", "content": prompt}]


def right_by_hand(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    return stream(base_url, key, user(prompt) + results(base_url, key, joined(parts)))[0]


def trusts_the_loop(base_url: str, key: str, prompt: str) -> Any:
    _, parts, _ = stream(base_url, key, user(prompt))
    return stream(base_url, key, user(prompt) + results(base_url, key, joined(parts)))[0]


def reads_each_fragment(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    calls, told = joined(parts), []
    for part in parts:
        if part["function"]["arguments"].isdigit():
            told.append(look_up(base_url, key, part["function"]["arguments"]))
    turns = [{"role": "tool", "tool_call_id": call["id"], "content": told[-1]} for call in calls]
    return stream(base_url, key, [*user(prompt), {"role": "assistant", "tool_calls": calls}, *turns])[0]


def glues_all_calls(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    arguments = "".join(part["function"]["arguments"] for part in parts)
    calls = [{**parts[0], "function": {"name": "order_status", "arguments": arguments}}]
    calls[0].pop("index")
    return stream(base_url, key, user(prompt) + results(base_url, key, calls))[0]


def looks_up_twice_to_be_sure(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    results(base_url, key, joined(parts))
    return stream(base_url, key, user(prompt) + results(base_url, key, joined(parts)))[0]


def asks_the_model_once_more(base_url: str, key: str, prompt: str) -> Any:
    answer = right_by_hand(base_url, key, prompt)
    stream(base_url, key, user(prompt))
    return answer


def knows_better_than_the_model(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    turns = results(base_url, key, joined(parts))
    stream(base_url, key, user(prompt) + turns)
    return "; ".join(turn["content"] for turn in turns[1:])


def invents_what_is_missing(base_url: str, key: str, prompt: str) -> Any:
    return right_by_hand(base_url, key, prompt) or "There is no such order."


def forgets_the_lookup(base_url: str, key: str, prompt: str) -> Any:
    return stream(base_url, key, user(prompt))[0]


def offers_no_tool(base_url: str, key: str, prompt: str) -> Any:
    return stream(base_url, key, user(prompt), tools=None)[0]


WRONG = [
    (trusts_the_loop, ("a call that was not whole", "GET /shop/orders/1042", "no_done;after=12"), "parsed-so-complete"),
    (reads_each_fragment, ("asked about 104, which the model never asked for", "1042"), "parsed-so-complete"),
    (looks_up_twice_to_be_sure, (NOT_THE_WAY, "looked up more than once"), ""),
    (asks_the_model_once_more, (NOT_THE_WAY, "the model was asked 3 times, and 2 was right"), ""),
    (knows_better_than_the_model, ("not the model's last words",), ""),
    (invents_what_is_missing, ("no whole answer to return", "expected: None", "no such order"), ""),
    (forgets_the_lookup, ("An order was not looked up", "GET /shop/orders/2", "no request to the shop"), ""),
    (offers_no_tool, ("goes without `tools`",), ""),
]


@pytest.mark.parametrize(("answer", "words", "belief"), WRONG, ids=lambda value: getattr(value, "__name__", ""))
def test_a_wrong_way_with_tools_is_met_with_its_words(
    judge_fast: Judge, answer: Callable[..., Any], words: tuple[str, ...], belief: str
) -> None:
    outcome = judge_fast("10.4", answer)
    assert (outcome.status, outcome.belief) == ("wrong", belief)
    assert [word for word in words if word not in card(outcome)] == []
    assert outcome.expected and outcome.seen and outcome.look


def test_two_calls_in_one_string_crash_and_the_line_is_named(judge_fast: Judge) -> None:
    outcome = judge_fast("10.4", glues_all_calls)
    assert outcome.status == "crashed"
    assert [word for word in ("JSONDecodeError", "Extra data", "json.loads") if word not in card(outcome)] == []


def test_tools_by_hand_pass_and_so_does_the_stored_solution(judge_fast: Judge, taught: Callable[..., Any]) -> None:
    for answer in (right_by_hand, taught("10.4").solution):
        outcome = judge_fast("10.4", answer)
        assert outcome.passed, card(outcome)
        assert "4 orders looked up" in outcome.summary


def test_the_stub_is_not_started(judge_fast: Judge, taught: Callable[..., Any]) -> None:
    assert judge_fast("10.4", taught("10.4").stub).status == "not started"
