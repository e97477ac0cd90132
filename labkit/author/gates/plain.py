"""Cells are plain Python for a running event loop and nobody at the keyboard. Knows syntax; knows no lesson."""

import ast
import re
from collections.abc import Iterator

from labkit.author.book import Page
from labkit.author.problem import Problem

# What is called -> why not, and what instead. A notebook's kernel runs a loop already and nbval has no keyboard.
FORBIDDEN = {
    "asyncio.run": "Write `await …` at the top level: the notebook's kernel already runs an event loop.",
    "input": "Put the value into the cell: nobody sits at the keyboard when the course is proved.",
    "getpass.getpass": "Let labkit hold the key: nobody sits at the keyboard when the course is proved.",
    "getpass": "Let labkit hold the key: nobody sits at the keyboard when the course is proved.",
    "os.system": "Do it in Python: shell commands differ from system to system.",
    "get_ipython": "Do it in plain Python: not every front end is IPython.",
}
_SHELL = re.compile(r"^\s*(?:[\w, ]+=\s*)?(?:!|%{1,2}[A-Za-z])", re.MULTILINE)


def plain(page: Page) -> Iterator[Problem]:
    """No shell, no magic, no asyncio.run, no input; and everything parses, unless an error is the lesson."""
    for cell in page.code:
        if cell.tree is None:
            if _SHELL.search(cell.source):
                cure = "Write it in Python: `!` and `%` differ from system to system and hide code from the gates."
                yield page.problem(cell, "it uses a shell command or a magic.", cure)
            elif "raises-exception" not in cell.tags:
                yield page.problem(cell, "it is not Python.", "Mend the syntax error.")
            continue
        for node in ast.walk(cell.tree):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if name in FORBIDDEN:
                yield page.problem(cell, f"it calls {name}().", FORBIDDEN[name])
