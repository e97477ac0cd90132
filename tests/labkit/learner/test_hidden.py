"""What is said when a kernel remembers more than its notebook: each cause by itself, without a kernel."""

import pytest
from test_copybook import page

from labkit.learner import hidden
from labkit.learner.copybook import Page
from labkit.learner.kernel import Run

CHECK = "lab.check('10.2', answer)"
ANSWER = "def answer():\n    return helper()"
LOST = "NameError: name 'helper' is not defined"


def crashed(name: str = "helper") -> Run:
    said = f"Your code raised NameError: name '{name}' is not defined, in the line `return {name}()` of answer"
    return Run(outcomes=[{"exercise": "10.2", "status": "crashed", "summary": said}])


def told(mine: Page, run: Run, status: str = "crashed", live: str = "passed", *, fresh: bool = True) -> str:
    return hidden.explained(mine, run, status, live, fresh=fresh)


def test_a_name_whose_cell_was_deleted() -> None:
    said = told(page(ANSWER, CHECK), crashed())
    assert said.startswith("Passes in your kernel, fails after a restart")
    assert "No cell defines `helper`" in said and "deleted" in said


def test_a_name_that_is_defined_below() -> None:
    said = told(page(ANSWER, CHECK, "def helper(): ..."), crashed())
    assert (
        "`helper` is defined in cell 3 (`def helper(): ...`), below the cell that needs it. Move that cell up." in said
    )


def test_a_name_that_a_cell_misses_which_runs_before_the_check() -> None:
    run = Run(errors={0: ("NameError", "name 'helper' is not defined")})
    said = told(page("print(helper)", "helper = 1", CHECK), run, "could not run")
    assert "`helper` is defined in cell 2 (`helper = 1`), below" in said


def test_a_name_whose_cell_raised() -> None:
    run = crashed()
    run.errors[0] = ("ValueError", "no tea")
    said = told(page("helper = brew()", ANSWER, CHECK), run)
    assert "`helper` comes from cell 1 (`helper = brew()`), and that cell raised ValueError: no tea" in said


def test_without_a_missing_name_the_order_of_the_cells_is_looked_at() -> None:
    mine = page("LIMIT = 3", "LIMIT = 4", CHECK)
    for cell, count in zip(mine.notebook["cells"], (9, 4, 10), strict=True):
        cell["execution_count"] = count
    said = told(mine, Run(), "wrong")
    assert "cell 1 (`LIMIT = 3`) was run as [9], after cell 2 (`LIMIT = 4`), which was [4]" in said


def test_without_any_trace_it_says_what_is_likely() -> None:
    assert told(page(ANSWER, CHECK), Run(), "wrong").endswith("Likely: a cell was changed or deleted after it had run.")


@pytest.mark.parametrize(
    ("status", "live", "begins"),
    [
        ("passed", "passed", "It also holds after a restart"),
        ("passed", "", "It also holds after a restart"),
        ("passed", "crashed", "It passes after a restart, and did not in your kernel"),
        ("wrong", "wrong", ""),
        ("wrong", "", ""),
        ("not started", "not started", ""),
    ],
)
def test_what_is_said_follows_from_both_sides(status: str, live: str, begins: str) -> None:
    said = told(page(ANSWER, CHECK), Run(), status, live)
    assert said.startswith(begins) and bool(said) == bool(begins)


def test_a_plain_check_names_a_missing_name_but_says_nothing_of_restarts() -> None:
    said = told(page(ANSWER, CHECK), crashed(), fresh=False)
    assert said.startswith("No cell defines `helper`")
    assert told(page(ANSWER, CHECK), Run(), "passed", fresh=False) == ""


def test_a_pass_that_was_not_saved_is_no_hidden_state() -> None:
    for fresh in (True, False):
        said = told(page(ANSWER, CHECK), Run(), "not started", fresh=fresh)
        assert "save the notebook" in said and "restart" not in said


def test_a_name_is_explained_once() -> None:
    run = crashed()
    run.errors[0] = ("NameError", "name 'helper' is not defined")
    assert told(page(ANSWER, CHECK), run).count("`helper`") == 1
