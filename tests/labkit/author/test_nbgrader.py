"""An nbgrader course from solutions: what is marked, what gives points, what stays out, and what is refused."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from labkit.author import nbgrader
from labkit.author.problem import Refused

SOLVED = "def brew(leaf):\n    # BEGIN SOLUTION\n    return leaf\n    # END SOLUTION"
Export = dict[str, dict[str, Any]]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "graded"


def exported(course: Any, target: Path) -> list[dict[str, Any]]:
    """The cells of lesson 00 as nbgrader gets them."""
    nbgrader.export(course.root, target, sys.executable)
    notebook = json.loads((target / "source" / "00_tea" / "00_tea.ipynb").read_text(encoding="utf-8"))
    cells: list[dict[str, Any]] = [{**cell, "source": "".join(cell["source"])} for cell in notebook["cells"]]
    return cells


def test_a_solution_stays_between_its_marks_in_a_solution_cell(course: Any, target: Path) -> None:
    (cell,) = [cell for cell in exported(course, target) if "BEGIN SOLUTION" in cell["source"]]

    assert cell["source"] == SOLVED
    assert cell["metadata"] == {
        "labkit": {"exercise": "00.2"},
        "nbgrader": {
            "schema_version": 3,
            "grade_id": "00-2",
            "grade": False,
            "solution": True,
            "locked": False,
            "task": False,
        },
    }


def test_a_check_becomes_a_locked_cell_with_as_many_points_as_minutes(course: Any, target: Path) -> None:
    (cell,) = [cell for cell in exported(course, target) if "labkit.grade" in cell["source"]]

    assert cell["source"] == 'import labkit\n\nlabkit.grade("00.2", brew)'
    assert cell["metadata"]["nbgrader"] == {
        "schema_version": 3,
        "grade_id": "00-2-check",
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "points": 12,
    }


def test_an_awaited_check_is_a_check_too(course: Any, target: Path) -> None:
    course.change("solutions/00_tea.ipynb", 4, source='await lab.check("00.2", brew)')
    assert any(cell["source"].endswith('labkit.grade("00.2", brew)') for cell in exported(course, target))


def test_explanations_and_outputs_stay_with_the_instructor(course: Any, target: Path) -> None:
    cells = exported(course, target)

    assert not any("The why of it" in cell["source"] for cell in cells)
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")


def test_a_lesson_without_exercises_is_no_assignment(course: Any, target: Path) -> None:
    exported(course, target)
    assert [path.name for path in (target / "source").iterdir()] == ["00_tea"]


def test_the_kernel_is_the_python_that_was_named(course: Any, target: Path) -> None:
    nbgrader.export(course.root, target, "/opt/tea/bin/python")
    spec = json.loads((target / "jupyter/kernels/python3/kernel.json").read_text(encoding="utf-8"))

    assert spec["argv"] == ["/opt/tea/bin/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"]


def test_exporting_again_leaves_nbgraders_own_work_alone(course: Any, target: Path) -> None:
    first = exported(course, target)
    handed_in = target / "submitted" / "mira" / "00_tea" / "00_tea.ipynb"
    handed_in.parent.mkdir(parents=True)
    handed_in.write_text("hers", encoding="utf-8")

    assert exported(course, target) == first
    assert handed_in.read_text(encoding="utf-8") == "hers"


@pytest.mark.parametrize(
    ("number", "fields", "words"),
    [
        (3, {"metadata": {}}, "it holds a solution and does not say of which exercise"),
        (4, {"source": 'print(1)\nlab.check("00.2", brew)'}, "has 0 cells that nbgrader would call 00-2-check"),
        (
            4,
            {"source": SOLVED, "metadata": {"labkit": {"exercise": "00.2"}}},
            "has 2 cells that nbgrader would call 00-2",
        ),
    ],
)
def test_what_nbgrader_could_not_grade_is_refused_and_nothing_is_written(
    course: Any, target: Path, number: int, fields: dict[str, Any], words: str
) -> None:
    course.change("solutions/00_tea.ipynb", number, **fields)

    with pytest.raises(Refused, match=words):
        nbgrader.export(course.root, target, sys.executable)
    assert not target.exists()
