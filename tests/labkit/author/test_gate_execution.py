"""Run, in order, and stored: what nbval by itself would let pass."""

from typing import Any

import pytest

from labkit.author.gates.execution import counts, errors, excuses, outputs


def test_counts_from_1_to_n_pass_and_empty_cells_are_not_counted(bench: Any) -> None:
    page = bench.page(bench.text("x"), bench.code("a = 1", 1), bench.code("  ", None), bench.code("b = 2", 2))
    assert list(counts(page)) == []


def test_a_cell_without_a_count_is_found(bench: Any) -> None:
    (problem,) = counts(bench.page(bench.code("a = 1", 1), bench.code("b = 2", None)))
    assert problem.cell == 2
    assert "never run" in problem.what


def test_cells_run_out_of_order_are_found(bench: Any) -> None:
    problems = list(counts(bench.page(bench.code("a = 1", 2), bench.code("b = 2", 1))))
    assert [problem.what for problem in problems] == [
        "it ran as [2] where [1] was due.",
        "it ran as [1] where [2] was due.",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "print('tea')",
        "for cup in cups:\n    print(cup)",
        "with open('x') as f:\n    display(f)",
        "try:\n    print(1)\nfinally:\n    pass",
        "async for delta in stream:\n    print(delta, end='', flush=True)",
        "1 + 1",
        "answer",
        "lab.wire()",
        "await lab.check('10.1', brew)",
        "len(cups)",
        "def pour():\n    return 1\npour()",
        "[print(cup) for cup in cups];",
    ],
)
def test_code_that_shows_something_needs_an_output(bench: Any, source: str) -> None:
    (problem,) = outputs(bench.page(bench.code(source)))
    assert problem.cell == 1
    assert "no output is stored" in problem.what
    assert list(outputs(bench.page(bench.code(source, 1, bench.printed("x"))))) == []


@pytest.mark.parametrize(
    "source",
    [
        "cups = 1",
        "import requests",
        "# only words",
        "def brew():\n    print('later')",
        "class Tea:\n    pass",
        "if cold:\n    print('brr')",
        "try:\n    brew()\nexcept ValueError:\n    print('no')",
        "cups.append(1)",
        "response.raise_for_status()",
        "await asyncio.sleep(1)",
        "lab.wire();",
        "None",
        "print('no', file=log)",
        "def pour():\n    cups.append(1)\npour()",
        "later = lambda: print(1)",
    ],
)
def test_code_that_need_not_show_anything_needs_no_output(bench: Any, source: str) -> None:
    assert list(outputs(bench.page(bench.code(source)))) == []


def test_a_cell_that_never_ran_is_the_counts_gates_business(bench: Any) -> None:
    assert list(outputs(bench.page(bench.code("print(1)", None)))) == []


def test_a_cell_that_is_marked_silent_needs_no_output(bench: Any) -> None:
    assert list(outputs(bench.page(bench.code("quiet()", 1, silent=True)))) == []


def test_a_stored_error_needs_its_tag(bench: Any) -> None:
    (problem,) = errors(bench.page(bench.code("1 / 0", 1, bench.raised("ZeroDivisionError"))))
    assert "it stores the error ZeroDivisionError" in problem.what


def test_the_tag_needs_a_stored_error(bench: Any) -> None:
    (problem,) = errors(bench.page(bench.code("1 / 1", 1, tags=["raises-exception"])))
    assert "raised nothing" in problem.what


def test_an_error_that_is_the_lesson_passes(bench: Any) -> None:
    cell = bench.code("1 / 0", 1, bench.raised("ZeroDivisionError"), tags=["raises-exception"])
    assert list(errors(bench.page(cell))) == []


@pytest.mark.parametrize("tag", ["nbval-ignore-output", "nbval-skip", "nbval-raises-exception"])
def test_an_excuse_needs_a_reason(bench: Any, tag: str) -> None:
    (problem,) = excuses(bench.page(bench.code("now()", 1, tags=[tag])))
    assert f"'{tag}'" in problem.what
    assert list(excuses(bench.page(bench.code("now()", 1, tags=[tag], reason="it shows the time")))) == []


@pytest.mark.parametrize("comment", ["# NBVAL_IGNORE_OUTPUT", "#NBVAL_SKIP", "# PYTEST_VALIDATE_IGNORE_OUTPUT"])
def test_an_excuse_in_a_comment_needs_a_reason_too(bench: Any, comment: str) -> None:
    (problem,) = excuses(bench.page(bench.code(f"{comment}\nnow()")))
    assert comment in problem.what


def test_other_tags_are_no_excuses_and_a_blank_reason_is_none(bench: Any) -> None:
    assert list(excuses(bench.page(bench.code("now()", 1, tags=["raises-exception", "hide"])))) == []
    assert list(excuses(bench.page(bench.code("# NBVAL_CHECK_OUTPUT\nnow()")))) == []
    assert len(list(excuses(bench.page(bench.code("now()", 1, tags=["nbval-skip"], reason=" "))))) == 1
