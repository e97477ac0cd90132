"""What is refused of a request for a response, in OpenAI's words; and that no parameter of the SDK is unknown here."""

from typing import Any

import pytest
from openai.types.embedding_create_params import EmbeddingCreateParams
from openai.types.responses import response_create_params

from labserver.surfaces.openai_embeddings import EmbeddingBody
from labserver.surfaces.openai_response_parameters import RESPONSE_PARAMETERS
from labserver.surfaces.openai_response_request import ResponseBody

HI: dict[str, Any] = {"input": "Hi"}
LOOK = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}
CALL = {"type": "function_call", "call_id": "call_1", "name": "look", "arguments": "{}"}


def test_every_parameter_that_the_sdk_declares_is_in_the_table_and_in_the_body() -> None:
    declared = set(response_create_params.ResponseCreateParamsBase.__annotations__) | {"stream"}
    assert set(RESPONSE_PARAMETERS) == declared, "give each its row in RESPONSE_PARAMETERS"
    assert set(ResponseBody.model_fields) == declared
    assert set(EmbeddingBody.model_fields) == set(EmbeddingCreateParams.__annotations__)


def test_what_has_no_effect_and_what_is_refused_says_why() -> None:
    assert all(row.why for row in RESPONSE_PARAMETERS.values() if row.treatment != "supported")


@pytest.mark.parametrize("name", [name for name, row in RESPONSE_PARAMETERS.items() if row.treatment == "refused"])
def test_a_refused_parameter_is_refused_by_its_name(respond, name: str) -> None:
    [error] = respond(**HI, **{name: {"id": "x"}})
    assert (error["param"], error["code"]) == (name, "unsupported_parameter")
    assert error["message"] == RESPONSE_PARAMETERS[name].why


IGNORED = {
    "image": {"context_compression": "auto"}, "max_tool_calls": 3, "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "implicit"}, "prompt_cache_retention": "24h", "safety_identifier": "s",
    "stream_options": {"include_obfuscation": True}, "top_p": 0.5, "user": "ada",
}  # fmt: skip


def test_an_ignored_parameter_changes_no_word(respond, server) -> None:
    assert set(IGNORED) == {name for name, row in RESPONSE_PARAMETERS.items() if row.treatment == "ignored"}

    def said(**more: Any) -> Any:
        *_, last = respond(server.sandbox(), **HI, stream=True, **more)
        return last["response"]["output"][0]["content"]

    plain = said(temperature=0)
    for name, value in IGNORED.items():
        assert said(temperature=0, **{name: value}) == plain, name


