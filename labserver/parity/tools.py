"""Claims about tool calls, whole and in deltas."""

import json
from typing import Any

from labserver.parity.heard import Heard, choices, short
from labserver.parity.target import Target
from labserver.parity.verdict import Differs, expect

WEATHER = "What is the weather in Oslo? Use the tool."
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather of a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def deltas_add_up_to_json(target: Target) -> None:
    _is_json_of_an_object("".join(part.get("arguments") or "" for part in map(_function, _deltas(target))))


def the_first_delta_names_the_call(target: Target) -> None:
    first, *others = _deltas(target)
    expect(first.get("id") and first.get("type") == "function" and "index" in first, f"the first is {short(first)}")
    expect(_function(first).get("name") == "get_weather", f"the first is {short(first)}")
    for other in others:
        expect("index" in other, f"a later delta has no index: {short(other)}")
        expect(not _function(other).get("name"), f"a later delta has a name again: {short(other)}")


def the_stream_finishes_with_tool_calls(target: Target) -> None:
    ends = [part["finish_reason"] for part in choices(_streamed(target).chunks) if part.get("finish_reason")]
    expect(ends == ["tool_calls"], f"finish reasons: {ends}")


def the_whole_message_has_the_calls(target: Target) -> None:
    answer = target.chat(WEATHER, tools=TOOLS, tool_choice="required").offered().json
    choice = (answer.get("choices") or [{}])[0]
    calls = (choice.get("message") or {}).get("tool_calls") or []
    expect(calls, f"the message is {short(choice.get('message'))}")
    for call in calls:
        expect(call.get("id") and call.get("type") == "function", f"a call is {short(call)}")
        _is_json_of_an_object(_function(call).get("arguments") or "")
    expect(choice.get("finish_reason") == "tool_calls", f"finish_reason is {short(choice.get('finish_reason'))}")


def _streamed(target: Target) -> Heard:
    return target.streamed(WEATHER, tools=TOOLS, tool_choice="required").offered()


def _deltas(target: Target) -> list[dict[str, Any]]:
    """Of the first call, in order. Raises Differs where there is none."""
    parts = choices(_streamed(target).chunks)
    calls = [call for part in parts for call in (part.get("delta") or {}).get("tool_calls") or ()]
    expect(calls, "no delta has a tool call, though it was required")
    return [call for call in calls if call.get("index") == calls[0].get("index")]


def _function(call: dict[str, Any]) -> dict[str, Any]:
    return call.get("function") or {}


def _is_json_of_an_object(arguments: str) -> None:
    try:
        value = json.loads(arguments)
    except ValueError:
        raise Differs(f"the arguments are no JSON: {short(arguments)}") from None
    expect(isinstance(value, dict), f"the arguments are no object: {short(arguments)}")
