"""What a realtime session refuses, in OpenAI's words, and that it stays open afterwards."""

import json
from collections.abc import Iterator

import pytest
from realtime import Payload, done, text, user
from websockets.exceptions import ConnectionClosed


def message(part: Payload, role: str = "user") -> Payload:
    return {"type": "message", "role": role, "content": [part]}


TOOL = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
BAD_TOOL = {**TOOL, "parameters": {"type": "tea"}}
SOUND = {"type": "input_audio", "audio": "AAAA"}
PICTURE = {"type": "input_image", "image_url": "tea.png"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "7"}
CUT = {"item_id": "x", "content_index": 0, "audio_end_ms": 1}
RETENTION = {"type": "retention_ratio", "retention_ratio": 0.5, "token_limits": {"post_instructions": 5}}
PREVIOUS = "previous_item_id invalid_value"
GONE = "the item with id 'x' does not exist"
TEXT = {"type": "input_text", "text": "a"}

# What is sent, words of the refusal, then its `param` and its `code`; "-" is null.
Misfit = tuple[Payload, str, str]
UPDATES: list[Misfit] = [
    ({"type": "transcription"}, "Supported value is: 'realtime'", "session.type invalid_value"),
    ({"modalities": ["text"]}, "Unknown parameter: 'session.modalities'.", "session.modalities unknown_parameter"),
    ({"model": "tea-small"}, "cannot be changed", "session.model invalid_value"),
    ({"output_modalities": ["audio"]}, 'to ["text"]', "session.output_modalities invalid_value"),
    ({"max_output_tokens": 5000}, "Expected a value <= 4096", "session.max_output_tokens integer_above_max_value"),
    ({"max_output_tokens": "many"}, "'inf'", "session.max_output_tokens invalid_value"),
    ({"tools": [{**TOOL, "strict": True}]}, "Unknown parameter", "session.tools[0].strict unknown_parameter"),
    ({"tools": [{"type": "mcp"}]}, "Supported value is: 'function'", "session.tools[0].type invalid_value"),
    ({"tools": [BAD_TOOL]}, "Invalid schema", "session.tools[0].parameters invalid_function_parameters"),
    ({"tool_choice": "required"}, "must be specified with 'tools'", "session.tool_choice -"),
    ({"prompt": {"id": "p"}}, "Send 'instructions'", "session.prompt unsupported_parameter"),
    ({"reasoning": {"effort": "low"}}, "not supported", "session.reasoning unsupported_parameter"),
]
ITEMS: list[Misfit] = [
    ({"role": "user"}, "Missing required parameter: 'item.type'.", "item.type missing_required_parameter"),
    ({"type": "item_reference", "id": "x"}, "Invalid value: 'item_reference'", "item.type invalid_value"),
    (message(SOUND), "Send a part of type 'input_text'", "item.content[0].type invalid_value"),
    (message(TEXT, "assistant"), "Supported value is: 'output_text'", "item.content[0].type invalid_value"),
    (message(TEXT, "developer"), "'assistant', 'system', and 'user'", "item.role invalid_value"),
    (message(PICTURE), "Expected a valid URL", "item.content[0].image_url invalid_value"),
    ({**message(TEXT), "content": []}, "empty array", "item.content empty_array"),
    ({**message(TEXT), "content": "a"}, "expected an array", "item.content invalid_type"),
    (OUTPUT, "Tool call ID 'call_1' not found in conversation.", "- invalid_tool_call_id"),
]
RESPONSES: list[Misfit] = [
    ({"output_modalities": ["audio"]}, 'to ["text"]', "response.output_modalities invalid_value"),
    ({"conversation": "mine"}, "'auto' and 'none'", "response.conversation invalid_value"),
    ({"temperature": 1}, "Unknown parameter", "response.temperature unknown_parameter"),
    ({"input": [{"type": "item_reference", "id": "x"}]}, GONE, "response.input[0].id response_invalid_item_id"),
    ({"input": [message(SOUND)]}, "text only", "response.input[0].content[0].type invalid_value"),
    ({"tool_choice": {"type": "function", "name": "x"}}, "not found in 'tools'", "response.tool_choice -"),
]
EVENTS: list[tuple[str, Payload, str, str]] = [
    ("session.update", {}, "Missing required parameter: 'session'.", "session missing_required_parameter"),
    ("session.update", {"session": {}}, "'session.type'", "session.type missing_required_parameter"),
    ("conversation.item.create", {}, "Missing required parameter: 'item'.", "item missing_required_parameter"),
    ("conversation.item.create", {"item": message(TEXT), "previous_item_id": "x"}, GONE, PREVIOUS),
    ("conversation.item.retrieve", {"item_id": "x"}, GONE, "item_id item_retrieve_invalid_item_id"),
    ("conversation.item.delete", {"item_id": "x"}, GONE, "item_id item_delete_invalid_item_id"),
    ("conversation.item.truncate", CUT, GONE, "item_id item_truncate_invalid_item_id"),
    ("conversation.item.truncate", {"item_id": "x"}, "Missing", "content_index missing_required_parameter"),
    ("response.cancel", {}, "Cancellation failed: no active response found", "- response_cancel_not_active"),
    ("response.cancel", {"response_id": "resp_1"}, "no active response found", "- response_cancel_not_active"),
    ("input_audio_buffer.append", {"audio": "AAAA"}, "'input_text', then 'response.create'", "type invalid_value"),
    ("input_audio_buffer.commit", {}, "'input_text', then 'response.create'", "type invalid_value"),
    ("input_audio_buffer.clear", {}, "'input_text', then 'response.create'", "type invalid_value"),
    ("output_audio_buffer.clear", {}, "send 'response.cancel'", "type invalid_value"),
    ("tea", {}, "Invalid value: 'tea'. Supported values are: 'session.update'", "type invalid_value"),
    *(("session.update", {"session": {"type": "realtime", **one}}, *rest) for one, *rest in UPDATES),
    *(("conversation.item.create", {"item": one}, *rest) for one, *rest in ITEMS),
    *(("response.create", {"response": one}, *rest) for one, *rest in RESPONSES),
]


