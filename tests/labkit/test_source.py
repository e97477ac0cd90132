"""Where a learner's code stands: functions, classes, methods; nothing where nobody kept it."""

import functools
import linecache
from typing import Any

import pytest

from labkit import source

CELL = '''\
import functools

def helper(): pass

@functools.cache
def brew(cup):
    """Brew."""
    return cup

class Client:
    def get(self): return 1

    @classmethod
    def make(cls): return cls()

lab_check = brew
'''


@pytest.fixture
def cell() -> dict[str, Any]:
    name = "<cell of a test>"
    linecache.cache[name] = (len(CELL), None, CELL.splitlines(keepends=True), name)
    space: dict[str, Any] = {}
    exec(compile(CELL, name, "exec"), space)
    return space


def test_a_function_is_found_with_its_decorators_and_nothing_else(cell: dict[str, Any]) -> None:
    assert source.of(cell["brew"]) == '@functools.cache\ndef brew(cup):\n    """Brew."""\n    return cup'
    assert source.of(cell["helper"]) == "def helper(): pass"


def test_a_class_is_found_by_its_methods(cell: dict[str, Any]) -> None:
    assert source.of(cell["Client"]).startswith("class Client:\n    def get(self)")
    assert source.cell_of(cell["Client"]) == CELL


@pytest.mark.parametrize("answer", [None, 3, len, lambda: 1, dict, object(), functools.partial(len)])
def test_what_nobody_kept_is_empty(answer: Any) -> None:
    assert source.of(answer) == ""
