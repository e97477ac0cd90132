"""solutions/ to exercises/: what a student gets, byte for byte, and what an author is told when it cannot be made."""

import json
from typing import Any

import pytest

from labkit.author.build import build, cut, drift
from labkit.author.problem import Refused

SOLVED = """\
def brew(leaf):
    '''Brew it.'''
    # BEGIN SOLUTION
    water = 95
    return leaf, water
    # END SOLUTION"""


def exercise(course: Any) -> dict[str, Any]:
    return json.loads((course.root / "exercises/00_tea.ipynb").read_text(encoding="utf-8"))


def test_a_solution_becomes_one_raise_at_its_indentation() -> None:
    stub = cut(SOLVED, "00.2")
    assert stub == ("def brew(leaf):\n    '''Brew it.'''\n    raise NotImplementedError(\"00.2: your code goes here\")")


def test_two_solutions_in_one_cell_become_two_stubs() -> None:
    source = "# BEGIN SOLUTION\na = 1\n# END SOLUTION\nkept = 2\n# BEGIN SOLUTION\nb = 3\n# END SOLUTION\n"
    raised = 'raise NotImplementedError("00.2: your code goes here")'
    assert cut(source, "00.2") == f"{raised}\nkept = 2\n{raised}\n"


def test_code_without_marks_stays_as_it_is() -> None:
    assert cut("a = 1\n\n\nb = 2\n", "00.2") == "a = 1\n\n\nb = 2\n"


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("# BEGIN SOLUTION\na = 1", "without an end"),
        ("a = 1\n# END SOLUTION", "without a beginning"),
        ("# BEGIN SOLUTION\n# BEGIN SOLUTION\n# END SOLUTION", "begins inside another"),
        ("    # BEGIN SOLUTION\n# END SOLUTION", "indented otherwise"),
        ("### BEGIN SOLUTION\na = 1\n### END SOLUTION", "not quite a mark"),
        ("a = 1  # BEGIN SOLUTION\n# END SOLUTION", "not quite a mark"),
        ("# begin solution\na = 1\n# end solution", "not quite a mark"),
    ],
)
def test_marks_that_do_not_pair_are_refused_rather_than_leaked(source: str, answer: str) -> None:
    with pytest.raises(ValueError, match=answer):
        cut(source, "00.2")


def test_the_student_sees_no_solution_no_explanation_and_no_output(course: Any) -> None:
    content = (course.root / "exercises/00_tea.ipynb").read_text(encoding="utf-8")
    assert "return leaf" not in content
    assert "The why of it." not in content
    assert "PASSED" not in content
    codes = [cell for cell in exercise(course)["cells"] if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in codes] == [([], None), ([], None)]


def test_cell_ids_are_the_solutions_so_an_edit_elsewhere_moves_none(course: Any) -> None:
    assert [cell["id"] for cell in exercise(course)["cells"]] == ["cell-0", "cell-2", "cell-3"]


def test_only_our_metadata_nbgraders_and_tags_are_kept(course: Any) -> None:
    metadata = {
        "labkit": {"exercise": "00.2"},
        "nbgrader": {"grade_id": "a"},
        "tags": ["x"],
        "collapsed": True,
        "vscode": {"a": 1},
    }
    course.change("solutions/00_tea.ipynb", 3, metadata=metadata)
    build(course.root)
    kept = exercise(course)["cells"][1]["metadata"]
    assert sorted(kept) == ["labkit", "nbgrader", "tags"]


def test_building_twice_changes_nothing_and_ends_in_one_newline(course: Any) -> None:
    path = course.root / "exercises/00_tea.ipynb"
    before = path.read_bytes()
    assert build(course.root) == []
    assert path.read_bytes() == before
    assert before.endswith(b"}\n")
    assert not before.endswith(b"\n\n")
    assert b"\r" not in before
    assert before.startswith(b'{\n "cells": [')


def test_build_reports_what_it_changed(course: Any) -> None:
    path = course.root / "exercises/00_tea.ipynb"
    path.unlink()
    assert build(course.root) == [path]


def test_a_course_in_step_has_no_drift(course: Any) -> None:
    assert drift(course.root) == []


def test_an_edited_exercise_drifts(course: Any) -> None:
    course.change("exercises/00_tea.ipynb", 1, source="# Mine")
    assert drift(course.root)[0].startswith("exercises/00_tea.ipynb: it is not what its solution gives.")


def test_a_missing_exercise_drifts(course: Any) -> None:
    (course.root / "exercises/00_tea.ipynb").unlink()
    assert "it does not exist" in drift(course.root)[0]


def test_an_exercise_without_a_solution_drifts(course: Any) -> None:
    course.write("exercises/09_gone.ipynb", course.text("# Gone"))
    assert "exercises/09_gone.ipynb: solutions/ has no such file." in drift(course.root)[0]


def refusal(course: Any) -> str:
    with pytest.raises(Refused) as caught:
        build(course.root)
    return str(caught.value)


def test_a_solution_without_its_exercise_id_is_refused_with_file_cell_and_cure(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 3, metadata={})
    message = refusal(course)
    assert message.startswith("solutions/00_tea.ipynb, cell 3: it holds a solution and does not say of which exercise.")
    assert 'cure: Give the cell the metadata labkit: {"exercise": "10.1"}' in message
    assert drift(course.root) == [message]


def test_a_stub_that_would_not_compile_is_refused(course: Any) -> None:
    source = "try:\n    # BEGIN SOLUTION\n    a = 1\nexcept ValueError:\n    a = 2\n    # END SOLUTION"
    course.change("solutions/00_tea.ipynb", 3, source=source)
    assert "cell 3: without its solution the cell is not Python" in refusal(course)


def test_a_stub_may_await_at_the_top_level(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 3, source="await pour()\n# BEGIN SOLUTION\nawait brew()\n# END SOLUTION")
    assert len(build(course.root)) == 1


def test_marks_in_a_text_cell_are_refused_rather_than_shown(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 1, source="# A cup\n\n# BEGIN SOLUTION\nx\n# END SOLUTION")
    assert "cell 1: solution marks work in code cells only." in refusal(course)


def test_one_refused_solution_means_nothing_is_written(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 1, source="# 00 Another title: A cup of tea")
    course.write("solutions/01_milk.ipynb", course.code("# BEGIN SOLUTION", exercise="01.1"))
    before = (course.root / "exercises/00_tea.ipynb").read_bytes()
    refusal(course)
    assert (course.root / "exercises/00_tea.ipynb").read_bytes() == before


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ("{", "this is not a notebook"),
        ('{"nbformat": 3, "worksheets": []}', "not a notebook of format 4"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}', "its format is 4.4, not 4.5"),
        ('{"cells": [{}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "this notebook is damaged"),
    ],
)
def test_a_file_that_is_no_sound_notebook_is_refused(course: Any, content: str, answer: str) -> None:
    (course.root / "solutions/00_tea.ipynb").write_text(content, encoding="utf-8")
    assert answer in refusal(course)


def test_a_cell_that_breaks_the_schema_is_refused_with_its_place(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 3, execution_count="one")
    assert "it is not valid at cells/2/execution_count" in refusal(course)


def test_two_cells_of_one_id_are_refused(course: Any) -> None:
    course.change("solutions/00_tea.ipynb", 2, id="cell-0")
    assert "cell 2: another cell has the id 'cell-0' too." in refusal(course)
