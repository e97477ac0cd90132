"""Plain Python: no shell, no keyboard, no second event loop."""

from typing import Any

import pytest

from labkit.author.gates.plain import plain


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("!curl -s localhost", "shell command or a magic"),
        ("files = !ls", "shell command or a magic"),
        ("%%bash\ncurl x", "shell command or a magic"),
        ("%time brew()", "shell command or a magic"),
        ("import asyncio\nasyncio.run(main())", "it calls asyncio.run()"),
        ("name = input('? ')", "it calls input()"),
        ("import os\nos.system('ls')", "it calls os.system()"),
        ("def (:", "it is not Python"),
    ],
)
def test_what_is_not_plain_is_found(bench: Any, source: str, answer: str) -> None:
    (problem,) = plain(bench.page(bench.code(source)))
    assert answer in problem.what
    assert problem.cure


@pytest.mark.parametrize(
    "source",
    [
        "await brew()",
        "async for delta in stream:\n    print(delta)",
        "text = '''\n!ls\n%%bash\n'''",
        "left = 7 % 2 != 0",
        "tea.input('x')\nlab.run(brew)",
    ],
)
def test_plain_python_passes(bench: Any, source: str) -> None:
    assert list(plain(bench.page(bench.code(source)))) == []


def test_a_syntax_error_may_be_the_lesson(bench: Any) -> None:
    cell = bench.code("def (:", 1, bench.raised("SyntaxError"), tags=["raises-exception"])
    assert list(plain(bench.page(cell))) == []
