"""Which cells an answer rests on, found without running any."""

import pytest

from labkit.learner import names


@pytest.mark.parametrize(
    ("source", "binds", "needs"),
    [
        ("import json\nfrom a.b import c as d\nimport e.f", "json d e", ""),
        ("x = y + 1", "x", "y"),
        ("x += 1", "x", "x"),
        ("x = 1\nprint(x)", "x", ""),
        ("x = x + 1", "x", "x"),
        ("for line in answer:\n    print(line)", "line", "answer"),
        ("def f(a, b=c, *d):\n    e = a\n    return g(e, d)", "f", "c g"),
        ("def f():\n    return g()\ndef g():\n    return 1", "f g", ""),
        ("f = lambda a: a + b", "f", "b"),
        ("[a for a in things if a in wanted]", "", "things wanted"),
        ("class A(B):\n    def f(self):\n        return C", "A", "B C"),
        ("with open(path) as file:\n    pass", "file", "path"),
        ("try:\n    risky()\nexcept Oops as error:\n    print(error)", "error", "risky Oops"),
        ("table['x'] = 1", "table", "table"),
        ("def f():\n    global total\n    total = 1", "f total", ""),
        ("await lab.check('10.1', f)", "", "lab f"),
        ("@decorated\nasync def f():\n    await g()", "f", "decorated g"),
        ("if (n := len(a)) > 1:\n    print(n)", "n", "a"),
        ("%matplotlib inline\nx = f()", "x", "f"),
        ("not python at all", "", ""),
    ],
)
def test_a_cell_binds_and_needs(source: str, binds: str, needs: str) -> None:
    found = names.of(source)
    assert (found.binds, found.needs - {"get_ipython"}) == (set(binds.split()), set(needs.split()))


NOTEBOOK = [
    "import requests",  # 0
    "expensive()",  # 1
    "def helper():\n    return LIMIT",  # 2
    "def answer(url):\n    return requests.get(url) and helper()",  # 3
    "print(answer('x'))",  # 4
    "lab = labkit.open('10')",  # 5
    "lab.check('10.1', answer)",  # 6
    "LIMIT = 3",  # 7
    "import labkit",  # 8
]


def test_an_answer_rests_on_what_it_uses_and_not_on_its_neighbours() -> None:
    order = names.rests_on(NOTEBOOK, 6)
    assert sorted(order) == [0, 2, 3, 5, 6, 7, 8]
    assert order[-1] == 6 and order.index(8) < order.index(5) and order.index(3) > order.index(2)


def test_the_nearest_binding_above_counts_and_one_below_only_where_there_is_none() -> None:
    assert names.rests_on(["a = 1", "a = 2", "print(a)", "a = 3"], 2) == [1, 2]
    assert names.rests_on(["print(a)", "a = 3"], 0) == [1, 0]


def test_a_star_import_is_asked_for_names_that_nobody_else_has() -> None:
    assert names.rests_on(["from math import *", "x = 1", "print(sqrt(x))"], 2) == [0, 1, 2]


def test_two_cells_that_need_each_other_come_to_an_end() -> None:
    assert sorted(names.rests_on(["def a():\n    return b", "def b():\n    return a", "a()"], 2)) == [0, 1, 2]


def test_the_cells_that_bind_a_name() -> None:
    assert names.binders(NOTEBOOK, "LIMIT") == [7]
    assert names.binders(NOTEBOOK, "nobody") == []
