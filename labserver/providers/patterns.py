"""A text for a regular expression, and whether one may be tried at all. Knows Python's parse tree; knows no schema.

A client's own pattern is tried on short texts only, and only if it cannot backtrack for ever.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined] # the tree has no public name, and no other parser ships with Python
from typing import Any

LONGEST_PATTERN = 400  # characters
LONGEST_EXAMPLE = 2000  # characters that one may have at least to be made up
LONGEST_TEXT = 64  # characters that an own text may have to be tried
LONGEST_REPEAT = 12  # one that may go on longer counts as one without an end
FEW = 4  # a repeat of no more than this many rounds
HOPELESS = 1000
MOST_LOOSE = 3  # repeats without an end that one pattern may have
PRINTABLE = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:;/@#+*()[]{}<>=!?&%$'\"~^|\\"


@lru_cache(256)
def compiled(pattern: str) -> re.Pattern[str] | None:
    """None for what is no pattern here (some of other languages are not), or could take for ever."""
    tree = _parsed(pattern)
    if tree is None or _loose(tree, inside=False) > MOST_LOOSE or _size(tree) > LONGEST_TEXT:
        return None
    return re.compile(pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether `text` has `pattern` somewhere, as JSON Schema means it; False where it is not tried."""
    tried = compiled(pattern)
    return bool(tried and len(text) <= LONGEST_TEXT and tried.search(text))


def example(pattern: str, spare: int = 0) -> str | None:
    """The plainest text for `pattern`, each repeat without an end `spare` times longer than it must; None for none."""
    tree = _parsed(pattern)
    if tree is None or _size(tree) > LONGEST_EXAMPLE:
        return None
    try:
        text = _joined(tree, spare)
    except NotImplementedError:
        return None
    return text if compiled(pattern) is None or len(text) > LONGEST_TEXT or matches(pattern, text) else None


@lru_cache(256)
def _parsed(pattern: str) -> Any:
    if len(pattern) > LONGEST_PATTERN:
        return None
    try:
        return _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None


def _size(tree: Any) -> int:
    """How many characters a text for this pattern has at least, or a bound above it."""
    total = 0
    for operation, argument in tree:
        if str(operation).endswith("_REPEAT"):
            total += max(1, argument[0]) * _size(argument[2])
        elif isinstance(argument, tuple):
            parts = [*argument, *(one for part in argument if isinstance(part, list) for one in part)]
            total += sum(_size(part) for part in parts if isinstance(part, _parser.SubPattern))
        else:
            total += 1
    return total


def _loose(tree: Any, *, inside: bool) -> int:
    """How many repeats go on and on; a huge number where one choice is made again and again (`(a+)+`, `(a|aa)*`)."""
    found = 0
    for operation, argument in tree:
        again = inside
        if str(operation).endswith("_REPEAT"):
            low, high, body = argument
            if inside and low != high:
                return HOPELESS
            found += high > LONGEST_REPEAT and low != high
            again = inside or high > FEW
            found += _loose(body, inside=again)
        elif str(operation) == "BRANCH":
            if inside:
                return HOPELESS
            found += sum(_loose(branch, inside=inside) for branch in argument[1])
        elif isinstance(argument, tuple):
            found += sum(_loose(part, inside=again) for part in argument if isinstance(part, _parser.SubPattern))
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
    return _joined(body, spare) * max(low, min(low + spare, high, LONGEST_TEXT))


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
