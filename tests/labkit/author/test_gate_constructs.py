"""No construct before its lesson: every row of the table, and whose introductions count."""

import ast
from typing import Any

import pytest

from labkit.author import book
from labkit.author.gates.constructs import CONSTRUCTS, NAMES, constructs, used

USES = {
    "class A:\n    pass": {"class"},
    "def f():\n    yield 1": {"generator"},
    "def f():\n    yield from g()": {"generator"},
    "with a as b:\n    pass": {"with"},
    "async for a in b:\n    pass": {"async"},
    "async with a:\n    pass": {"async"},
    "await a": {"async"},
    "async def f():\n    pass": {"async"},
    "a = [x async for x in y]": {"async", "comprehension"},
    "try:\n    a\nexcept E:\n    b": {"try"},
    "try:\n    a\nexcept* E:\n    b": {"except*"},
    "a = lambda: 1": {"lambda"},
    "@d\ndef f():\n    pass": {"decorator"},
    "@d\nclass A:\n    pass": {"class", "decorator"},
    "[x for x in y]": {"comprehension"},
    "{x for x in y}": {"comprehension"},
    "{x: 1 for x in y}": {"comprehension"},
    "sum(x for x in y)": {"comprehension"},
    "b'tea'": {"bytes"},
    "f'{tea}'": {"f-string"},
    "(a := 1)": {"walrus"},
    "match a:\n    case 1:\n        pass": {"match"},
    "def f(a, b=1):\n    for x in a:\n        if x:\n            return [b, {x: 'é'}]": set(),
}


@pytest.mark.parametrize(("source", "names"), USES.items())
def test_each_construct_is_seen(source: str, names: set[str]) -> None:
    assert set(used(ast.parse(source))) == names


def test_every_construct_that_the_gate_knows_is_tried_above() -> None:
    assert set().union(*USES.values()) == NAMES
    tried = {type(node) for source in USES for node in ast.walk(ast.parse(source))}
    assert set(CONSTRUCTS) <= tried


def found(course: Any) -> list[tuple[str, int | None, str]]:
    return [(problem.file, problem.cell, problem.what) for problem in constructs(book.read(course.root))]


def test_a_construct_that_no_lesson_introduces_is_found_with_its_line(course: Any) -> None:
    course.change("notebooks/01_milk.ipynb", 2, source="a = 1\nb = lambda: a")
    expected = "line 2 uses 'lambda', which no lesson so far introduces."
    assert found(course) == [("notebooks/01_milk.ipynb", 2, expected)]


def test_what_an_earlier_lesson_introduced_is_known_in_a_later_one(course: Any) -> None:
    course.change("notebooks/01_milk.ipynb", 2, source="print(f'{1}')")
    assert found(course) == []


def test_what_a_later_lesson_introduces_is_not_known_in_an_earlier_one(course: Any) -> None:
    course.change("notebooks/00_tea.ipynb", 2, source="with a:\n    pass")
    assert [(file, cell) for file, cell, _ in found(course)] == [("notebooks/00_tea.ipynb", 2)]


def test_solutions_are_read_by_learners_too(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 4, source="tea = b'green'")
    assert [(file, cell) for file, cell, _ in found(course)] == [("solutions/00_tea.ipynb", 4)]


def test_a_misspelt_introduction_is_found(course: Any) -> None:
    course.manifest('introduces = ["with"]', 'introduces = ["with", "generators"]')
    ((file, _, what),) = found(course)
    assert (file, "'generators'" in what) == ("course.toml", True)
