"""What OpenAI answers to a request that does not fit: the sentence, the `param` and the `code`, all of them its own."""

import json
from typing import Any

import pytest

HI = {"role": "user", "content": "Hi"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ANSWER = {"role": "tool", "tool_call_id": "call_1", "content": "found"}
LOOK = {"type": "function", "function": {"name": "look"}}
UNANSWERED = (
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The "
    "following tool_call_ids did not have response messages: "
)


def image(url: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": url}


def said(*parts: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": list(parts)}]}


REFUSALS: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    (
        {"messages": None},
        "Invalid type for 'messages': expected an array, but got null instead.",
        "messages",
        "invalid_type",
    ),
    (
        {"messages": []},
        "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        "messages",
        "empty_array",
    ),
    (
        {"messages": [{"role": "teapot", "content": "Hi"}]},
        "Invalid value: 'teapot'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and "
        "'developer'.",
        "messages[0].role",
        "invalid_value",
    ),
    (
        {"messages": [{"role": "user"}]},
        "Missing required parameter: 'messages[0].content'.",
        "messages[0].content",
        "missing_required_parameter",
    ),
    (
        {"messages": [{"role": "user", "content": None}]},
        "Invalid value for 'content': expected a string, got null.",
        "messages.[0].content",
        None,
    ),
    (
        {"messages": [{"role": "user", "content": 7}]},
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, but got an integer "
        "instead.",
        "messages[0].content",
        "invalid_type",
    ),
    (
        {"messages": [HI | {"mood": "good"}]},
        "Unknown parameter: 'messages[0].mood'.",
        "messages[0].mood",
        "unknown_parameter",
    ),
    (
        {"messages": [HI | {"tool_calls": [CALL]}]},
        "Unknown parameter: 'messages[0].tool_calls'.",
        "messages[0].tool_calls",
        "unknown_parameter",
    ),
    (
        said({"type": "image"}),
        "Invalid value: 'image'. Supported values are: 'text', 'image_url', 'refusal', 'input_audio', and 'file'.",
        "messages[0].content[0].type",
        "invalid_value",
    ),
    (
        said({"type": "text", "text": "Look"}, image("https://x.test/a.png")),
        "Invalid type for 'messages[0].content[1].image_url': expected an object, but got a string instead.",
        "messages[0].content[1].image_url",
        "invalid_type",
    ),
    (
        said(image({"url": "file:///tea.png"})),
        "Invalid 'messages[0].content[0].image_url.url'. Expected an http(s) URL or a base64-encoded data URL with an "
        "image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got neither.",
        "messages[0].content[0].image_url.url",
        "invalid_value",
    ),
    (
        said(image({"url": "https://x.test/a.png"}), role="system"),
        "Invalid 'messages[0]'. Image URLs are only allowed for messages with role 'user', but this message with role "
        "'system' contains an image URL.",
        "messages[0]",
        "invalid_value",
    ),
    (
        said({"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}),
        "Invalid content type. input_audio is only supported by certain models.",
        "messages.[0].content.[0].type",
        None,
    ),
    ({"teapot": 1}, "Unrecognized request argument supplied: teapot", None, None),
    ({"teapot": 1, "cup": 2}, "Unrecognized request arguments supplied: teapot, cup", None, None),
    (
        {"temperature": 2.5},
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        "temperature",
        "decimal_above_max_value",
    ),
    (
        {"top_p": -1},
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
        "top_p",
        "decimal_below_min_value",
    ),
    (
        {"temperature": "hot"},
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
        "temperature",
        "invalid_type",
    ),
    (
        {"max_tokens": "7"},
        "Invalid type for 'max_tokens': expected an integer, but got a string instead.",
        "max_tokens",
        "invalid_type",
    ),
    (
        {"max_tokens": 0},
        "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "max_tokens",
        "integer_below_min_value",
    ),
    (
        {"n": 17},
        "Invalid 'n': integer above maximum value. Expected a value <= 16, but got 17 instead.",
        "n",
        "integer_above_max_value",
    ),
    (
        {"stop": list("abcde")},
        "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length 5 "
        "instead.",
        "stop",
        "array_above_max_length",
    ),
    (
        {"max_tokens": 5, "max_completion_tokens": 5},
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        "max_tokens",
        "invalid_parameter_combination",
    ),
    (
        {"top_logprobs": 3},
        "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.",
        "top_logprobs",
        None,
    ),
    (
        {"stream_options": {"include_usage": True}},
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        "stream_options",
        None,
    ),
    (
        {"modalities": ["text", "audio"]},
        "Invalid value: 'audio'. Supported value is: 'text'.",
        "modalities",
        "invalid_value",
    ),
    (
        {"response_format": {"type": "object"}},
        "Invalid value: 'object'. Supported values are: 'text', 'json_object', and 'json_schema'.",
        "response_format.type",
        "invalid_value",
    ),
    (
        {"tool_choice": "auto"},
        "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
        "tool_choice",
        None,
    ),
    (
        {"tools": [LOOK], "tool_choice": {"type": "function", "function": {"name": "listen"}}},
        "Invalid value for 'tool_choice': no function named 'listen' was specified in the 'tools' parameter.",
        "tool_choice",
        None,
    ),
    (
        {"tools": [{"type": "function", "function": {"name": "look around"}}]},
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern "
        "'^[a-zA-Z0-9_-]+$'.",
        "tools[0].function.name",
        "invalid_value",
    ),
    (
        {"tools": [{"type": "custom", "custom": {"name": "look"}}]},
        "Invalid value: 'custom'. Supported value is: 'function'.",
        "tools[0].type",
        "invalid_value",
    ),
    ({"messages": [HI, CALLED]}, f"{UNANSWERED}call_1", "messages", None),
    ({"messages": [HI, CALLED, HI]}, f"{UNANSWERED}call_1", "messages.[2].role", None),
    (
        {"messages": [HI, ANSWER]},
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        "messages.[1].role",
        None,
    ),
    (
        {"messages": [HI, CALLED, ANSWER, HI, ANSWER]},
        "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        "messages.[4].role",
        None,
    ),
    (
        {"messages": [HI, CALLED, ANSWER | {"tool_call_id": "call_2"}]},
        "Invalid parameter: 'tool_call_id' of 'call_2' not found in 'tool_calls' of previous message.",
        "messages.[2].tool_call_id",
        None,
    ),
]


@pytest.mark.parametrize(("body", "message", "param", "code"), REFUSALS, ids=[one[1][:60] for one in REFUSALS])
def test_a_misfit_is_refused_in_openais_words(
    ask, body: Any, message: str, param: str | None, code: str | None
) -> None:
    [error] = ask(**({"messages": [HI]} | body))
    assert error == {"message": message, "type": "invalid_request_error", "param": param, "code": code}


def test_it_is_refused_before_a_stream_begins(server) -> None:
    body = {"model": "tea-small", "messages": [HI, CALLED], "stream": True}
    answer = server.http.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, f"{UNANSWERED}call_1")


@pytest.mark.parametrize("text", ["tea \ud800", "\udfff"])
@pytest.mark.parametrize("streamed", [False, True])
def test_half_a_character_is_refused_and_breaks_nothing(server, text: str, streamed: bool) -> None:
    for body in (
        {"messages": [HI | {"content": text}]},
        {"messages": [HI | {"role": text}]},
        {"messages": [HI], text: 1},
    ):
        content = json.dumps({"model": "script", "stream": streamed} | body)
        answer = server.http.post("/v1/chat/completions", content=content, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_question_longer_than_the_context_is_refused(ask) -> None:
    [error] = ask(messages=[{"role": "user", "content": "?!" * 400_000}])
    assert error["message"].startswith("This model's maximum context length is 400000 tokens. However, your messages")
    assert (error["param"], error["code"]) == ("messages", "context_length_exceeded")


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([image({"url": "https://x.test/a.png", "detail": "low"})], "one image"),
        ([image({"url": "data:image/png;base64,aGk="}), image({"url": "http://x.test/"})], "2 images"),
    ],
)
def test_pictures_are_counted_and_never_fetched(ask, parts: Any, told: str) -> None:
    [answer] = ask(messages=[{"role": "user", "content": [{"type": "text", "text": "What is this?"}, *parts]}])
    assert told in answer["choices"][0]["message"]["content"]
    assert answer["usage"]["prompt_tokens"] > 85 * len(parts)


def test_text_in_parts_is_the_same_as_text(ask) -> None:
    parts = [{"type": "text", "text": "How do I brew "}, {"type": "text", "text": "green tea?"}]
    [one] = ask(messages=[{"role": "user", "content": "How do I brew green tea?"}], temperature=0)
    [other] = ask(messages=[{"role": "user", "content": parts}], temperature=0)
    assert one["choices"] == other["choices"]


def test_an_answer_can_be_sent_back_as_it_came(ask) -> None:
    [answer] = ask(messages=[HI])
    [again] = ask(messages=[HI, answer["choices"][0]["message"], {"role": "user", "content": "Thanks"}])
    assert again["object"] == "chat.completion"
