"""Which names a cell binds and which it needs, and with that: which cells an answer rests on. Pure; runs no code."""

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

GIVEN = frozenset(dir(builtins)) | {"display", "get_ipython", "In", "Out", "_", "__", "___", "exit", "quit"}
CALLED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
INNER = (*CALLED, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Names:
    """`binds` also names what the cell changes (`table["x"] = 1`). `star`: it imports who knows what."""

    binds: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    star: bool = False


def of(source: str) -> Names:
    """The names of one cell; none where it is not Python (yet)."""
    tree = parsed(source)
    if tree is None:
        return Names()
    bound: set[str] = set()
    now: set[str] = set()
    later: set[str] = set()
    for statement in tree.body:
        reader = _Reader()
        reader.visit(statement)
        plain = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
        now |= reader.loads - bound - (set() if plain else reader.stores)
        later |= reader.later
        bound |= reader.stores
    star = any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree))
    changed = set(_changed(tree))
    return Names(frozenset(bound | changed), frozenset((now | (later - bound) | changed) - GIVEN), star)


def parsed(source: str) -> ast.Module | None:
    """The cell as Python, its magics translated; None where that fails."""
    for magics in (False, True):
        try:
            return ast.parse(_without_magics(source) if magics else source)
        except (SyntaxError, ValueError):
            continue
    return None


def rests_on(sources: Sequence[str], goal: int) -> list[int]:
    """The cells that the `goal` cell needs, itself last, each after those that it needs itself.

    A name is looked for upwards first, as the nearest cell that binds it, and only then below: there it may stand in
    a notebook whose cells were run in another order than they are written.
    """
    names = [of(source) for source in sources]
    order: list[int] = []
    seen: set[int] = set()

    def visit(cell: int) -> None:
        if cell in seen:
            return
        seen.add(cell)
        found = {_where(name, cell, names) for name in sorted(names[cell].needs)}
        if None in found:  # nobody says where it comes from: a star import may know
            found |= {place for place in range(cell) if names[place].star}
        for place in sorted(place for place in found if place is not None):
            visit(place)
        order.append(cell)

    visit(goal)
    return order


def binders(sources: Sequence[str], name: str) -> list[int]:
    """The cells that bind this name."""
    return [place for place, source in enumerate(sources) if name in of(source).binds]


def _where(name: str, cell: int, names: Sequence[Names]) -> int | None:
    above = [place for place in range(cell) if name in names[place].binds]
    below = [place for place in range(cell + 1, len(names)) if name in names[place].binds]
    return above[-1] if above else below[0] if below else None


def _changed(tree: ast.Module) -> Iterator[str]:
    """`table` in `table["x"] = 1`, `lab` in `lab.url = …`."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Store):
            root: ast.expr = node
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if isinstance(root, ast.Name):
                yield root.id


def _without_magics(source: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager  # noqa: PLC0415  # 0.3 s, and rarely needed

    translate = TransformerManager().transform_cell  # type: ignore[no-untyped-call]  # IPython has no types here
    return str(translate(source))


class _Reader(ast.NodeVisitor):
    """One scope's names: what it stores, what it loads at once, and what its functions load when they are called."""

    def __init__(self) -> None:
        self.stores: set[str] = set()
        self.loads: set[str] = set()
        self.later: set[str] = set()

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            (self.loads if isinstance(node.ctx, ast.Load) else self.stores).add(node.id)
            if isinstance(node.ctx, ast.Del):
                self.loads.add(node.id)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.loads.add(node.target.id)
            self.generic_visit(node)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.stores |= {each.asname or each.name.split(".")[0] for each in node.names if each.name != "*"}
        elif isinstance(node, INNER):
            self._inner(node)
        else:
            if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
                self.stores.add(node.name)
            self.generic_visit(node)

    def _inner(self, node: ast.AST) -> None:
        """A scope of its own. What it binds stays inside; what a function's body loads is loaded when it is called."""
        inside = _Reader()
        body: Iterable[ast.AST] = ast.iter_child_nodes(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.stores.add(node.name)
            body = node.body
            for child in (*node.decorator_list, *(node.bases if isinstance(node, ast.ClassDef) else ())):
                self.visit(child)
        if isinstance(node, CALLED):
            given = node.args
            every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            inside.stores |= {each.arg for each in every if each is not None}
            for default in (*given.defaults, *given.kw_defaults):
                if default is not None:
                    self.visit(default)
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
        body = list(body)
        for child in body:
            inside.visit(child)
        told = (each for child in body for each in ast.walk(child) if isinstance(each, ast.Global))
        shared = {name for each in told for name in each.names}
        self.stores |= shared
        private = inside.stores - shared
        if isinstance(node, CALLED):
            self.later |= (inside.loads | inside.later) - private
        else:
            self.loads |= inside.loads - private
            self.later |= inside.later - private
