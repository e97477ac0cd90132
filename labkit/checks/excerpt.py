"""The part of a notebook that one name needs, as a program of its own. Knows syntax; runs nothing.

A learner's server lives in the kernel as an object; the process that shall run it gets its source. The source is cut
out of the cells that ran: the last statement that binds the name, what was done to it afterwards (`@app.get(…)`,
`app.add_middleware(…)`), and in the same way every name that these use: imports, functions, constants.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit import source
from labkit.outcome import Wrong

OURS = ("labkit.notebook", "labkit.witness")  # whose objects live in the notebook and nowhere else


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement at the top of a cell: the names it binds, those it changes in place, those it uses."""

    text: str
    binds: frozenset[str]
    changes: frozenset[str]
    uses: frozenset[str]


def program(answer: Any) -> tuple[str, str]:
    """(a program's text, the name of the answer in it). Raises Wrong where it cannot be cut out."""
    cells, space = _surroundings(answer)
    names = [name for name, value in space.items() if value is answer and not name.startswith("_")]
    own = getattr(answer, "__name__", "")
    if not names:
        raise _nameless("the check was given something without a name of its own")
    name = own if own in names else names[0]
    statements = [each for cell in cells for each in _statements(cell)]
    if not any(name in each.binds for each in statements):
        raise _nameless(f"no cell that ran defines `{name}`")
    return "\n".join(_wanted(statements, name, space)) + "\n", name


def _nameless(seen: str) -> Wrong:
    return Wrong(
        "Your server has no source to start it from.",
        expected="a name that a cell of this notebook defines: `app = FastAPI()` or `def make_app():`",
        seen=seen,
        look="give the check that name, and define it in a cell",
    )


def _surroundings(answer: Any) -> tuple[list[str], Mapping[str, Any]]:
    """The cells that ran, oldest first, and the names that they made; outside a notebook a module's text and names."""
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if shell is not None:
            return [str(cell) for cell in shell.user_ns["In"]], dict(shell.user_ns)
    if hasattr(answer, "__globals__"):
        return [source.cell_of(answer)], answer.__globals__
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and file.endswith(".py") and any(value is answer for value in list(vars(module).values())):
            return [Path(file).read_text(encoding="utf-8")], vars(module)
    return [], {}


def _statements(cell: str) -> Iterator[Statement]:
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        return  # a magic, or a cell that never ran
    for node in tree.body:
        if any(isinstance(inner, ast.Await) for inner in _outside_functions(node)):
            continue
        text = "\n".join(cell.splitlines()[_first_line(node) - 1 : node.end_lineno])
        inner = [each for each in ast.walk(node) if isinstance(each, ast.Name)]
        uses = frozenset(each.id for each in inner if isinstance(each.ctx, ast.Load))
        yield Statement(text, frozenset(_binds(node)), frozenset(_changes(node)), uses)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _binds(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif not isinstance(node, ast.AugAssign):
        for inner in _outside_functions(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner.id
            elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield inner.name


def _changes(node: ast.stmt) -> Iterator[str]:
    """Whose methods a statement calls, whose parts it sets, whose decorators it wears."""
    for each in getattr(node, "decorator_list", ()):
        yield from _root(each)
    if isinstance(node, ast.Expr):
        yield from _root(node.value)
    elif isinstance(node, ast.AugAssign):
        yield from _root(node.target)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Attribute | ast.Subscript):
                yield from _root(target)


def _root(node: ast.expr) -> Iterator[str]:
    while not isinstance(node, ast.Name):
        inner = getattr(node, "func", None) or getattr(node, "value", None)
        if not isinstance(inner, ast.expr):
            return
        node = inner
    yield node.id


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _outside_functions(child)


def _wanted(statements: list[Statement], name: str, space: Mapping[str, Any]) -> Iterator[str]:
    taken: set[int] = set()
    asked, done = [name], set[str]()
    while asked:
        one = asked.pop()
        if one in done:
            continue
        done.add(one)
        if type(space.get(one)).__module__.startswith(OURS):
            raise Wrong(
                f"Your server uses `{one}`, which lives in this notebook only.",
                expected="a server that needs nothing but its own code: it runs in a process of its own",
                seen=f"`{one}` in the code of the server",
                look=f"which line uses `{one}`? Write what it needs as a constant, or take it from the request",
            )
        bound = [place for place, each in enumerate(statements) if one in each.binds]
        if not bound:
            continue  # a builtin, a parameter, or what the kernel put there; a name that is missing is said by Python
        later = enumerate(statements[bound[-1] + 1 :], start=bound[-1] + 1)
        new = {bound[-1]} | {place for place, each in later if one in each.changes}
        asked += [used for place in new - taken for used in statements[place].uses]
        taken |= new
    return (statements[place].text for place in sorted(taken))
