"""The table CHECKS as text: one row and one import more, the rest untouched. Knows Python's syntax; imports nothing."""

import ast
import re

from labkit.author.problem import Problem, Refused

FILE = "labkit/checks/__init__.py"
COLUMNS = 120


def with_check(text: str, exercise: str, module: str, function: str) -> str:
    """The file with a row for this exercise, in the order of the ids. Raises Refused where it looks different."""
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    table = next(filter(None, map(_table, tree.body)), None)
    imports = next((n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "labkit.checks"), None)
    if table is None or imports is None or table.end_lineno is None:
        row = f'"{exercise}": Check({module}.{function}, {module}.HINTS)'
        raise Refused(Problem(FILE, None, "it has no table CHECKS that could be added to.", f"Add by hand: {row}."))
    at = table.end_lineno - 1
    for key, value in zip(table.keys, table.values, strict=True):
        known = str(key.value) if isinstance(key, ast.Constant) else ""
        if known == exercise:
            raise Refused(Problem(FILE, None, f"it checks {exercise} already.", "Take the next free id."))
        if _order(known) < _order(exercise):
            at = value.end_lineno or at
    lines.insert(at, f'    "{exercise}": Check({module}.{function}, {module}.HINTS),\n')
    names = sorted({*(alias.name for alias in imports.names), module}, key=_naturally)
    lines[imports.lineno - 1 : imports.end_lineno] = _imported(names)
    return "".join(lines)


def _table(node: ast.stmt) -> ast.Dict | None:
    match node:
        case (
            ast.Assign(targets=[ast.Name(id="CHECKS")], value=ast.Dict() as table)
            | ast.AnnAssign(target=ast.Name(id="CHECKS"), value=ast.Dict() as table)
        ):
            return table
    return None


def _order(exercise: str) -> tuple[int, ...]:
    return tuple(int(part) for part in exercise.split(".") if part.isdigit())


def _naturally(name: str) -> list[tuple[int, str]]:
    """lesson_08_2 before lesson_08_10, as the linter sorts."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _imported(names: list[str]) -> list[str]:
    """On one line, or one name a line, as the formatter has it."""
    short = f"from labkit.checks import {', '.join(names)}\n"
    if len(short.rstrip("\n")) <= COLUMNS:
        return [short]
    return ["from labkit.checks import (\n", *(f"    {name},\n" for name in names), ")\n"]
