"""What OpenAI says of a request that does not fit: its words, its `param`, its `code`. Knows pydantic's findings.

The sentences are those that the original sends, as they stand in bug reports of its clients, so that code which reads
them works here too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from labserver.errors import InvalidRequest

DECIMALS = frozenset(
    {"temperature", "top_p", "presence_penalty", "frequency_penalty", "session.truncation.retention_ratio"}
)
ONE_OF = "one_of"  # the error type of a union of ours: its message names what would have been right


class Refused(InvalidRequest):
    """A 400 with OpenAI's own `code`, which may be None; `param` is the path of what is wrong."""

    def __init__(self, message: str, param: str | None = None, kind: str | None = None) -> None:
        super().__init__(sendable(message), param=param and sendable(param))
        self.kind = kind


def sendable(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def refused(problems: Sequence[Any], body: Any) -> Refused:
    """The first finding in OpenAI's words. Unknown arguments are named all at once, if nothing else is wrong."""
    unknown = [one["loc"][1] for one in problems if one["type"] == "extra_forbidden" and len(one["loc"]) == 2]
    others = [one for one in problems if not (one["type"] == "extra_forbidden" and len(one["loc"]) == 2)]
    if not others:
        plural = "s" if len(unknown) > 1 else ""
        return Refused(f"Unrecognized request argument{plural} supplied: {', '.join(map(str, unknown))}")
    return worded(others[0], others[0]["loc"][1:], body)


def worded(problem: Any, where: Sequence[int | str], body: Any) -> Refused:
    """One finding in OpenAI's words; `where` are pydantic's steps to it from the body."""
    path = path_of(where, body, missing=problem["type"] == "missing")
    say = SAYINGS.get(problem["type"], _type if problem["type"].endswith("_type") else _otherwise)
    return say(problem, path)


def path_of(where: Sequence[int | str], body: Any, *, missing: bool = False) -> str:
    """`messages[0].content[1].type`: pydantic's own steps into a union lead nowhere in the body and are left out."""
    path, inside = "", body
    for place, step in enumerate(where):
        if isinstance(inside, list) and isinstance(step, int) and step < len(inside):
            path, inside = f"{path}[{step}]", inside[step]
        elif isinstance(inside, Mapping) and step in inside:
            path, inside = f"{path}.{step}" if path else str(step), inside[step]
        elif missing and place == len(where) - 1:
            path = f"{path}.{step}" if path else str(step)
    return path


def kind_of(value: Any) -> str:
    """`a string`, `an integer`, `null`: what JSON calls it."""
    if value is None:
        return "null"
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "a boolean"), (int, "an integer"), (float, "a decimal number"), (str, "a string"),
        (list, "an array"), (Mapping, "an object"),
    ]  # fmt: skip
    return next((name for kind, name in names if isinstance(value, kind)), "something else")


def listed(values: Sequence[Any]) -> str:
    """`'a'`, `'a' and 'b'`, `'a', 'b', and 'c'`."""
    quoted = [f"'{value}'" for value in values]
    if len(quoted) < 3:
        return " and ".join(quoted)
    return f"{', '.join(quoted[:-1])}, and {quoted[-1]}"


def invalid_value(value: Any, supported: Sequence[Any], path: str) -> Refused:
    verb = "value is" if len(supported) == 1 else "values are"
    return Refused(f"Invalid value: '{value}'. Supported {verb}: {listed(supported)}.", path, "invalid_value")


def _missing(_: Any, path: str) -> Refused:
    return Refused(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")


def _unknown(_: Any, path: str) -> Refused:
    return Refused(f"Unknown parameter: '{path}'.", path, "unknown_parameter")


EXPECTED = {
    "string_type": "a string", "int_type": "an integer", "float_type": "a decimal", "bool_type": "a boolean",
    "list_type": "an array", "dict_type": "an object", "model_type": "an object", "model_attributes_type": "an object",
    "int_from_float": "an integer",
}  # fmt: skip


def _type(problem: Any, path: str) -> Refused:
    expected = EXPECTED.get(problem["type"], "something else")
    got = kind_of(problem["input"])
    return Refused(f"Invalid type for '{path}': expected {expected}, but got {got} instead.", path, "invalid_type")


def _one_of(problem: Any, path: str) -> Refused:
    got = kind_of(problem["input"])
    return Refused(
        f"Invalid type for '{path}': expected one of {problem['msg']}, but got {got} instead.", path, "invalid_type"
    )


def _literal(problem: Any, path: str) -> Refused:
    supported = [part.strip("'") for part in problem["ctx"]["expected"].replace(" or ", ", ").split(", ")]
    if not isinstance(problem["input"], str):
        got = kind_of(problem["input"])
        expected = f"one of {' or '.join(map(repr, supported))}"
        return Refused(f"Invalid type for '{path}': expected {expected}, but got {got} instead.", path, "invalid_type")
    return invalid_value(problem["input"], supported, path)


def _tag(problem: Any, path: str) -> Refused:
    """A discriminated union: the field that says which one has an unknown value, or is not there."""
    path = f"{path}.type"
    if problem["type"] == "union_tag_not_found":
        return _missing(problem, path)
    supported = [part.strip("'") for part in problem["ctx"]["expected_tags"].split(", ")]
    return invalid_value(problem["ctx"]["tag"], supported, path)


def _bound(problem: Any, path: str) -> Refused:
    kind = "decimal" if path in DECIMALS else "integer"
    above = problem["type"].startswith("less")
    (limit,) = problem["ctx"].values()
    sign = {"less_than_equal": "<=", "less_than": "<", "greater_than_equal": ">=", "greater_than": ">"}
    word, code = ("above maximum", "above_max_value") if above else ("below minimum", "below_min_value")
    return Refused(
        f"Invalid '{path}': {kind} {word} value. Expected a value {sign[problem['type']]} {limit:g}, "
        f"but got {problem['input']} instead.",
        path,
        f"{kind}_{code}",
    )


def _length(problem: Any, path: str) -> Refused:
    """Too long, or too short, which here always means empty."""
    string = problem["type"].startswith("string")
    kind, a = ("string", "a") if string else ("array", "an")
    size, limits = len(problem["input"]), problem["ctx"]
    if "max_length" in limits:
        return Refused(
            f"Invalid '{path}': {kind} too long. Expected {a} {kind} with maximum length {limits['max_length']}, "
            f"but got {a} {kind} with length {size} instead.",
            path,
            f"{kind}_above_max_length",
        )
    return Refused(
        f"Invalid '{path}': empty {kind}. Expected {a} {kind} with minimum length {limits['min_length']}, "
        f"but got an empty {kind} instead.",
        path,
        f"empty_{kind}",
    )


def _pattern(problem: Any, path: str) -> Refused:
    return Refused(
        f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
        f"'{problem['ctx']['pattern']}'.",
        path,
        "invalid_value",
    )


def _otherwise(problem: Any, path: str) -> Refused:
    return Refused(f"Invalid '{path}': {problem['msg']}.", path or None, "invalid_value")


SAYINGS: dict[str, Callable[[Any, str], Refused]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "int_from_float": _type,
    "literal_error": _literal,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _tag,
    ONE_OF: _one_of,
    "greater_than_equal": _bound,
    "greater_than": _bound,
    "less_than_equal": _bound,
    "less_than": _bound,
    "too_long": _length,
    "too_short": _length,
    "string_too_long": _length,
    "string_too_short": _length,
    "string_pattern_mismatch": _pattern,
}
