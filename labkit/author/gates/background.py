"""Does anything print behind the reader's back? Knows threads and tasks; knows no lesson.

A print from a thread lands in whichever cell runs; one from a task of an earlier cell is lost (seen with ipykernel 7).
"""

import ast
from collections.abc import Iterator

from labkit.author.book import Page
from labkit.author.problem import Problem

# Who runs a function in the background: the name that is called -> which argument is the function.
STARTERS: dict[str, str | int] = {
    "Thread": "target",
    "Timer": 1,
    "submit": 0,
    "to_thread": 0,
    "run_in_executor": 1,
    "call_soon": 0,
    "call_later": 1,
    "call_soon_threadsafe": 0,
    "add_done_callback": 0,
    "create_task": 0,
    "ensure_future": 0,
    "start_new_thread": 0,
}
TASKS = ("create_task",)  # a TaskGroup waits for its own at the end of its block, in the same cell
_CURE = "Collect in a list or a queue, and print in the foreground."


def background(page: Page) -> Iterator[Problem]:
    """No function that prints is handed to a thread or to a task that outlives its cell."""
    functions = _functions(page)
    for cell, tree in page.trees():
        groups = _groups(tree)
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            starter, owner = _called(node)
            if starter not in STARTERS or (starter in TASKS and owner in groups):
                continue
            given = _argument(node, STARTERS[starter])
            if given is not None and _prints(given, functions, frozenset()):
                what = f"line {node.lineno} prints in the background, by {starter}."
                yield page.problem(cell, what, _CURE)


def _functions(page: Page) -> dict[str, list[ast.stmt]]:
    """The bodies of this notebook's functions and methods, by name."""
    bodies: dict[str, list[ast.stmt]] = {}
    for _, tree in page.trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                bodies[node.name] = bodies.get(node.name, []) + node.body
    return bodies


def _groups(tree: ast.Module) -> set[str]:
    """The names that `async with asyncio.TaskGroup() as name` gives."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name) and "TaskGroup" in ast.unparse(item.context_expr):
                    found.add(item.optional_vars.id)
    return found


def _called(node: ast.Call) -> tuple[str, str]:
    """(the last part of the name that is called, what stands before it)."""
    match node.func:
        case ast.Name(id=name):
            return name, ""
        case ast.Attribute(attr=name, value=owner):
            return name, ast.unparse(owner)
    return "", ""


def _argument(node: ast.Call, place: str | int) -> ast.expr | None:
    if isinstance(place, str):
        return next((keyword.value for keyword in node.keywords if keyword.arg == place), None)
    return node.args[place] if len(node.args) > place else None


def _prints(node: ast.AST, functions: dict[str, list[ast.stmt]], above: frozenset[str]) -> bool:
    """Whether a print stands in it, or in a function of this notebook that it names."""
    for inner in ast.walk(node):
        name = inner.id if isinstance(inner, ast.Name) else inner.attr if isinstance(inner, ast.Attribute) else ""
        if name in ("print", "display"):
            return True
        body = functions.get(name, []) if name not in above else []
        if any(_prints(statement, functions, above | {name}) for statement in body):
            return True
    return False
