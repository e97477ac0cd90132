"""The manifest and the notebooks say the same: files, first cells, exercises."""

from typing import Any, get_args

import pytest

from labkit import render
from labkit.author import book
from labkit.author.gates.agreement import exercises, files, first_cells
from labkit.outcome import Outcome, Status

LESSON, SOLUTION = "notebooks/00_tea.ipynb", "solutions/00_tea.ipynb"


def found(gate: Any, course: Any) -> list[str]:
    return [f"{problem.file}: {problem.what}" for problem in gate(book.read(course.root))]


@pytest.mark.parametrize(
    ("file", "what"),
    [
        (LESSON, "course.toml asks for it and it does not exist."),
        (SOLUTION, "course.toml asks for it and it does not exist."),
    ],
)
def test_a_notebook_that_the_manifest_asks_for_must_exist(course: Any, file: str, what: str) -> None:
    (course.root / file).unlink()
    assert found(files, course) == [f"{file}: {what}"]


@pytest.mark.parametrize("file", ["notebooks/07_async.ipynb", "solutions/01_milk.ipynb"])
def test_a_notebook_that_the_manifest_does_not_ask_for_is_found(course: Any, file: str) -> None:
    course.write(file, course.text("# X"))
    assert found(files, course) == [f"{file}: no lesson in course.toml asks for it."]


FIRST_CELLS = {
    "another title": ("# 00 A mug of tea\n\nYou brew a cup. 20 minutes, 12 minutes.", "its title is '00 A mug of tea'"),
    "no title": ("You brew a cup. 20 minutes, 12 minutes.", "the first cell has no H1."),
    "other minutes": ("# A cup of tea\n\nYou brew a cup. 25 minutes, 12 minutes.", "it names are 25, 12."),
    "minutes the wrong way round": ("# A cup of tea\n\nYou brew a cup. 12 minutes, 20 minutes.", "names are 12, 20."),
    "no exercise minutes": ("# A cup of tea\n\nYou brew a cup. 20 minutes.", "the minutes that it names are 20."),
    "no promise": ("# A cup of tea\n\n20 minutes, 12 minutes.", "the manifest's promise is not in it"),
}


@pytest.mark.parametrize(("source", "answer"), FIRST_CELLS.values(), ids=FIRST_CELLS.keys())
def test_a_first_cell_that_contradicts_the_manifest_is_found(course: Any, source: str, answer: str) -> None:
    course.change(LESSON, 1, source=source)
    (what,) = found(first_cells, course)
    assert answer in what


@pytest.mark.parametrize(
    "source",
    [
        "# A cup of tea\n\nYou brew\na cup.\n\n**Time:** 20 minutes of teaching, 12 minutes of exercises",
        "# 00 · A cup of tea\n\nYou brew a cup. (20 / 12 minutes)",
        "# 00. A cup of tea\n\nYou brew a cup. 20 min + 12 min",
        "# 00: A cup of tea\n\nYou brew a cup. Takes 20 and 12 minutes; 3 questions.",
    ],
)
def test_a_first_cell_may_say_it_in_its_own_way(course: Any, source: str) -> None:
    course.change(LESSON, 1, source=source)
    assert found(first_cells, course) == []


def test_a_first_cell_of_code_has_no_title(course: Any) -> None:
    course.write(LESSON, course.code("1"))
    assert f"{LESSON}: the first cell has no H1." in found(first_cells, course)


def test_solutions_carry_the_lessons_title_and_no_minutes_but_the_exercises(course: Any) -> None:
    course.change(SOLUTION, 1, source="# Exercises to A cup of tea\n\n12 minutes.")
    assert found(first_cells, course) == []
    course.change(SOLUTION, 1, source="# Exercises\n\n15 minutes.")
    assert len(found(first_cells, course)) == 2


def test_a_lesson_opens_itself(course: Any) -> None:
    course.change(LESSON, 2, source='import labkit\nlab = labkit.open("10")\nopen("cup.txt")')
    assert found(first_cells, course) == [f"{LESSON}: it opens lesson '10' inside lesson 00."]


def test_an_exercise_without_a_solution_is_found(course: Any) -> None:
    course.change(SOLUTION, 3, source="def brew(leaf):\n    return leaf")
    assert found(exercises, course) == [f"{SOLUTION}: exercise 00.2 has no solution here."]


def test_an_exercise_that_is_never_checked_is_found(course: Any) -> None:
    course.change(SOLUTION, 4, source='lab.hint("00.2")')
    assert found(exercises, course) == [f"{SOLUTION}: exercise 00.2 is never checked in it."]


def test_a_guided_exercise_is_checked_in_its_lesson(course: Any) -> None:
    course.change(LESSON, 4, source='lab.hint("00.1")')
    assert found(exercises, course) == [f"{LESSON}: exercise 00.1 is never checked in it."]


@pytest.mark.parametrize("status", get_args(Status))
def test_only_a_stored_pass_is_a_proof(course: Any, status: Any) -> None:
    card = render.card(Outcome("00.2", status, "After 00.1 has PASSED, tea follows."))
    course.change(SOLUTION, 4, outputs=[course.printed(card)])
    missing = [f"{SOLUTION}: no stored outcome says '00.2  PASSED'."]
    assert found(exercises, course) == ([] if status == "passed" else missing)


def test_an_awaited_check_counts(course: Any) -> None:
    course.change(SOLUTION, 4, source='await lab.check("00.2", brew)')
    assert found(exercises, course) == []


def test_an_exercise_is_solved_in_one_notebook_only(course: Any) -> None:
    solution = "# BEGIN SOLUTION\nbrew = 1\n# END SOLUTION"
    course.write("solutions/01_milk.ipynb", course.text("# With milk"), course.code(solution, exercise="00.2"))
    assert "solutions/01_milk.ipynb: exercise 00.2 is in solutions/00_tea.ipynb already." in found(exercises, course)


def test_an_id_that_the_manifest_does_not_list_is_found_in_a_check_and_in_metadata(course: Any) -> None:
    course.change(LESSON, 2, source='lab.check("00.9", brew)')
    course.change(SOLUTION, 1, metadata={"labkit": {"exercise": "00.8"}})
    assert found(exercises, course) == [
        f"{LESSON}: course.toml lists no exercise 00.9.",
        f"{SOLUTION}: course.toml lists no exercise 00.8.",
    ]


def test_another_lessons_exercise_is_found(course: Any) -> None:
    course.change("notebooks/01_milk.ipynb", 2, source='lab.check("00.2", brew)')
    assert found(exercises, course) == ["notebooks/01_milk.ipynb: exercise 00.2 is another lesson's."]
