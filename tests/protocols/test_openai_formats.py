"""`response_format` with the real SDK: pydantic models in, valid instances out; JSON mode; and what is refused."""

import json
from typing import Annotated, Any, Literal

import jsonschema
import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel, Field


class Line(BaseModel):
    tea: Literal["green", "black", "oolong"]
    quantity: int


class Order(BaseModel):
    """What a customer wants."""

    order_id: int
    customer: str
    email: str
    lines: list[Line]
    gift: bool
    note: str | None


class Node(BaseModel):
    label: str
    children: list["Node"]


class Bounded(BaseModel):
    grams: Annotated[int, Field(ge=2, le=4)]
    sku: Annotated[str, Field(pattern=r"^TEA-\d{3}$")]
    temperatures: Annotated[list[int], Field(min_length=2, max_length=3)]


SAID = "Order 1042 for Ada Lovelace (ada@example.org): 3 boxes of oolong as a gift, please."


def asked(model: type[BaseModel], text: str = SAID) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": text}], "response_format": model}


def test_parse_gives_an_instance_with_what_the_text_says(openai_client: OpenAI) -> None:
    order = openai_client.chat.completions.parse(**asked(Order)).choices[0].message.parsed
    assert isinstance(order, Order)
    assert (order.order_id, order.customer, order.email) == (1042, "Ada Lovelace", "ada@example.org")
    assert order.lines[0].tea == "oolong"
    assert order.gift is True


@pytest.mark.parametrize("model", [Order, Node, Bounded])
def test_the_stream_helper_gives_the_same_as_the_whole_answer(openai_client: OpenAI, model: type[BaseModel]) -> None:
    whole = openai_client.chat.completions.parse(**asked(model)).choices[0].message
    with openai_client.chat.completions.stream(**asked(model)) as events:
        deltas = [event.delta for event in events if event.type == "content.delta"]
        final = events.get_final_completion().choices[0].message
    assert len(deltas) > 5, "JSON comes as deltas of text like anything else"
    assert "".join(deltas) == final.content == whole.content
    assert final.parsed == whole.parsed
    jsonschema.validate(json.loads(final.content), model.model_json_schema())


def test_json_that_is_cut_says_so(openai_client: OpenAI) -> None:
    with pytest.raises(openai.LengthFinishReasonError):
        openai_client.chat.completions.parse(**asked(Order), max_completion_tokens=5)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Give me JSON.", {"answer"}),
        ("Answer as a JSON object with the keys name, city and age.", {"name", "city", "age"}),
        ('Like this JSON: {"tea": "...", "minutes": 3}', {"tea", "minutes"}),
    ],
)
def test_json_mode_gives_an_object(ask, text: str, keys: set[str]) -> None:
    [answer] = ask(messages=[{"role": "user", "content": text}], response_format={"type": "json_object"})
    said = json.loads(answer["choices"][0]["message"]["content"])
    assert set(said) == keys


def test_the_result_of_a_tool_goes_into_the_json(ask) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Where does Ada live?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "She lives in Lisbon."},
    ]
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    [answer] = ask(
        messages=messages,
        response_format={"type": "json_schema", "json_schema": {"name": "where", "schema": schema}},
    )
    assert json.loads(answer["choices"][0]["message"]["content"]) == {"city": "Lisbon"}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "cup", "schema": schema, "strict": True}}


TEXT = {"type": "string"}
OPEN = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
CLOSED = OPEN | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (OPEN, "In context=(), 'additionalProperties' is required to be supplied and to be false."),
        (
            CLOSED | {"required": []},
            "In context=(), 'required' is required to be supplied and to be an array including every key in "
            "properties. Missing 'a'.",
        ),
        (
            CLOSED | {"properties": {"a": OPEN}},
            "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (
            CLOSED | {"properties": {"a": {"oneOf": [TEXT]}}},
            "In context=('properties', 'a'), 'oneOf' is not permitted.",
        ),
        (CLOSED | {"properties": {"a": {}}}, "In context=('properties', 'a'), schema must have a 'type' key."),
        (
            {"type": "array", "items": TEXT},
            "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'.",
        ),
        ({}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
    ],
)
def test_a_schema_that_breaks_stricts_rules_is_refused_in_openais_words(ask, schema: Any, problem: str) -> None:
    [error] = ask(messages=[{"role": "user", "content": SAID}], response_format=strict(schema))
    assert error["message"] == f"Invalid schema for response_format 'cup': {problem}"
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", "response_format", None)


def test_a_function_that_is_not_strict_enough_is_refused_with_its_own_code(ask) -> None:
    tool = {"type": "function", "function": {"name": "find", "parameters": OPEN, "strict": True}}
    [error] = ask(messages=[{"role": "user", "content": "Hi"}], tools=[tool])
    assert error["message"].startswith("Invalid schema for function 'find': In context=(), 'additionalProperties'")
    assert (error["param"], error["code"]) == ("tools[0].function.parameters", "invalid_function_parameters")


def test_json_mode_wants_the_word(ask) -> None:
    [error] = ask(messages=[{"role": "user", "content": "Hello"}], response_format={"type": "json_object"})
    assert error["message"] == (
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    )
    assert (error["param"], error["code"]) == ("messages", None)
