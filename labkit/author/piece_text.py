"""A piece of the shop as a module: the solution's cell, and what it needs of the cells before. Pure; runs nothing."""

import ast
import builtins
import symtable
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from labkit.author.marks import unmarked

PACKAGE = "leafkettle"
NOT_THERE = ("labkit", "labserver")  # a piece runs wherever Python runs
KEPT = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Needy(ValueError):
    """The piece cannot stand alone; args are what it lacks, and the cure."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement at the top of a cell, with the comment above it: the names it binds, and what it is."""

    text: str
    node: ast.stmt
    binds: frozenset[str]


@dataclass(frozen=True, slots=True, order=True)
class Imported:
    """One name imported: `from module import name as known`, or `import module as known` where `name` is empty."""

    module: str
    name: str
    known: str


def module(title: str, source: str, before: Iterable[str], homes: Mapping[str, str]) -> str:
    """The module's text. `title` becomes its docstring, `before` are the cells above; `homes` says where in PACKAGE
    the name of another piece is defined.

    Raises Needy for a name that no cell defines, or one that only lives in a notebook.
    """
    own = [one for one in _statements(unmarked(source)) if isinstance(one.node, KEPT)]
    above = [one for cell in before for one in _statements(unmarked(cell))]
    taken = _with_what_they_need(own, above)
    imports = {one for statement in taken for one in _imported(statement.node, homes)}
    for one in imports:
        if one.module.partition(".")[0] in NOT_THERE:
            raise Needy(f"it uses {one.known}, of {one.module}", "Write it so that it runs without a lab.")
    body = _joined([one for one in taken if not isinstance(one.node, ast.Import | ast.ImportFrom)])
    return "\n".join([f'"""{title}\n"""', "", *_import_lines(imports), body])


def rank(name: str) -> tuple[int, str]:
    """Where ruff wants a name in a list of names: CONSTANTS, then Classes, then the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def _statements(cell: str) -> Iterator[Statement]:
    lines, end = cell.splitlines(), 0
    try:
        body = ast.parse(cell).body
    except SyntaxError:
        return  # top-level await, or a cell that is meant to fail: neither defines what a piece needs
    for node in body:
        text = "\n".join(lines[end : node.end_lineno]).strip("\n")
        end = node.end_lineno or end
        yield Statement(text, node, frozenset(_binds(node)))


def _binds(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, DEFINED):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    else:
        yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))


def _with_what_they_need(own: list[Statement], above: list[Statement]) -> list[Statement]:
    """`own`, and before it those of `above` that it uses, directly or through each other, in their order."""
    taken: set[int] = set()
    bound = frozenset[str]().union(*(one.binds for one in own)) | set(dir(builtins))
    asked = [name for one in own for name in _uses(one)]
    while asked:
        name = asked.pop()
        if name in bound:
            continue
        bound |= {name}
        place = next((place for place in reversed(range(len(above))) if name in above[place].binds), None)
        if place is None:
            raise Needy(f"it uses {name}, which no cell above it defines", "Define or import it in the notebook.")
        if not isinstance(above[place].node, KEPT):
            raise Needy(f"it uses {name}, which a loop or a block makes", "Make it a constant or a function.")
        if place not in taken:
            taken.add(place)
            asked += _uses(above[place])
    return [above[place] for place in sorted(taken)] + own


def _uses(statement: Statement) -> set[str]:
    """The names that it takes from outside of itself, by Python's own reading of scopes."""
    if isinstance(statement.node, ast.Import | ast.ImportFrom):
        return set()
    return set(_free(symtable.symtable(ast.unparse(statement.node), "piece", "exec")))


def _free(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or (top and not symbol.is_assigned())):
            yield symbol.get_name()
    for inner in table.get_children():
        yield from _free(inner)


def _imported(node: ast.stmt, homes: Mapping[str, str]) -> Iterator[Imported]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Imported(alias.name, "", alias.asname or alias.name)
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            home = homes.get(alias.name, "") if node.module == PACKAGE else ""
            yield Imported(f"{PACKAGE}.{home}" if home else node.module or "", alias.name, alias.asname or alias.name)


def _import_lines(imports: set[Imported]) -> Iterator[str]:
    """As ruff sorts them: Python's own, everybody else's, ours; whole modules before names."""
    for group in range(3):
        wanted = sorted(one for one in imports if _group(one.module) == group)
        for one in wanted:
            if not one.name:
                yield f"import {one.module}" + (f" as {one.known}" if one.known != one.module else "")
        for source in dict.fromkeys(one.module for one in wanted if one.name):
            names = sorted((one for one in wanted if one.module == source and one.name), key=lambda one: rank(one.name))
            told = (one.name + (f" as {one.known}" if one.known != one.name else "") for one in names)
            yield f"from {source} import {', '.join(told)}"
        if wanted:
            yield ""


def _group(name: str) -> int:
    root = name.partition(".")[0]
    return 2 if root == PACKAGE else 0 if root in sys.stdlib_module_names else 1


def _joined(statements: list[Statement]) -> str:
    """Two empty lines around a definition; constants stand together. Above the first the imports end with one."""
    text = ""
    for place, one in enumerate(statements):
        around = statements[max(0, place - 1) : place + 1]
        defines = any(isinstance(each.node, DEFINED) for each in around)
        text += ("" if not defines else "\n" if place == 0 else "\n\n") + one.text + "\n"
    return text
