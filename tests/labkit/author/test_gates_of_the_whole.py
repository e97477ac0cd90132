"""Gates of a few lines: the sanitizer, what is left to write, and names that are given twice."""

from typing import Any

import pytest

from labkit.author import book
from labkit.author.gates.ids import ids
from labkit.author.gates.sanitizer import FILE, sanitizer
from labkit.author.gates.unfinished import unfinished

LESSON = "notebooks/00_tea.ipynb"
RULE = "# a picture's bytes differ\nregex: a\nreplace: b\n\n"


def found(gate: Any, course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in gate(book.read(course.root))]


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        (RULE * 9, []),
        (RULE * 10, ["it has 10 rules."]),
        ("regex: a\nreplace: b\n", ["the rule in line 1 has no reason."]),
        ("# why\nregex: a\n", ["line 2 replaces nothing: nbval reads pairs."]),
    ],
)
def test_a_sanitizer_is_small_and_every_rule_has_its_reason(course: Any, rules: str, what: list[str]) -> None:
    course.text_file(FILE, rules)
    assert found(sanitizer, course) == [f"{FILE}: {one}" for one in what]


@pytest.mark.parametrize(
    ("file", "text", "lesson"),
    [
        ("course.toml", None, "01"),
        ("misconceptions.toml", '[tea]\nlesson = "07"\nbelief = "TODO: which?"\n', "07"),
        ("answers/exercise_00_2.py", "# TODO: which?\n", "00"),
        ("labkit/checks/lesson_03_1.py", 'HINT = "TODO: which?"\n', "03"),
        ("instructors/04.md", "TODO: which?\n", "04"),
    ],
)
def test_what_is_left_to_write_is_found_with_its_lesson(course: Any, file: str, text: str | None, lesson: str) -> None:
    if text is None:
        course.manifest('title = "With milk"', 'title = "TODO: which?"')
    else:
        course.text_file(file, text)
    (problem,) = unfinished(book.read(course.root))
    assert (problem.file, problem.about) == (file, lesson)
    assert problem.what.endswith(": still to be written: which?")


def test_what_is_left_to_write_in_a_cell_is_found_there(course: Any) -> None:
    course.change(LESSON, 5, source="## Wire\n\nTODO: a picture\n\nTODO: a sentence")
    assert [(one.cell, one.what) for one in unfinished(book.read(course.root))] == [
        (5, "still to be written: a picture"),
        (5, "still to be written: a sentence"),
    ]


def test_two_notebooks_of_one_lesson_two_answers_and_two_grades_of_one_name_are_found(course: Any) -> None:
    course.write("notebooks/00_old_tea.ipynb", course.text("# Old"))
    course.rewrite("answers/exercise_00_2.py", "def asks_what_exists", "def asks_twice")
    for cell in (3, 4):
        course.change("solutions/00_tea.ipynb", cell, metadata={"nbgrader": {"grade_id": "brew"}})
    assert found(ids, course) == [
        f"{LESSON}: lesson 00 has 00_old_tea.ipynb too.",
        "solutions/00_tea.ipynb: two cells have the grade_id 'brew'.",
        "answers/exercise_00_2.py: it defines asks_twice twice, and only the second is tried.",
    ]


def test_two_lessons_of_one_slug_are_found(course: Any) -> None:
    course.manifest('slug = "milk"', 'slug = "tea"')
    assert "course.toml: two lessons have the slug 'tea'." in found(ids, course)
