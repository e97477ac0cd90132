"""Where an exercise stands in a notebook that a learner has been at, and which cells a check runs."""

from pathlib import Path
from typing import Any

import pytest

from labkit.learner import checking, copybook
from labkit.learner.copybook import Page


def page(*sources: str, answer: int | None = None, exercise: str = "10.2") -> Page:
    """A notebook of code cells; `answer` is the one that carries the exercise's mark."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": str(place),
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for place, source in enumerate(sources)
    ]
    if answer is not None:
        cells[answer]["metadata"] = {"labkit": {"exercise": exercise}}
    return Page(exercise, Path("10_x.ipynb"), {"cells": cells})


def runs(mine: Page, given: Page | None = None, *, fresh: bool = False) -> list[int]:
    return [place for place, _ in checking.pieces(mine, given or mine, fresh=fresh)]


FULL = page(
    "import labkit\nlab = labkit.open('10')",  # 0
    "def first(): ...",  # 1
    "lab.check('10.1', first)",  # 2
    "def second(): ...",  # 3
    "slow(second())",  # 4
    "await lab.check('10.2', second)",  # 5
    "lab.check('10.3', third)",  # 6
    answer=3,
)


def test_a_plain_check_runs_what_the_answer_needs() -> None:
    assert runs(FULL) == [0, 3, 5]


def test_an_answer_that_is_no_python_yet_is_run_so_that_it_can_say_so() -> None:
    assert runs(page("x = 1", "def second(:", "lab.check('10.2', second)", answer=1)) == [1, 2]


def test_a_fresh_check_runs_all_from_the_top_but_no_other_check() -> None:
    assert runs(FULL, fresh=True) == [0, 1, 3, 4, 5]


def test_a_cell_that_also_defines_something_is_run_though_it_checks_another() -> None:
    mine = page("def helper(): ...\nlab.check('10.1', helper)", "lab.check('10.2', helper)")
    assert runs(mine, fresh=True) == [0, 1]


def test_a_check_that_was_deleted_is_taken_from_the_course() -> None:
    mine = page("lab = 1", "def second(): ...", answer=1)
    assert checking.pieces(mine, FULL, fresh=False)[-1] == (2, "await lab.check('10.2', second)")
    assert runs(mine, FULL) == runs(mine, FULL, fresh=True) == [0, 1, 2]


def test_the_last_check_of_an_exercise_counts() -> None:
    assert page("lab.check('10.2', a)", "lab.check('10.2', b)").check == 1
    assert page("print('lab.check')", "# lab.check('10.2', b)").check is None


def test_an_answer_is_known_by_its_mark_or_by_what_the_check_is_given() -> None:
    assert FULL.answer == "def second(): ..."
    assert page("def a(): ...", "def a(): 'mine'", "lab.check('10.2', a)").answer == "def a(): 'mine'"
    assert page("x = 1").answer == ""


@pytest.mark.parametrize(
    ("source", "only"),
    [
        ("lab.check('10.1', f)", True),
        ("await lab.check('10.1', f)\nlab.check('10.2', g)", True),
        ("lab.check('10.1')", True),
        ("x = 1\nlab.check('10.1', f)", False),
        ("lab.hint('10.1')", False),
        ("", False),
        ("lab.check('10.1', f", False),
    ],
)
def test_a_cell_that_only_checks(source: str, only: bool) -> None:
    assert copybook.only_checks(source) is only


def test_a_cell_is_called_by_its_number_and_its_first_line_of_code() -> None:
    assert page("\n# a note\ndef f():\n    ...").called(0) == "cell 1 (`def f():`)"
    assert page("").called(0) == "cell 1"
    assert page("x").called(7) == "cell 8"