REFUSALS: list[tuple[dict[str, Any], str, str | None, str | None]] = [
    ({}, 'One of "input" or "previous_response_id" must be provided.', "input", "missing_required_parameter"),
    ({"input": 7}, "Invalid type for 'input': expected one of a string or array of objects, but got an integer "
     "instead.", "input", "invalid_type"),
    ({"input": []}, "Invalid 'input': empty array. Expected an array with minimum length 1, but got an empty array "
     "instead.", "input", "empty_array"),
    ({"input": [{"role": "user"}]}, "Missing required parameter: 'input[0].content'.", "input[0].content",
     "missing_required_parameter"),
    ({"input": [{"type": "teapot"}]}, "Invalid value: 'teapot'. Supported values are: 'message', 'function_call', and "
     "'function_call_output'.", "input[0].type", "invalid_value"),
    ({"input": [{"role": "user", "content": [{"type": "output_text", "text": "Hi"}]}]}, "Invalid value: 'output_text'. "
     "Supported values are: 'input_text' and 'input_image'.", "input[0].content[0]", "invalid_value"),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "cup.png"}]}]},
     "Invalid 'input[0].content[0].image_url'. Expected a valid URL, but got a value with an invalid format.",
     "input[0].content[0].image_url", "invalid_value"),
    ({"input": [{"type": "function_call_output", "call_id": "call_9", "output": "7"}]},
     "No tool call found for function call output with call_id call_9.", "input", None),
    ({"input": [CALL]}, "No tool output found for function call call_1.", "input", None),
    (HI | {"max_output_tokens": 5}, "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, "
     "but got 5 instead.", "max_output_tokens", "integer_below_min_value"),
    (HI | {"temperature": 3}, "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 "
     "instead.", "temperature", "decimal_above_max_value"),
    (HI | {"mood": "good"}, "Unrecognized request argument supplied: mood", None, None),
    (HI | {"previous_response_id": "resp_9"}, "Previous response with id 'resp_9' not found.", "previous_response_id",
     "previous_response_not_found"),
    (HI | {"background": True, "store": False}, "Background mode requires 'store' to be true.", "store",
     "invalid_parameter_combination"),
    (HI | {"text": {"format": {"type": "json_object"}}}, "Response input messages must contain the word 'json' in some "
     "form to use 'text.format' of type 'json_object'.", "input", None),
    (HI | {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "array"}}}}, "Invalid schema for "
     "response_format 'n': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
     "text.format.schema", "invalid_json_schema"),
    (HI | {"text": {"verbosity": "low"}}, "Unsupported value: 'low' is not supported with the 'tea-small' model. "
     "Supported values are: 'medium'.", "text.verbosity", "unsupported_value"),
    (HI | {"reasoning": {"effort": "high"}}, "Unsupported parameter: 'reasoning.effort' is not supported with this "
     "model.", "reasoning.effort", "unsupported_parameter"),
    (HI | {"tools": [{"type": "web_search"}]}, "Invalid value: 'web_search'. Supported value is: 'function'.",
     "tools[0].type", "invalid_value"),
    (HI | {"tools": [LOOK], "tool_choice": {"type": "function", "name": "find"}}, "Tool choice 'function' not found in "
     "'tools' parameter: find.", "tool_choice", None),
    (HI | {"tool_choice": "required"}, "Tool choice 'required' must be specified with 'tools' parameter.",
     "tool_choice", None),
    (HI | {"stream_options": {"include_obfuscation": False}}, "The 'stream_options' parameter is only allowed when "
     "'stream' is enabled.", "stream_options", None),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "message", "param", "code"), REFUSALS, ids=range(len(REFUSALS)))
def test_a_request_that_does_not_fit_is_told_so_as_openai_tells_it(respond, asked, message, param, code) -> None:
    [error] = respond(**asked)
    assert error == {"message": message, "type": "invalid_request_error", "param": param, "code": code}


def test_a_context_that_is_too_long_is_refused_or_cut_as_asked(respond) -> None:
    asked = {
        "input": [{"role": "user", "content": "a b " * 20_000} for _ in range(11)]
        + [{"role": "user", **{"content": "tea"}}]
    }
    [error] = respond(**asked)
    assert (error["code"], error["param"]) == ("context_length_exceeded", "input")
    [answer] = respond(**asked, truncation="auto")
    assert answer["status"] == "completed"
    assert answer["usage"]["input_tokens"] <= 400_000


@pytest.mark.parametrize(
    ("path", "method"), [("", "GET"), ("", "DELETE"), ("/cancel", "POST"), ("/input_items", "GET")]
)
def test_what_is_not_stored_is_a_404_in_four_keys(server, path: str, method: str) -> None:
    answer = server.http.request(method, f"/v1/responses/resp_9{path}")
    assert answer.status_code == 404
    message = "Response with id 'resp_9' not found."
    told = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    assert answer.json() == {"error": told}


def test_a_page_behind_an_item_that_is_not_there_is_refused(server) -> None:
    key = {"authorization": f"Bearer {server.sandbox()}", "x-lab-pace": "instant"}
    made = server.http.post("/v1/responses", json={"model": "script", "input": "tea"}, headers=key).json()
    answer = server.http.get(f"/v1/responses/{made['id']}/input_items?after=msg_9", headers=key)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "after")
