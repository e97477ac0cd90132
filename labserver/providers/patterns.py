"""A text for a regular expression, and whether one may be tried at all. Knows Python's parse tree; knows no schema.

A client's own pattern is tried on short texts only, and only if it cannot backtrack for ever.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined] # the tree has no public name, and no other parser ships with Python
from typing import Any

LONGEST_PATTERN = 400  # characters
LONGEST_TEXT = 64  # characters that an own text may have to be tried
MOST_LOOSE = 3  # repeats without an end that one pattern may have
PRINTABLE = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:;/@#+*()[]{}<>=!?&%$'\"~^|\\"


@lru_cache(256)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """None for what is no pattern here (some of other languages are not), or could take for ever."""
    if len(pattern) > LONGEST_PATTERN:
        return None
    try:
        tree = _parser.parse(pattern)
        return re.compile(pattern) if _loose(tree, inside=False) <= MOST_LOOSE else None
    except (re.error, RecursionError, OverflowError):
        return None


def matches(pattern: str, text: str) -> bool:
    """Whether `text` has `pattern` somewhere, as JSON Schema means it; False where it is not tried."""
    tried = compiled(pattern)
    return bool(tried and len(text) <= LONGEST_TEXT and tried.search(text))


def example(pattern: str, spare: int = 0) -> str | None:
    """The plainest text for `pattern`, each repeat without an end `spare` times longer than it must; None for none."""
    if compiled(pattern) is None:
        return None
    try:
        text = "".join(_text(node, spare) for node in _parser.parse(pattern))
    except NotImplementedError:
        return None
    return text if matches(pattern, text) else None


def _loose(tree: Any, *, inside: bool) -> int:
    """How many repeats have no end; a huge number for one inside another."""
    found = 0
    for operation, argument in tree:
        repeats = str(operation) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
        endless = repeats and argument[1] > LONGEST_TEXT
        if endless and inside:
            return 1000
        found += endless
        for part in argument if isinstance(argument, tuple) else (argument,):
            if isinstance(part, _parser.SubPattern):
                found += _loose(part, inside=inside or repeats)
            elif isinstance(part, list):
                found += sum(_loose(one, inside=inside) for one in part if isinstance(one, _parser.SubPattern))
    return found


def _text(node: tuple[Any, Any], spare: int) -> str:
    operation, argument = node
    if str(operation) not in TEXTS:
        raise NotImplementedError(f"{operation} has no plainest text")
    return TEXTS[str(operation)](argument, spare)


def _joined(nodes: Any, spare: int) -> str:
    return "".join(_text(each, spare) for each in nodes)


def _repeated(argument: tuple[int, int, Any], spare: int) -> str:
    low, high, body = argument
    return _joined(body, spare) * min(low + spare, high, LONGEST_TEXT)


TEXTS: dict[str, Callable[[Any, int], str]] = {
    "LITERAL": lambda code, _: chr(code),
    "NOT_LITERAL": lambda code, _: "a" if code != ord("a") else "b",
    "ANY": lambda _, __: "a",
    "IN": lambda members, _: _one_of(members),
    "AT": lambda _, __: "",
    "BRANCH": lambda branches, spare: _joined(branches[1][0], spare),
    "SUBPATTERN": lambda group, spare: _joined(group[-1], spare),
    "MAX_REPEAT": _repeated,
    "MIN_REPEAT": _repeated,
    "POSSESSIVE_REPEAT": _repeated,
}


def _one_of(members: list[tuple[Any, Any]]) -> str:
    """A letter if one will do, then a digit, then whatever else prints."""
    for letter in sorted(PRINTABLE, key=lambda each: (not each.isalpha(), not each.isdigit())):
        denied = str(members[0][0]) == "NEGATE"
        if any(_holds(member, letter) for member in members[denied:]) is not denied:
            return letter
    return next((chr(low) for kind, (low, _) in members if str(kind) == "RANGE"), chr(members[-1][1]))


def _holds(member: tuple[Any, Any], letter: str) -> bool:
    kind, value = str(member[0]), member[1]
    if kind == "LITERAL":
        return bool(ord(letter) == value)
    if kind == "RANGE":
        return bool(value[0] <= ord(letter) <= value[1])
    name = str(value)
    if "_NOT_" in name:
        return not _category(name.replace("_NOT", ""), letter)
    return _category(name, letter)


def _category(name: str, letter: str) -> bool:
    tests = {
        "CATEGORY_DIGIT": letter.isdigit(),
        "CATEGORY_SPACE": letter.isspace(),
        "CATEGORY_WORD": letter.isalnum() or letter == "_",
    }
    return tests.get(name, False)
