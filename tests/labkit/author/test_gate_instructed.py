"""The instructor's note: there, of this lesson, and with minutes that add up to the manifest's."""

from typing import Any

import pytest

from labkit.author import book
from labkit.author.gates import instructed

NOTE = "instructors/00.md"


def found(course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in instructed.taught(book.read(course.root))]


def test_a_lesson_without_a_note_is_found(course: Any) -> None:
    assert found(course) == []
    (course.root / NOTE).unlink()
    assert found(course) == [f"{NOTE}: lesson 00 has no note for its instructor."]


def test_a_note_of_another_lesson_is_found(course: Any) -> None:
    course.rewrite(NOTE, "A cup of tea", "A cup of coffee")
    assert found(course) == [f"{NOTE}: its title is not the lesson's."]


@pytest.mark.parametrize(("rows", "total"), [("| 12 | Pour |", 12), ("| 12 | Pour |\n| some | Drink |", 12)])
def test_minutes_that_do_not_add_up_are_found(course: Any, rows: str, total: int) -> None:
    course.rewrite(NOTE, "| 12 | Pour |\n| 8 | Drink |", rows)
    assert found(course) == [f"{NOTE}: the minutes of its parts add up to {total}."]


def test_a_note_without_minutes_is_found(course: Any) -> None:
    course.rewrite(NOTE, "| Minutes |", "| When |")
    assert found(course) == [f"{NOTE}: it does not say how the minutes are spent."]


def test_the_column_may_stand_anywhere_and_another_table_does_not_count(course: Any) -> None:
    table = "| Part | Minutes | Stuck |\n|---|---|---|\n| Pour | 12 | the lid |\n| Drink | 8 | |"
    course.text_file(NOTE, f"# 00 A cup of tea\n\n{table}\n\nLater:\n\n| Cups | Water |\n|---|---|\n| 3 | 5 |\n")
    assert found(course) == []
