"""solutions/ -> an nbgrader course: cells marked, checks that give points, our own kernel. Runs nothing.

nbgrader (https://nbgrader.readthedocs.io) lives in an environment of its own and needs nothing of ours but a Python to
run the notebooks with. The form of its marks is its schema of version 3, which allows no key of ours beside them.
"""

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from labkit.author import ipynb
from labkit.author.build import KEPT_METADATA, SOURCE
from labkit.author.marks import marked
from labkit.author.problem import Problem, Refused
from labkit.manifest import MANIFEST, Course, Lesson, load

SCHEMA = 3
SOURCE_FOLDER = "source"  # nbgrader's name for what an instructor writes
SOLUTION = {"grade": False, "solution": True, "locked": False}
TEST = {"grade": True, "solution": False, "locked": True}
READ_ONLY = {"grade": False, "solution": False, "locked": True}
CONFIG = '''\
"""nbgrader reads this file when it runs in this folder. Written by `wirelab export nbgrader`."""

import os
from pathlib import Path

c = get_config()
c.CourseDirectory.course_id = "wirelab"
# What a student finds in a solution's place: the error by which a check knows that nobody has started.
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("your code goes here")'}
c.ExecutePreprocessor.timeout = 180  # seconds a cell: a check tries an answer several times, each with a limit
# Notebooks run in the Python that has labkit, not in nbgrader's own: the kernel `python3` is the one beside this file.
here = str(Path(__file__).parent / "jupyter")
os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [here, os.environ.get("JUPYTER_PATH")]))
'''


def export(root: Path, target: Path, python: str) -> list[Path]:
    """Write the course of `root` into the folder `target` for nbgrader; the files, in order.

    One assignment a lesson, as many points for an exercise as it has minutes. `python` is the program that has labkit.
    What nbgrader itself made there (release, submitted, autograded, gradebook.db) is left alone. Raises Refused where
    a solution cannot be exported; nothing is written then.
    """
    course = load(root / MANIFEST)
    files = {
        target / SOURCE_FOLDER / assignment(lesson) / lesson.notebook: ipynb.encode(_notebook(root, course, lesson))
        for lesson in course.lessons
        if lesson.homework
    }
    files[target / "nbgrader_config.py"] = CONFIG.encode()
    files[target / "jupyter" / "kernels" / "python3" / "kernel.json"] = _kernel(python)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        ipynb.write(path, content)
    return list(files)


def assignment(lesson: Lesson) -> str:
    """nbgrader's name of a lesson's exercises: the notebook's, without its ending."""
    return lesson.notebook.removesuffix(".ipynb")


def _notebook(root: Path, course: Course, lesson: Lesson) -> NotebookNode:
    """The instructor's version: solutions inside their marks, each check a locked cell that gives points."""
    file = f"{SOURCE}/{lesson.notebook}"
    cells = []
    for number, cell in enumerate(ipynb.read(root / file, file).cells, start=1):
        if cell.metadata.get("labkit", {}).get("solution_only"):
            continue  # the explanation would reach the students: nbgrader cuts code only
        cells.append(_cell(cell, course, Problem(file, number, "", "")))
    _prove(cells, lesson, file)
    return ipynb.node({"cells": cells, "metadata": ipynb.METADATA, "nbformat": 4, "nbformat_minor": 5})


def _cell(cell: NotebookNode, course: Course, place: Problem) -> NotebookNode:
    metadata: dict[str, Any] = {key: cell.metadata[key] for key in KEPT_METADATA if cell.metadata.get(key)}
    copy: dict[str, Any] = {"id": cell.id, "cell_type": cell.cell_type, "metadata": metadata, "source": cell.source}
    if "attachments" in cell:
        copy["attachments"] = cell.attachments
    if cell.cell_type != "code":
        return ipynb.node(copy)
    copy |= {"outputs": [], "execution_count": None}
    checked = _checked(cell.source)
    if marked(cell.source):
        exercise_id = cell.metadata.get("labkit", {}).get("exercise")
        if not isinstance(exercise_id, str):
            cure = 'Give the cell the metadata labkit: {"exercise": "10.1"}.'
            raise Refused(
                Problem(place.file, place.cell, "it holds a solution and does not say of which exercise.", cure)
            )
        metadata["nbgrader"] = _marks(SOLUTION, exercise_id)
    elif checked:
        exercise_id, answer, waits = checked
        copy["source"] = f'import labkit\n\n{waits}labkit.grade("{exercise_id}", {answer})'
        metadata["nbgrader"] = _marks(TEST, f"{exercise_id}-check") | {"points": course.exercise(exercise_id).minutes}
    elif "labkit.open(" in cell.source:
        metadata["nbgrader"] = _marks(READ_ONLY, "start")
    return ipynb.node(copy)


def _marks(kind: Mapping[str, bool], name: str) -> dict[str, Any]:
    """nbgrader's mark of one cell; its `grade_id` allows letters, digits, `_` and `-`."""
    return {"schema_version": SCHEMA, "task": False, "grade_id": re.sub(r"[^A-Za-z0-9_-]", "-", name), **kind}


def _checked(source: str) -> tuple[str, str, str] | None:
    """("10.2", "first_sentence", "") where the cell is nothing but `lab.check("10.2", first_sentence)`.

    The third is "await " where that is awaited.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    match body:
        case [ast.Expr(value=ast.Await(value=call) | call as said)]:
            match call:
                case ast.Call(
                    func=ast.Attribute(attr="check"), args=[ast.Constant(value=str(exercise_id)), answer], keywords=[]
                ):
                    return exercise_id, ast.unparse(answer), "await " if isinstance(said, ast.Await) else ""
    return None


def _prove(cells: list[NotebookNode], lesson: Lesson, file: str) -> None:
    """Every exercise has one solution cell and one cell that gives points."""
    names = [cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata]
    for exercise in lesson.homework:
        solved = _marks(SOLUTION, exercise.id)["grade_id"]
        for name, cure in (
            (solved, "Mark its solution in one cell."),
            (f"{solved}-check", f'Give it a cell of its own: lab.check("{exercise.id}", …).'),
        ):
            if names.count(name) != 1:
                what = f"exercise {exercise.id} has {names.count(name)} cells that nbgrader would call {name}, not 1."
                raise Refused(Problem(file, None, what, cure))


def _kernel(python: str) -> bytes:
    """A kernel specification that runs this Python: its folder stands before nbgrader's own."""
    spec = {
        "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (wirelab)",
        "language": "python",
    }
    return f"{json.dumps(spec, indent=1)}\n".encode()
