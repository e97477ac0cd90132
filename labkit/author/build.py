"""solutions/ -> exercises/: what is marked as solution is cut, the rest is the student's. Knows marks; runs nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from labkit.author import ipynb
from labkit.author.marks import cut, marked
from labkit.author.problem import Problem, Refused

SOURCE, TARGET = "solutions", "exercises"
KEPT_METADATA = ("labkit", "nbgrader", "tags")  # of a cell; everything else is an editor's business


def build(root: Path) -> list[Path]:
    """Generate every exercise notebook; the ones that changed. Nothing is written if one solution is refused."""
    changed = [(path, content) for path, content in _wanted(root) if not path.is_file() or path.read_bytes() != content]
    for path, content in changed:
        path.parent.mkdir(exist_ok=True)
        ipynb.write(path, content)
    return [path for path, _ in changed]


def drift(root: Path) -> list[str]:
    """One line for each exercise notebook that is not what its solution gives; empty when all are in step."""
    return [str(problem) for problem in stale(root)]


def stale(root: Path) -> list[Problem]:
    """The same as findings. A solution that cannot be built is a finding too."""
    try:
        wanted = dict(_wanted(root))
    except Refused as refusal:
        return [refusal.problem]
    found = []
    for path, content in wanted.items():
        if not path.is_file():
            found.append(_drifted(path, "it does not exist, though it has a solution.", "Run `wirelab dev build`."))
        elif path.read_bytes() != content:
            cure = f"Edit {SOURCE}/{path.name}, never this file; then `wirelab dev build`."
            found.append(_drifted(path, "it is not what its solution gives.", cure))
    for path in sorted((root / TARGET).glob("*.ipynb")):
        if path not in wanted:
            found.append(_drifted(path, f"{SOURCE}/ has no such file.", f"Remove it, or write {SOURCE}/{path.name}."))
    return found


def exercise_from(solution: NotebookNode, file: str) -> NotebookNode:
    """The student's notebook: solutions cut, explanations left out, outputs cleared. `file` names it in a refusal."""
    cells = [_cell(number, cell, file) for number, cell in enumerate(solution.cells, start=1) if not _explains(cell)]
    return ipynb.node({"cells": cells, "metadata": ipynb.METADATA, "nbformat": 4, "nbformat_minor": 5})


def _wanted(root: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted((root / SOURCE).glob("*.ipynb")):
        file = f"{SOURCE}/{path.name}"
        yield root / TARGET / path.name, ipynb.encode(exercise_from(ipynb.read(path, file), file))


def _drifted(path: Path, what: str, cure: str) -> Problem:
    return Problem(f"{TARGET}/{path.name}", None, what, cure)


def _explains(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("labkit", {}).get("solution_only", False))


def _cell(number: int, cell: NotebookNode, file: str) -> NotebookNode:
    """The student's copy of one cell. Its id is the solution's cell id: stable, and the way from one to the other."""
    metadata = {key: cell.metadata[key] for key in KEPT_METADATA if cell.metadata.get(key)}
    copy = {"id": cell.id, "cell_type": cell.cell_type, "metadata": metadata, "source": cell.source}
    if "attachments" in cell:
        copy["attachments"] = cell.attachments
    if cell.cell_type == "code":
        copy |= {"outputs": [], "execution_count": None}
    if marked(cell.source):
        copy["source"] = _stub(number, cell, file)
    return ipynb.node(copy)


def _stub(number: int, cell: NotebookNode, file: str) -> str:
    def refuse(what: str, cure: str) -> Refused:
        return Refused(Problem(file, number, what, cure))

    if cell.cell_type != "code":
        cure = 'Mark the whole cell with the metadata labkit: {"solution_only": true}.'
        raise refuse("solution marks work in code cells only.", cure)
    exercise_id = cell.metadata.get("labkit", {}).get("exercise")
    if not isinstance(exercise_id, str):
        cure = 'Give the cell the metadata labkit: {"exercise": "10.1"}, with the id of its exercise.'
        raise refuse("it holds a solution and does not say of which exercise.", cure)
    try:
        stub = cut(cell.source, exercise_id)
    except ValueError as error:
        raise refuse(*error.args) from None
    try:
        compile(stub, file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        cure = "Move the marks so that what stays around them is Python without the solution."
        raise refuse(f"without its solution the cell is not Python ({error.msg}, line {error.lineno}).", cure) from None
    return stub
