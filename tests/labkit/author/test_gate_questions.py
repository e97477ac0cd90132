"""Questions: each way to ask one badly is found, with the place and the cure."""

from pathlib import Path
from typing import Any

import pytest

from labkit.author import book
from labkit.author.check import check
from labkit.author.gates import questions

ASKED = 'labkit.predict("00.p1")'
WHOLE = """
[p1]
kind = "predict"
ask = "How many cups?"
answer = "two"
[p1.options.one]
says = "One"
why = "Tempting, because there is one pot, but a pot is no cup."
[p1.options.two]
says = "Two"
why = "A pot of this kind fills two cups, as the next cell measures."
"""


def asking(course: Any, source: str = ASKED, toml: str = WHOLE, **code: Any) -> list[str]:
    """What the gate finds when lesson 00's third cell asks, and questions/00.toml is this text."""
    folder: Path = course.root / "questions"
    folder.mkdir(exist_ok=True)
    (folder / "00.toml").write_text(toml, encoding="utf-8")
    course.change("notebooks/00_tea.ipynb", 3, source=source, **code)
    return [str(problem) for problem in questions.asked(book.read(course.root))]


def test_a_question_asked_once_before_code_runs_holds(course: Any) -> None:
    assert asking(course) == []


def test_a_lesson_without_questions_holds(course: Any) -> None:
    assert list(questions.asked(book.read(course.root))) == []
    assert check(course.root).findings == ()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('labkit.predict("00.p9")', "asks 00.p9, which this lesson's questions do not hold"),
        ("labkit.predict(name)", "asks something, which"),
        ('labkit.quiz("00.p1")', "00.p1 is no quiz"),
        ('labkit.predict("00.p1", "a")', "gives 00.p1 an answer"),
        ('labkit.predict("00.p1", choice="a")', "gives 00.p1 an answer"),
        ("1 + 1", "00.p1 is asked 0 times"),
        (f"{ASKED}\n{ASKED}", "00.p1 is asked 2 times"),
    ],
)
def test_a_question_asked_badly_is_found(course: Any, source: str, words: str) -> None:
    assert any(words in problem for problem in asking(course, source))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Tempting, because there is one pot, but a pot is no cup.", "No.", "option one: its `why` explains nothing"),
        (WHOLE[WHOLE.index("[p1.options.one]") : WHOLE.index("[p1.options.two]")], "", "00.p1 has 1 options"),
        ('answer = "two"', 'answer = "ten"', "it cannot be read"),
    ],
)
def test_a_question_written_badly_is_found(course: Any, old: str, new: str, words: str) -> None:
    assert old in WHOLE
    assert any(words in problem for problem in asking(course, toml=WHOLE.replace(old, new)))


def test_a_stored_choice_is_found(course: Any) -> None:
    told = {"output_type": "stream", "name": "stdout", "text": "You chose a, and it is kept."}
    assert any("gives 00.p1 an answer" in problem for problem in asking(course, outputs=[told]))


def test_a_prediction_that_nothing_settles_is_found(course: Any) -> None:
    found = asking(course, "1 + 1", WHOLE)
    course.change("notebooks/00_tea.ipynb", 4, source=ASKED)
    found = [str(problem) for problem in questions.asked(book.read(course.root))]
    assert any("no code runs after 00.p1, so nothing settles it" in problem for problem in found)
