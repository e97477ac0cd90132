"""Was it run, all of it, in order, and is what it showed stored? Knows outputs; knows nothing of the manifest."""

import ast
import re
from collections.abc import Iterator

from labkit.author.book import Cell, Page
from labkit.author.problem import Problem

RUN = "Run it anew with `wirelab dev run`."

# Calls whose value is usually None. They may show something; they need not.
SILENT = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "remove", "reverse", "set", "setattr", "sort", "update"}
    | {"bind", "close", "connect", "listen", "send", "sendall", "setsockopt", "settimeout", "shutdown"}
    | {"cancel", "join", "put", "put_nowait", "sleep", "start", "stop", "wait"}
    | {"fault", "flush", "raise_for_status", "reset", "seed", "shuffle", "write", "writelines"}
)
EXCUSES = frozenset({"nbval-ignore-output", "nbval-skip", "nbval-raises-exception", "pytest-validate-ignore-output"})
_NAMES = "|".join(tag.upper().replace("-", "_") for tag in sorted(EXCUSES))
_COMMENT = re.compile(rf"^\s*#+\s*(?:{_NAMES})\s*$", re.MULTILINE)


def counts(page: Page) -> Iterator[Problem]:
    """Execution counts are 1..N in order: nbval never compares a cell without a count."""
    for due, cell in enumerate(page.code, start=1):
        if cell.count is None:
            yield page.problem(cell, "it was never run (its execution count is null).", RUN)
        elif cell.count != due:
            yield page.problem(cell, f"it ran as [{cell.count}] where [{due}] was due.", RUN)


def outputs(page: Page) -> Iterator[Problem]:
    """A cell that ran and whose code surely shows something has an output."""
    quiet = SILENT | _procedures(page)
    for cell, tree in page.trees():
        if cell.outputs or cell.count is None or cell.labkit.get("silent"):
            continue
        if _speaks(tree.body) or _ends_in_a_value(cell, tree, quiet):
            cure = f'{RUN} If it truly shows nothing, give it the metadata labkit: {{"silent": true}}.'
            yield page.problem(cell, "its code shows something and no output is stored.", cure)


def errors(page: Page) -> Iterator[Problem]:
    """An error is stored exactly where the cell is tagged raises-exception."""
    for cell in page.code:
        raised = [output.data["ename"] for output in cell.outputs if output.kind == "error"]
        meant = "raises-exception" in cell.tags
        if raised and not meant:
            cure = "Mend the cell, or tag it raises-exception if the error is the lesson."
            yield page.problem(cell, f"it stores the error {raised[0]}.", cure)
        elif meant and not raised:
            cure = "Take the tag away, or break the cell again."
            yield page.problem(cell, "it is tagged raises-exception and raised nothing.", cure)


def excuses(page: Page) -> Iterator[Problem]:
    """What keeps nbval from comparing has a reason beside it, in words."""
    for cell in page.code:
        used = sorted(tag for tag in cell.tags if tag.lower() in EXCUSES)
        used += [comment.strip() for comment in _COMMENT.findall(cell.source)]
        if used and not str(cell.labkit.get("reason", "")).strip():
            cure = 'Make the output deterministic, or write why not: metadata labkit: {"reason": "…"}.'
            yield page.problem(cell, f"'{used[0]}' excuses it from comparison without a reason.", cure)


def _procedures(page: Page) -> frozenset[str]:
    """Functions of this notebook that return no value: calling one last shows nothing by itself."""
    names = set()
    for _, tree in page.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                valued = any(isinstance(inner, ast.Return) and inner.value for inner in ast.walk(node))
                valued = valued or any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
                if not valued:
                    names.add(node.name)
    return frozenset(names)


def _speaks(body: list[ast.stmt]) -> bool:
    """Whether a print or display is reached for sure, as far as one sees without running: no branch, no handler."""
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.If() | ast.Match():
                continue
            case ast.For() | ast.AsyncFor() | ast.While() | ast.With() | ast.AsyncWith():
                if _speaks(statement.body):
                    return True
            case ast.Try() | ast.TryStar():
                if _speaks(statement.body) or _speaks(statement.finalbody):
                    return True
            case _:
                if _prints(statement):
                    return True
    return False


def _prints(node: ast.AST) -> bool:
    """Whether a print or display stands in it, but for the body of a lambda, which runs some other time."""
    if isinstance(node, ast.Lambda):
        return False
    return _is_print(node) or any(_prints(child) for child in ast.iter_child_nodes(node))


def _is_print(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
        return False
    return node.func.id in ("print", "display") and not any(keyword.arg == "file" for keyword in node.keywords)


def _ends_in_a_value(cell: Cell, tree: ast.Module, quiet: frozenset[str]) -> bool:
    """Whether the last line is an expression that Jupyter shows: not silenced by `;`, not plainly None."""
    if not tree.body or cell.source.rstrip().endswith(";"):
        return False
    last = tree.body[-1]
    value = last.value if isinstance(last, ast.Expr) else None
    value = value.value if isinstance(value, ast.Await) else value
    match value:
        case None | ast.Constant(value=None):
            return False
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name not in quiet and name not in ("print", "display")
        case _:
            return True
