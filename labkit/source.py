"""Where a learner's code stands: the text of a function or class, and of the cell around it. A leaf."""

import ast
import inspect
import linecache
from typing import Any


def of(answer: Any) -> str:
    """The text of this function or class, decorators included; empty where nobody kept it (a builtin, a lambda)."""
    name = getattr(answer, "__name__", "")
    cell = cell_of(answer)
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        return ""
    found = [node for node in tree.body if getattr(node, "name", "") == name]
    if not found:
        return ""
    node = found[-1]
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
    return "\n".join(cell.splitlines()[first - 1 : node.end_lineno])


def cell_of(answer: Any) -> str:
    """The whole cell, or file, that defines it; empty where nobody kept it."""
    code = _code(inspect.unwrap(answer) if callable(answer) else answer)
    return "" if code is None else "".join(linecache.getlines(code.co_filename))


def _code(answer: Any) -> Any:
    """The code object of a function, or of a class's first own method: a class itself does not know its cell."""
    if inspect.isclass(answer):
        methods = (_code(getattr(member, "__func__", member)) for member in vars(answer).values())
        return next((code for code in methods if code is not None), None)
    return getattr(getattr(answer, "__func__", answer), "__code__", None)
