"""The course on disk as a learner gets it: lessons by their number, solutions as code that runs and a reason."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from labkit import shelf
from labkit.manifest import MANIFEST, Exercise, load

ROOT = Path(__file__).parents[2]
COURSE = load(ROOT / MANIFEST)
GUIDED = [exercise for exercise in COURSE.exercises if exercise.guided]
HOMEWORK = [exercise for exercise in COURSE.exercises if not exercise.guided]

MANIFEST_TEXT = """
[course]
title = "Tea"

[[lesson]]
id = "10"
slug = "tea"
title = "Tea"
minutes = { teaching = 5 }

[[lesson]]
id = "20"
slug = "coffee"
title = "Coffee"
minutes = { teaching = 5 }
"""


def of_course(exercises: list[Exercise]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("exercise", [exercise.id for exercise in exercises])


def code_and_reason(told: str) -> tuple[str, str]:
    code, _, reason = told.partition("\n\n### ")
    return code.rstrip("\n"), reason


def cells_of(folder: str, exercise: str) -> list[dict[str, Any]]:
    """The cells that a notebook of the real course has for this exercise."""
    [path] = (ROOT / folder).glob(f"{exercise[:2]}_*.ipynb")
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["metadata"].get("labkit", {}).get("exercise") == exercise]


def cell(source: str, kind: str = "code", **labkit: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"labkit": labkit} if labkit else {}, "source": source.splitlines(True)}


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A course of two lessons with no notebook yet."""
    (tmp_path / MANIFEST).write_text(MANIFEST_TEXT, encoding="utf-8")
    return tmp_path


def put(course: Path, folder: str, name: str, *cells: dict[str, Any]) -> None:
    (course / folder).mkdir(exist_ok=True)
    (course / folder / name).write_text(json.dumps({"cells": cells}), encoding="utf-8")


SOLUTION = 'def brew(cup):\n    """Brew."""\n    # BEGIN SOLUTION\n    return cup\n    # END SOLUTION'


# Lessons


def test_a_lesson_is_found_by_its_number(course: Path) -> None:
    assert shelf.lesson(course, "20").title == "Coffee"
    assert shelf.lesson(ROOT, "10").slug == "streaming_a_language_model"


@pytest.mark.parametrize("name", ["30", "", "1", "10.1", "tea"])
def test_an_unknown_lesson_names_those_that_there_are(course: Path, name: str) -> None:
    with pytest.raises(LookupError, match=r"10, 20"):
        shelf.lesson(course, name)


def test_an_unknown_lesson_is_itself_named(course: Path) -> None:
    with pytest.raises(LookupError, match="'30'"):
        shelf.lesson(course, "30")


# Solutions of the course


def test_the_course_has_guided_exercises_and_others() -> None:
    assert GUIDED and HOMEWORK, "or the tests below run over nothing"


@of_course([*GUIDED, *HOMEWORK])
def test_every_exercises_solution_compiles_and_shows_no_marks(exercise: str) -> None:
    code, _ = code_and_reason(shelf.solution(ROOT, exercise))
    compile(code, "<solution>", "exec")
    made = [
        node for node in ast.parse(code).body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    assert made, "an answer is a function or a class"
    assert "SOLUTION" not in code and "NotImplementedError" not in code


@of_course(HOMEWORK)
def test_homework_is_solved_in_the_solutions_and_the_reason_follows(exercise: str) -> None:
    code, reason = code_and_reason(shelf.solution(ROOT, exercise))
    marked, why = cells_of("solutions", exercise)
    lines = "".join(marked["source"]).split("\n")
    assert code == "\n".join(line for line in lines if line.strip() not in ("# BEGIN SOLUTION", "# END SOLUTION"))
    marks = sum(line.strip() in ("# BEGIN SOLUTION", "# END SOLUTION") for line in lines)
    assert marks and len(code.split("\n")) == len(lines) - marks
    assert "### " + reason == "".join(why["source"])
    assert reason.startswith("Why")


@of_course(GUIDED)
def test_a_guided_exercise_is_solved_in_its_lesson(exercise: str) -> None:
    assert cells_of("solutions", exercise) == []
    [solved] = cells_of("notebooks", exercise)
    assert shelf.solution(ROOT, exercise) == "".join(solved["source"])


# Solutions of any course


def test_marks_go_with_their_lines_and_every_other_line_stays(course: Path) -> None:
    source = SOLUTION + "\n\n# BEGIN SOLUTIONS are a word\nprint('# END SOLUTION')"
    put(course, "solutions", "10_tea.ipynb", cell("import tea"), cell(source, exercise="10.1"))
    assert shelf.solution(course, "10.1") == (
        'def brew(cup):\n    """Brew."""\n    return cup\n\n# BEGIN SOLUTIONS are a word\nprint(\'# END SOLUTION\')'
    )


def test_only_this_exercises_cells_are_told(course: Path) -> None:
    put(
        course,
        "solutions",
        "10_tea.ipynb",
        cell(SOLUTION, exercise="10.1"),
        cell(SOLUTION.replace("brew", "pour"), exercise="10.2"),
        cell("### Why one", "markdown", exercise="10.1", solution_only=True),
        cell("### Why two", "markdown", exercise="10.2", solution_only=True),
        cell("### The task", "markdown", exercise="10.2"),
        cell("brew(1)", exercise="10.2"),
    )
    told = shelf.solution(course, "10.2")
    assert told.startswith("def pour(cup):") and told.endswith("return cup\n\n\n### Why two")


def test_a_lesson_is_looked_into_only_where_the_solutions_are_silent(course: Path) -> None:
    put(course, "notebooks", "10_tea.ipynb", cell("in_the_lesson()", exercise="10.1", role="solution"))
    assert shelf.solution(course, "10.1") == "in_the_lesson()"
    put(course, "solutions", "10_tea.ipynb", cell(SOLUTION, exercise="10.1"))
    assert "def brew" in shelf.solution(course, "10.1")


def test_a_wrong_first_try_of_a_lesson_is_no_solution(course: Path) -> None:
    put(
        course,
        "notebooks",
        "10_tea.ipynb",
        cell("first_try()"),
        cell("second_try()", exercise="10.1"),
        cell("solved()", exercise="10.1", role="solution"),
    )
    assert shelf.solution(course, "10.1") == "solved()"


def test_an_exercise_without_a_solution_says_so(course: Path) -> None:
    put(course, "solutions", "10_tea.ipynb", cell("### Why", "markdown", exercise="10.1", solution_only=True))
    for exercise in ("10.1", "10.2", "20.1", "99.1"):
        with pytest.raises(LookupError, match=rf"No solution of {exercise} is written yet"):
            shelf.solution(course, exercise)
