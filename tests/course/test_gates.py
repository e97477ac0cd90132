"""The real course holds every gate. What is found here is said with its cure; `wirelab dev check` says the same."""

from pathlib import Path

import pytest

from labkit.author import book
from labkit.author.book import Book
from labkit.author.gates import GATES, Gate


@pytest.fixture(scope="module")
def course(root: Path) -> Book:
    return book.read(root)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.holds)
def test_the_course_holds(gate: Gate, course: Book) -> None:
    found = "\n".join(str(problem) for problem in gate.judge(course))
    assert not found, f"\n{found}"


def test_the_course_has_lessons_and_exercises_to_judge(course: Book) -> None:
    for folder in book.FOLDERS:
        assert course.of(folder), f"{folder}/ is empty: the gates above judged nothing there"
