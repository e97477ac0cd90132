"""Which JSON Schemas OpenAI takes: objects only, references that lead somewhere, and strict's own rules. Pure.

Source: the guide to structured outputs, and the errors that clients report; `In context=(…)` is the path in the schema.
"""

from collections.abc import Callable, Mapping
from typing import Any

from labserver.providers.schemas import TYPES, Unresolvable, resolve
from labserver.surfaces.openai_refusals import Refused

DEEPEST = 32
MOST_PARTS = 5000
NOT_IN_STRICT = (
    "allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties",
)  # fmt: skip
COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
INSIDE_MAPPINGS = ("properties", "$defs", "definitions", "patternProperties")
INSIDE_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
INSIDE = ("items", "additionalProperties", "not", "if", "then", "else", "contains")

Fail = Callable[[str], Refused]
Place = tuple[str, ...]


def check(schema: Mapping[str, Any], whose: str, param: str, kind: str | None = None, *, strict: bool = False) -> None:
    """Raises Refused with `Invalid schema for <whose>: …`; `whose` is `function 'f'` or `response_format 'r'`."""

    def fail(problem: str) -> Refused:
        return Refused(f"Invalid schema for {whose}: {problem}", param, kind)

    if (named := schema.get("type")) != "object" and ("type" in schema or "$ref" not in schema):
        raise fail(f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{named}\"'.")
    todo: list[tuple[Place, Any]] = [((), schema)]
    seen = 0
    while todo:
        place, part = todo.pop()
        seen += 1
        if seen > MOST_PARTS:
            raise fail(f"it has more than {MOST_PARTS} parts.")
        if len(place) > 2 * DEEPEST:
            raise fail(f"it is nested more than {DEEPEST} levels deep.")
        _check_part(part, place, schema, fail)
        if strict and isinstance(part, Mapping):
            _check_strict(part, place, fail)
        todo += reversed(_inside(part, place))


def _inside(part: Any, place: Place) -> list[tuple[Place, Any]]:
    if not isinstance(part, Mapping):
        return []
    found = [((*place, word, name), each) for word in INSIDE_MAPPINGS for name, each in part.get(word, {}).items()]
    found += [((*place, word, str(at)), each) for word in INSIDE_LISTS for at, each in enumerate(part.get(word, ()))]
    return found + [((*place, word), part[word]) for word in INSIDE if word in part]


def _check_part(part: Any, place: Place, root: Mapping[str, Any], fail: Fail) -> None:
    """That it is a schema at all: what stands under a keyword has the type that JSON Schema gives it."""
    if isinstance(part, bool):
        return
    if not isinstance(part, Mapping):
        raise fail(f"In context={place}, {part!r} is not of type 'object', 'boolean'.")
    for words, holds, expected in RULES:
        for word in words:
            if word in part and not holds(part[word]):
                raise fail(f"In context={place}, {part[word]!r} under '{word}' is not {expected}.")
    if "$ref" in part:
        try:
            resolve(part, root)
        except Unresolvable as error:
            raise fail(f"In context={place}, reference {error.args[0]!r} leads nowhere in this schema.") from error


def _is_type(value: Any) -> bool:
    kinds = value if isinstance(value, list) else [value]
    return bool(kinds) and all(isinstance(kind, str) and kind in TYPES for kind in kinds)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


RULES: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (INSIDE_MAPPINGS, lambda value: isinstance(value, Mapping), "of type 'object'"),
    ((*INSIDE_LISTS, "enum"), lambda value: isinstance(value, list) and bool(value), "a non-empty array"),
    (("required",), lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value), "names"),
    (("examples",), lambda value: isinstance(value, list), "of type 'array'"),
    (("type",), _is_type, "valid under any of the given schemas"),
    (BOUNDS, _is_number, "of type 'number'"),
    (("multipleOf",), lambda value: _is_number(value) and value > 0, "a positive number"),
    (COUNTS, _is_count, "a non-negative integer"),
    (("pattern", "format", "$ref"), lambda value: isinstance(value, str), "of type 'string'"),
)


def _check_strict(part: Mapping[str, Any], place: Place, fail: Fail) -> None:
    for word in NOT_IN_STRICT:
        if word in part:
            raise fail(f"In context={place}, '{word}' is not permitted.")
    if not part.keys() & {"type", "$ref", "anyOf", "enum", "const"}:
        raise fail(f"In context={place}, schema must have a 'type' key.")
    if part.get("type") != "object" and "properties" not in part:
        return
    if part.get("additionalProperties") is not False:
        raise fail(f"In context={place}, 'additionalProperties' is required to be supplied and to be false.")
    names, required = list(part.get("properties", {})), part.get("required")
    rule = "'required' is required to be supplied and to be an array including every key in properties."
    if names and (missing := [name for name in names if name not in (required or ())]):
        raise fail(f"In context={place}, {rule} Missing '{missing[0]}'.")
    if extra := [name for name in required or () if name not in names]:
        raise fail(f"In context={place}, {rule} Extra required key '{extra[0]}' supplied.")