@pytest.mark.parametrize(("kind", "fields", "words", "named"), EVENTS)
def test_what_does_not_fit_is_an_error_that_names_the_event(
    talk, kind: str, fields: Payload, words: str, named: str
) -> None:
    here = talk()
    error = here.refused(kind, event_id="mine", **fields)
    assert error.keys() == {"type", "code", "message", "param", "event_id"}
    assert words in error["message"]
    param, code = (None if one == "-" else one for one in named.split(" "))
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert error["event_id"] == "mine"
    assert text(here.ask("Green| tea")) == "Green tea", "the connection stays open, and nothing has changed"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "tea",
        '{"type": ',
        "[]",
        '"type"',
        "[" * 100_000,
        '{"type": "session.update", "event_id": "\\ud800"}',
        '{"type": "response.create", "response": {"max_output_tokens": Infinity}}',
        '{"type": 7}',
        "{}",
        b'{"type": "response.create"}',
    ],
)
def test_what_is_no_event_is_an_error_too(talk, frame: str | bytes) -> None:
    here = talk()
    here.socket.send(frame)
    error = here.hear()["error"]
    assert (error["type"], error["event_id"]) == ("invalid_request_error", None)
    assert done(here.ask("Green| tea"))["status"] == "completed"


WHOLE: list[Payload] = [
    {"type": "session.update", "session": {"type": "realtime", "tools": [TOOL], "tool_choice": "auto"}},
    {"type": "session.update", "session": {"type": "realtime", "truncation": RETENTION, "max_output_tokens": 9}},
    {"type": "session.update", "session": {"type": "realtime", "tool_choice": {"type": "function", "name": "look"}}},
    {"type": "conversation.item.create", "item": message(TEXT), "previous_item_id": "root", "event_id": "e"},
    {"type": "conversation.item.create", "item": {"type": "function_call", "name": "look", "arguments": "{}"}},
    {"type": "response.create", "response": {"input": [message(TEXT)], "conversation": "none", "metadata": {"a": "b"}}},
    {"type": "response.cancel", "response_id": "resp_1"},
]
ODD: list[object] = [None, True, -1, 7, 1.5, 10**400, "", "tea", "a" * 5000, [], [None], {}, {"type": "tea"}]


def spoilt(value: object, odd: object) -> Iterator[object]:
    """The value with one of its parts, or all of it, replaced."""
    yield odd
    if isinstance(value, dict):
        for name, part in value.items():
            yield from ({**value, name: other} for other in spoilt(part, odd))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in spoilt(part, odd))


@pytest.mark.parametrize("whole", WHOLE, ids=lambda whole: whole["type"])
def test_no_event_however_spoilt_ends_a_session(talk, whole: Payload) -> None:
    here = talk()
    for odd in ODD:
        for event in spoilt(whole, odd):
            here.socket.send(json.dumps(event))
    here.say("conversation.item.retrieve", item_id="the end", event_id="the end")
    while here.hear("error")["error"]["event_id"] != "the end":
        pass
    assert {event["type"] for event in here.heard} > {"error"}


def test_a_fault_of_the_old_beta_names_is_told(talk) -> None:
    here = talk()
    beta = {"modalities": ["text"], "voice": "alloy", "turn_detection": None}
    assert here.refused("session.update", session=beta)["param"] == "session.type"


def test_settings_of_sound_are_ignored_not_refused(talk) -> None:
    here = talk()
    sound = {"input": {"turn_detection": None}, "output": {"voice": "marin"}}
    here.say("session.update", session={"type": "realtime", "audio": sound, "tracing": "auto", "include": []})
    assert "audio" not in here.hear("session.updated")["session"]


def test_an_update_that_is_refused_changes_nothing(talk) -> None:
    here = talk()
    here.refused("session.update", session={"type": "realtime", "instructions": "Be rude.", "tool_choice": "required"})
    here.say("session.update", session={"type": "realtime"})
    assert here.hear("session.updated")["session"] == here.heard[0]["session"]


def test_a_frame_over_the_cap_ends_the_socket_with_1009(talk) -> None:
    here = talk()
    with pytest.raises(ConnectionClosed) as ended:
        here.socket.send(json.dumps(user("a" * 1024 * 1024)))
        here.hear()
    assert ended.value.rcvd.code == 1009
