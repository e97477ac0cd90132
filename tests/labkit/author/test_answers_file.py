"""A file of answers: what is marked, in which order, and what may stand beside it."""

from pathlib import Path

import pytest

from labkit.author import answers
from labkit.author.answers import Expected
from labkit.author.problem import Refused
from labkit.checks.proof import verdict

FILE = """
from labkit.author.answers import right, wrong

TIME_SCALE = 1.0


def shared():
    return 1


@wrong("late", "again", belief="tea-is-hot", status="crashed")
def second():
    return shared()


@right
def first():
    return shared()


alias = first
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers/exercise_08_2.py").write_text(FILE, encoding="utf-8")
    return tmp_path


def test_marked_answers_come_in_the_order_of_the_file_once_each(root: Path) -> None:
    found = answers.read(root, "08.2")
    assert [(one.name, one.expected) for one in found.all] == [
        ("second", Expected("crashed", ("late", "again"), "tea-is-hot")),
        ("first", Expected("passed")),
    ]
    assert found.time_scale == 1.0
    assert found.named("second").give() == 1
    assert list((root / "answers").iterdir()) == [root / "answers/exercise_08_2.py"], "no byte code beside it"


def test_an_exercise_without_a_file_has_no_answers(tmp_path: Path) -> None:
    assert answers.read(tmp_path, "08.2").all == ()


def test_a_file_that_was_changed_is_read_anew(root: Path) -> None:
    assert len(answers.read(root, "08.2").wrong) == 1
    (root / "answers/exercise_08_2.py").write_text("", encoding="utf-8")
    assert answers.read(root, "08.2").all == ()


def test_a_file_that_does_not_run_is_refused_with_its_name_and_error(root: Path) -> None:
    (root / "answers/exercise_08_2.py").write_text("1 / 0", encoding="utf-8")
    with pytest.raises(Refused, match=r"answers/exercise_08_2.py: it cannot be read: ZeroDivisionError"):
        answers.read(root, "08.2")


def test_the_words_for_the_wrong_way_are_those_of_the_verdict() -> None:
    assert answers.NOT_THE_WAY in verdict(True, "twice.")
    assert answers.NOT_THE_WAY not in verdict(False, "twice.")
