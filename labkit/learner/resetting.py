"""`wirelab reset`: what the course gave, put back, after a backup. Knows cells and files; runs nothing."""

import re
from collections.abc import Sequence
from pathlib import Path

from labkit import cells, workspace
from labkit.cells import Cell, Notebook
from labkit.learner import backups, copybook
from labkit.manifest import Course, Exercise

HEADING = re.compile(r"^#+ +(\d\d\.[1-9]\d*)\b", re.MULTILINE)
SAME = "Nothing to do: it is as the course gave it."


def files(root: Path, work: Path, lessons: Sequence[str]) -> list[str]:
    """Put back every notebook of these lessons; what was done, in words."""
    return _put_back(work, [(name, path) for name, path in workspace.originals(root) if path.name[:2] in lessons])


def exercise(course: Course, root: Path, work: Path, exercise: Exercise, *, whole: bool) -> list[str]:
    """Put back the answer's cells, or with `whole` all cells of the exercise; every other cell stays as it is.

    A cell that was deleted comes back at its place, below the cell that stood above it. Raises NotANotebook for a file
    that cannot be read; then only the whole lesson can be put back.
    """
    name = copybook.file_of(course, exercise)
    if not (work / name).exists():
        return _put_back(work, [(name, root / name)])
    notebook, given = cells.read(work / name), cells.blank(cells.read(root / name))
    wanted = _segment(given, exercise.id) if whole else _answers(given, exercise.id)
    mended = _mended(notebook, given["cells"], wanted)
    if mended == notebook:
        return [SAME]
    kept = backups.take(work, [name])
    cells.write(work / name, mended)
    what = "the exercise's cells" if whole else f"the answer's cell{'' if len(wanted) == 1 else 's'}"
    return [f"put back: {what} of {exercise.id} in {name}; the others stay as they are", *backups.way_back(kept)]


def _put_back(work: Path, wanted: Sequence[tuple[str, Path]]) -> list[str]:
    changed = [(name, path) for name, path in wanted if not _as_given(work / name, path)]
    if not changed:
        return [SAME]
    kept = backups.take(work, [name for name, _ in changed])
    memory = workspace.Memory.of(work)
    for name, path in changed:
        notebook = cells.read(path)
        cells.write(work / name, cells.blank(notebook))
        memory.handed_out[name] = cells.digest(notebook)
    memory.keep(work)
    return [f"put back: {', '.join(name for name, _ in changed)}", *backups.way_back(kept)]


def _as_given(copy: Path, original: Path) -> bool:
    """Whether the copy is letter for letter what `create` would write: one with outputs is not."""
    try:
        return cells.read(copy) == cells.blank(cells.read(original))
    except cells.NotANotebook:
        return False


def _answers(given: Notebook, exercise: str) -> list[int]:
    return [place for place, cell in enumerate(given["cells"]) if cells.exercise(cell) == exercise]


def _segment(given: Notebook, exercise: str) -> list[int]:
    """From the heading that names the exercise to the next that names another; the answer alone where none does."""
    places: list[int] = []
    inside = False
    for place, cell in enumerate(given["cells"]):
        if cell["cell_type"] == "markdown" and (found := HEADING.search(cells.source(cell))):
            inside = found[1] == exercise
        places += [place] if inside else []
    return places or _answers(given, exercise)


def _mended(notebook: Notebook, given: list[Cell], wanted: Sequence[int]) -> Notebook:
    """The notebook with the wanted cells as given, found by their ids."""
    mine: list[Cell] = list(notebook["cells"])
    for place in wanted:
        ids = [cell.get("id") for cell in mine]
        if given[place]["id"] in ids:
            mine[ids.index(given[place]["id"])] = given[place]
        else:
            above = [ids.index(cell["id"]) for cell in given[:place] if cell["id"] in ids]
            mine.insert(above[-1] + 1 if above else 0, given[place])
    return {**notebook, "cells": mine}
