"""10.4: what people really do with a model's wish for a tool. Knows no check."""

import json
from typing import Any

import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong

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


@right
def right_by_hand(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    return stream(base_url, key, user(prompt) + results(base_url, key, joined(parts)))[0]


@wrong("a call that was not whole", "GET /shop/orders/1042", "no_done;after=12", belief="parsed-so-complete")
def trusts_the_loop(base_url: str, key: str, prompt: str) -> Any:
    _, parts, _ = stream(base_url, key, user(prompt))
    return stream(base_url, key, user(prompt) + results(base_url, key, joined(parts)))[0]


@wrong("asked about 104, which the model never asked for", "1042", belief="parsed-so-complete")
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


@wrong("JSONDecodeError", "Extra data", "json.loads", status="crashed")
def glues_all_calls(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    arguments = "".join(part["function"]["arguments"] for part in parts)
    calls = [{**parts[0], "function": {"name": "order_status", "arguments": arguments}}]
    calls[0].pop("index")
    return stream(base_url, key, user(prompt) + results(base_url, key, calls))[0]


@wrong(NOT_THE_WAY, "looked up more than once")
def looks_up_twice_to_be_sure(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    results(base_url, key, joined(parts))
    return stream(base_url, key, user(prompt) + results(base_url, key, joined(parts)))[0]


@wrong(NOT_THE_WAY, "the model was asked 3 times, and 2 was right")
def asks_the_model_once_more(base_url: str, key: str, prompt: str) -> Any:
    answer = right_by_hand(base_url, key, prompt)
    stream(base_url, key, user(prompt))
    return answer


@wrong("not the model's last words")
def knows_better_than_the_model(base_url: str, key: str, prompt: str) -> Any:
    _, parts, finish = stream(base_url, key, user(prompt))
    if finish != "tool_calls":
        return None
    turns = results(base_url, key, joined(parts))
    stream(base_url, key, user(prompt) + turns)
    return "; ".join(turn["content"] for turn in turns[1:])


@wrong("no whole answer to return", "expected: None", "no such order")
def invents_what_is_missing(base_url: str, key: str, prompt: str) -> Any:
    return right_by_hand(base_url, key, prompt) or "There is no such order."


@wrong("An order was not looked up", "GET /shop/orders/2", "no request to the shop")
def forgets_the_lookup(base_url: str, key: str, prompt: str) -> Any:
    return stream(base_url, key, user(prompt))[0]


@wrong("goes without `tools`")
def offers_no_tool(base_url: str, key: str, prompt: str) -> Any:
    return stream(base_url, key, user(prompt), tools=None)[0]
