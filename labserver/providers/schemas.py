"""JSON Schema, as much of it as a model needs: resolving, merging, and whether a value fits. Knows no words."""

import math
from collections.abc import Mapping
from typing import Any

from labserver.providers import patterns

Schema = Mapping[str, Any]
DEEPEST = 64
NOTHING: Schema = {"not": {}}

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
GIVEN_AWAY_BY = {
    "object": ("properties", "required", "additionalProperties", "minProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "uniqueItems", "contains"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class Unresolvable(ValueError):
    """A `$ref` that points nowhere in its schema; `args[0]` is the reference."""


def resolve(schema: Any, root: Schema) -> Schema:
    """The schema itself, with what its `$ref` points to merged in. Raises Unresolvable."""
    if isinstance(schema, bool):
        return {} if schema else NOTHING
    seen: set[str] = set()
    while "$ref" in schema:
        reference = schema["$ref"]
        if reference in seen:
            raise Unresolvable(reference)
        seen.add(reference)
        target = _at(reference, root)
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        schema = merged(target, beside) if beside else target
    return schema  # type: ignore[no-any-return] # a dict from here on, whatever JSON it came from


def _at(reference: Any, root: Schema) -> Schema:
    if not isinstance(reference, str) or not reference.startswith("#"):
        raise Unresolvable(reference)
    found: Any = root
    for part in filter(None, reference[1:].split("/")):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            raise Unresolvable(reference)
        found = found[name]
    if isinstance(found, bool):
        return {} if found else NOTHING
    if not isinstance(found, Mapping):
        raise Unresolvable(reference)
    return found


def merged(one: Schema, other: Schema) -> Schema:
    """A schema for what fits both, as far as one can be written down without `allOf`."""
    both: dict[str, Any] = dict(one)
    for name, value in other.items():
        if name not in both:
            both[name] = value
        elif name == "properties":
            names = {**both[name], **value}
            both[name] = {
                each: merged(both[name][each], value[each])
                if isinstance(both[name].get(each), Mapping) and isinstance(value.get(each), Mapping)
                else schema
                for each, schema in names.items()
            }
        elif name == "required":
            both[name] = [*both[name], *(each for each in value if each not in both[name])]
        elif name in ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"):
            both[name] = max(both[name], value)
        elif name in ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"):
            both[name] = min(both[name], value)
        elif name in ("enum", "type"):
            mine, theirs = _listed(both[name]), _listed(value)
            both[name] = [each for each in mine if each in theirs]
        elif name == "allOf":
            both[name] = [*both[name], *value]
        elif both[name] != value:
            both["allOf"] = [*both.get("allOf", []), {name: value}] if name not in ("description", "title") else []
    return both


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def types(schema: Schema) -> list[str]:
    """The types that a schema names, or the one that its other keywords give away; none for a schema of anything."""
    if "type" in schema:
        return _listed(schema["type"])
    return [kind for kind, names in GIVEN_AWAY_BY.items() if any(name in schema for name in names)][:1]


def is_a(value: Any, kind: str) -> bool:
    """JSON's idea of types: true is no number, 1.0 is an integer."""
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return isinstance(value, TYPES.get(kind, ()))


def fits(value: Any, schema: Any, root: Schema, depth: int = 0) -> bool:
    """Whether `value` is valid. Formats are not looked at. Raises Unresolvable."""
    if depth > DEEPEST:
        return False
    schema = resolve(schema, root)

    def also(each: Any, part: Any = value) -> bool:
        return fits(part, each, root, depth + 1)

    rules = (
        "type" not in schema or any(is_a(value, kind) for kind in _listed(schema["type"])),
        "const" not in schema or _same(value, schema["const"]),
        "enum" not in schema or any(_same(value, each) for each in schema["enum"]),
    )
    return (
        all(rules)
        and all(also(each) for each in schema.get("allOf", ()))
        and ("anyOf" not in schema or any(also(each) for each in schema["anyOf"]))
        and ("oneOf" not in schema or sum(also(each) for each in schema["oneOf"]) == 1)
        and not ("not" in schema and also(schema["not"]))
        and ("if" not in schema or also(schema.get("then" if also(schema["if"]) else "else", True)))
        and all(keeps(value, schema, root, depth) for kind, keeps in KEEPS.items() if is_a(value, kind))
    )


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _string(value: str, schema: Schema, _root: Schema, _depth: int) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
        return False
    pattern = schema.get("pattern")
    return pattern is None or patterns.compiled(pattern) is None or patterns.matches(pattern, value)


def _number(value: float, schema: Schema, _root: Schema, _depth: int) -> bool:
    if not schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf):
        return False
    if not schema.get("exclusiveMinimum", -math.inf) < value < schema.get("exclusiveMaximum", math.inf):
        return False
    step = schema.get("multipleOf")
    return step is None or math.isclose(value / step, round(value / step), abs_tol=1e-9)


def _array(value: list[Any], schema: Schema, root: Schema, depth: int) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
        return False
    if schema.get("uniqueItems") and any(_same(one, other) for i, one in enumerate(value) for other in value[:i]):
        return False
    first = schema.get("prefixItems", [])
    if not all(fits(each, part, root, depth + 1) for each, part in zip(value, first, strict=False)):
        return False
    if "contains" in schema and not any(fits(each, schema["contains"], root, depth + 1) for each in value):
        return False
    return all(fits(each, schema.get("items", True), root, depth + 1) for each in value[len(first) :])


def _object(value: dict[str, Any], schema: Schema, root: Schema, depth: int) -> bool:
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", math.inf):
        return False
    if any(name not in value for name in schema.get("required", ())):
        return False
    named, by_pattern = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, part in value.items():
        rules = [named[name]] if name in named else []
        rules += [rule for pattern, rule in by_pattern.items() if patterns.matches(pattern, name)]
        if not all(fits(part, rule, root, depth + 1) for rule in rules or [schema.get("additionalProperties", True)]):
            return False
    return True


KEEPS: dict[str, Any] = {"string": _string, "number": _number, "array": _array, "object": _object}
