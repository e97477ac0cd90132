"""Whatever a schema asks for, the value is valid: judged by the `jsonschema` package, which the server never uses."""

import json
import time
from typing import Any

import jsonschema
import pytest

from labserver.errors import InvalidRequest
from labserver.providers.filling import value_for
from labserver.providers.schemas import fits

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required or properties)}


def a_list(items: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, **more}


TREE = thing(value=WHOLE, children=a_list({"$ref": "#/$defs/Tree"})) | {"additionalProperties": False}
SCHEMAS: dict[str, dict[str, Any]] = {
    "nested": thing(a=thing(b=a_list(thing(c=WHOLE | {"minimum": 5, "maximum": 7}), minItems=2))),
    "any of": thing(x={"anyOf": [TEXT | {"maxLength": 3}, {"type": "null"}]}),
    "overlapping numbers": thing(
        x={"oneOf": [{"type": "number", "multipleOf": 5}, {"type": "number", "multipleOf": 3}]}
    ),
    "one of two objects": thing(
        pay={
            "oneOf": [
                thing(kind={"const": "card"}, number=TEXT | {"pattern": r"^\d{16}$"}),
                thing(kind={"const": "cash"}),
            ]
        }
    ),
    "a tree": thing(tree={"$ref": "#/$defs/Tree"}) | {"$defs": {"Tree": TREE}},
    "a chain of itself": thing(next={"anyOf": [{"$ref": "#"}, {"type": "null"}]}, v=TEXT),
    "lists of lists": thing(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": a_list({"$ref": "#/$defs/a"})}},
    "all of": {
        "type": "object",
        "allOf": [thing(a=WHOLE | {"minimum": 3}), {"properties": {"a": {"maximum": 4}, "b": {"enum": ["q"]}}}],
    },
    "formats": thing(
        **{
            name.replace("-", "_"): TEXT | {"format": name}
            for name in ("date", "date-time", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "duration")
        }
    ),
    "patterns": thing(
        sku=TEXT | {"pattern": "^[A-Z]{3}-[0-9]{2,4}$"},
        long=TEXT | {"pattern": r"^\w+@x\.org$", "minLength": 12},
        slug=TEXT | {"pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$"},
        colour={"pattern": "^#[0-9a-f]{6}$", "type": "string"},
    ),
    "all different": thing(
        t=a_list({"enum": ["a", "b", "c"]}, uniqueItems=True, minItems=3),
        n=a_list(WHOLE | {"minimum": 1, "maximum": 3}, uniqueItems=True, minItems=3),
        s=a_list(TEXT, uniqueItems=True, minItems=4),
        b=a_list({"type": "boolean"}, uniqueItems=True, minItems=2),
    ),
    "a tuple": thing(p={"type": "array", "prefixItems": [{"type": "number"}, TEXT], "items": False, "minItems": 2}),
    "open bounds": thing(
        x={"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        y=WHOLE | {"exclusiveMinimum": 9, "multipleOf": 4},
        z={"type": "number", "maximum": -3.5},
    ),
    "several types": thing(x={"type": ["string", "null"]}, y={"type": ["integer", "string"]}, n={"type": "null"}),
    "so many properties": {"type": "object", "minProperties": 3, "additionalProperties": WHOLE},
    "but not": thing(x=WHOLE | {"not": {"const": 1}}, s=TEXT | {"not": {"enum": ["s"]}}),
    "if and then": thing("k", k={"enum": ["a", "b"]}, v=TEXT)
    | {"if": {"properties": {"k": {"const": "a"}}}, "then": {"required": ["v"]}},
    "contains": thing(x={"type": "array", "contains": WHOLE | {"minimum": 10}}),
    "a long text": thing(x=TEXT | {"minLength": 200, "maxLength": 210}),
    "an empty list": thing(x=a_list(TEXT, maxItems=0)),
    "required and unnamed": {"type": "object", "required": ["q", "r"]},
    "a constant": thing(v={"const": {"a": [1, 2]}}) | {"additionalProperties": False},
    "a default of the wrong type": thing(v=WHOLE | {"default": "seven"}),
    "an example of the wrong type": thing(v=WHOLE | {"examples": ["seven", 8]}),
    "true and false": thing(yes={"type": "boolean", "const": True}, no={"type": "boolean", "enum": [False]}),
    "anything": {},
    "nothing at all": {"type": "object", "properties": {}, "additionalProperties": False},
}
SAID = (
    "",
    "Where is order 1042 in Paris on 2024-05-03 at 14:30, for ada@example.org?",
    "Two cups for Ada Lovelace, ORD-77, not a gift, 'a quoted one' 3.5 and 12 and 15",
)


@pytest.mark.parametrize("said", SAID, ids=["silence", "an order", "a ticket"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_the_value_is_valid(name: str, said: str) -> None:
    value = value_for(SCHEMAS[name], said, speech="An answer.")
    checker = jsonschema.Draft202012Validator(SCHEMAS[name], format_checker=jsonschema.FormatChecker())
    checker.validate(json.loads(json.dumps(value)))


@pytest.mark.parametrize("name", SCHEMAS)
def test_our_own_judge_agrees_with_jsonschema(name: str) -> None:
    judge = jsonschema.Draft202012Validator(SCHEMAS[name])
    for value in (
        None,
        True,
        0,
        5,
        1.5,
        "",
        "a",
        [],
        ["a", 1],
        {},
        *(value_for(SCHEMAS[each], "") for each in SCHEMAS),
    ):
        assert fits(value, SCHEMAS[name], SCHEMAS[name]) == judge.is_valid(value), value


@pytest.mark.parametrize(
    ("field", "schema", "said", "expected"),
    [
        ("order_id", WHOLE, "Where is order 1042?", 1042),
        ("order_id", TEXT, "Where is order 1042?", "1042"),
        ("order_id", TEXT, "Where is ORD-1042?", "ORD-1042"),
        ("quantity", WHOLE, "In order 7, send two boxes", 2),
        ("city", TEXT, "What is the weather in New York today?", "New York"),
        ("city", TEXT, "is it raining in lisbon", "Lisbon"),
        ("city", TEXT, "What is the weather in San Francisco, CA?", "San Francisco, CA"),
        ("city", TEXT, "Hello", "London"),
        ("date", TEXT | {"format": "date"}, "from 3 May 2024 on", "2024-05-03"),
        ("date", TEXT | {"format": "date"}, "tomorrow", "2024-01-02"),
        ("email", TEXT, "write to ada@example.org.", "ada@example.org"),
        ("url", TEXT, "see https://example.org/teas?x=1, please", "https://example.org/teas?x=1"),
        ("name", TEXT, "I am Ada Lovelace", "Ada Lovelace"),
        ("query", TEXT, "What is oolong?", "What is oolong"),
        ("title", TEXT, "Open a ticket 'The kettle leaks'", "The kettle leaks"),
        ("expression", TEXT, "What is 17 * 23?", "17 * 23"),
        ("category", {"enum": ["black", "green"]}, "green tea?", "green"),
        ("category", {"enum": ["black", "green"]}, "tea?", "black"),
        ("unit", {"enum": ["celsius", "fahrenheit"], "default": "fahrenheit"}, "?", "fahrenheit"),
        ("tags", a_list({"enum": ["hot", "cold", "new"]}), "cold and hot", ["cold", "hot"]),
        ("cities", a_list(TEXT), "Oslo, Rome and Paris", ["Oslo", "Rome", "Paris"]),
        ("gift", {"type": "boolean"}, "as a gift", True),
        ("gift", {"type": "boolean"}, "not a gift", False),
        ("grams", {"type": "number"}, "2.5 grams", 2.5),
        ("limit", WHOLE | {"default": 10}, "some teas", 10),
        ("limit", WHOLE | {"default": 10, "maximum": 50}, "at most 99, no: limit 5", 5),
        ("code", TEXT | {"pattern": r"^[A-Z]{2}\d{3}$"}, "it is AB123", "AB123"),
    ],
)
def test_what_the_text_says_is_taken_from_it(field: str, schema: Any, said: str, expected: Any) -> None:
    assert value_for(thing(**{field: schema}), said) == {field: expected}


def test_what_may_be_there_is_there_only_where_the_text_says_it() -> None:
    schema = thing("city", city=TEXT, unit={"enum": ["celsius", "fahrenheit"]}, days=WHOLE)
    assert value_for(schema, "Weather in Oslo") == {"city": "Oslo"}
    assert value_for(schema, "Weather in Oslo in celsius for 3 days") == {"city": "Oslo", "unit": "celsius", "days": 3}


def test_no_number_and_no_place_is_taken_twice() -> None:
    assert value_for(thing(a=WHOLE, b=WHOLE), "Add 4 and 5") == {"a": 4, "b": 5}
    assert value_for(thing(origin=TEXT, destination=TEXT), "to Rome from Oslo") == {
        "origin": "Oslo",
        "destination": "Rome",
    }


def doubling(depth: int) -> dict[str, Any]:
    steps = {f"d{at}": thing(x={"$ref": f"#/$defs/d{at + 1}"}, y={"$ref": f"#/$defs/d{at + 1}"}) for at in range(depth)}
    return thing(x={"$ref": "#/$defs/d0"}) | {"$defs": steps | {f"d{depth}": WHOLE}}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param(doubling(30), id="twice as many at every step"),
        pytest.param(thing(a=a_list(WHOLE, minItems=10**9)), id="a billion items"),
        pytest.param(thing(a=TEXT | {"minLength": 10**9}), id="a billion letters"),
        pytest.param({"type": "object", "minProperties": 10**9}, id="a billion properties"),
        pytest.param(thing(a={"$ref": "#"}), id="without an end"),
        pytest.param(thing(a={"$ref": "#/$defs/b"}), id="a reference to nothing"),
        pytest.param({"$ref": "#"}, id="a reference to itself"),
        pytest.param(thing(a={"allOf": [{"const": 1}, {"const": 2}]}), id="what cannot be"),
    ],
)
def test_a_schema_that_wants_too_much_or_the_impossible_is_refused_soon(schema: dict[str, Any]) -> None:
    began = time.process_time()
    with pytest.raises(InvalidRequest, match=r"Ask for less|leads nowhere|simpler"):
        value_for(schema, SAID[1])
    assert time.process_time() - began < 5
