"""Every exercise has a check, a ladder of hints, wrong answers and another right one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labkit.author import book
from labkit.author.gates import answered
from labkit.checks import CHECKS

SENT, TABLE = "answers/exercise_00_2.py", "labkit/checks/__init__.py"


def found(gate: Callable[..., Any], course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in gate(book.read(course.root))]


def test_an_exercise_without_a_check_and_a_check_without_an_exercise_are_found(
    course: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CHECKS, "00.7", CHECKS["00.2"])
    monkeypatch.delitem(CHECKS, "00.1")
    assert found(answered.checked, course) == [
        f"{TABLE}: exercise 00.1 has no check.",
        f"{TABLE}: it checks 00.7, which course.toml does not list.",
    ]


def test_checks_in_another_order_than_the_manifest_are_found(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = CHECKS["00.1"]
    monkeypatch.delitem(CHECKS, "00.1")
    monkeypatch.setitem(CHECKS, "00.1", first)
    assert found(answered.checked, course) == [f"{TABLE}: its rows stand in another order than course.toml's."]


@pytest.mark.parametrize(
    ("hints", "what"),
    [
        (("One.", "Almost the code: two."), "00.2 has 2 different hints."),
        (("One.", "One.", "Almost the code: two."), "00.2 has 2 different hints."),
        (("One.", "Two.", "Three."), "the last hint of 00.2 does not begin with 'Almost the code:'."),
    ],
)
def test_a_ladder_too_short_or_without_its_last_step_is_found(
    course: Any, monkeypatch: pytest.MonkeyPatch, hints: tuple[str, ...], what: str
) -> None:
    monkeypatch.setitem(CHECKS, "00.2", replace(CHECKS["00.2"], hints=hints))
    assert found(answered.hinted, course) == [f"{TABLE}: {what}"]


def test_answers_that_are_missing_or_too_few_are_counted(course: Any) -> None:
    (course.root / SENT).unlink()
    assert found(answered.tried, course) == [
        f"{SENT}: 00.2 has no wrong answers to be caught.",
        f"{SENT}: 00.2 has no right answer beside its solution.",
    ]
    course.text_file(SENT, "from labkit.author.answers import wrong\n\n\n@wrong('x')\ndef a():\n    pass\n")
    assert found(answered.tried, course)[0] == f"{SENT}: 00.2 has 1 wrong answer to be caught."


def test_answers_that_do_not_run_are_found_with_their_error(course: Any) -> None:
    course.text_file(SENT, "from labkit.author.answers import wrongly\n")
    (what,) = found(answered.tried, course)
    assert f"{SENT}: it cannot be read: ImportError: cannot import name 'wrongly'" in what
    assert found(answered.by_the_wrong_way, course) == []


def test_a_solution_that_no_cell_holds_or_hands_over_is_found(course: Any) -> None:
    course.change("notebooks/00_tea.ipynb", 4, metadata={})
    course.change("solutions/00_tea.ipynb", 4, source='lab.check("00.2", lambda: 1)')
    assert found(answered.tried, course) == [
        "course.toml: no cell holds a solution of 00.1.",
        'course.toml: no cell calls lab.check("00.2", …) with the name of an answer.',
    ]


def test_a_right_value_with_the_wrong_traffic_is_asked_for(course: Any) -> None:
    course.rewrite(SENT, "(NOT_THE_WAY, ", "(")
    assert found(answered.by_the_wrong_way, course) == [
        f"{SENT}: no wrong answer to 00.2 returns the right value with the wrong traffic."
    ]


def test_answers_to_no_exercise_are_found(course: Any) -> None:
    course.text_file("answers/exercise_07_1.py", "")
    assert found(answered.at_home, course) == ["answers/exercise_07_1.py: course.toml lists no exercise of this name."]
