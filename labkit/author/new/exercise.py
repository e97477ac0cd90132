"""A new exercise and everything that belongs to it: row, solution, check, hints, answers, beliefs. Runs nothing."""

import keyword
import re
from pathlib import Path
from typing import Any

from labkit import beliefs
from labkit.author import answers, ipynb
from labkit.author.new import checks_text, words
from labkit.author.new.draft import Draft
from labkit.author.new.manifest_text import with_exercise
from labkit.author.problem import Problem, Refused
from labkit.manifest import MANIFEST, parse


def new_exercise(root: Path, exercise_id: str, title: str, minutes: int, function: str = "") -> list[str]:
    """Write the scaffold; what was written and what to do next, as lines. Raises Refused, and nothing is written."""
    if not re.fullmatch(r"\d\d\.[1-9]\d*", exercise_id):
        raise Refused(Problem(MANIFEST, None, f"{exercise_id!r} is no exercise's id.", 'Such as "08.1".'))
    lesson_id, _, number = exercise_id.partition(".")
    name = function or _named(title)
    if not name.isidentifier() or keyword.iskeyword(name):
        raise Refused(Problem(MANIFEST, None, f"{name!r} is no function's name.", "Give one with --function."))
    draft = Draft(root)
    manifest = with_exercise(draft.text(MANIFEST), exercise_id, title, minutes)
    draft.added(MANIFEST, manifest)
    lesson = parse(manifest).lesson(lesson_id)
    module = f"lesson_{lesson_id}_{number}"
    held = [f"{name.replace('_', '-')}-{which}" for which in ("first", "second")]
    told: dict[str, Any] = {"id": exercise_id, "lesson": lesson_id, "title": title, "minutes": minutes}
    told |= {"function": name, "module": module, "seed": f"{lesson_id.lstrip('0') or '1'}{int(number):02}1"}
    told |= {"first": held[0], "second": held[1]}
    _solution(draft, f"solutions/{lesson.notebook}", told, lesson.title)
    draft.new(f"labkit/checks/{module}.py", words.CHECK.format(**told))
    table = checks_text.with_check(draft.text(checks_text.FILE), exercise_id, module, name)
    draft.added(checks_text.FILE, table)
    draft.new(answers.file_of(exercise_id), words.ANSWERS.format(**told))
    rows = "".join(words.BELIEF.format(**told, name=belief) for belief in held)
    draft.added(beliefs.FILE, f"{draft.text(beliefs.FILE).rstrip()}\n{rows}")
    note = f"instructors/{lesson_id}.md"
    if (root / note).is_file():
        lines = "".join(f"- `{belief}` ({exercise_id}): TODO: what to ask the room.\n" for belief in held)
        draft.added(note, f"{draft.text(note).rstrip()}\n{'' if '- `' in draft.text(note) else chr(10)}{lines}")
    due = f"{lesson.minutes_teaching} minutes of lesson, {lesson.minutes_exercises} minutes of exercises"
    told |= {"due": due, "notebook": lesson.notebook, "answers": answers.file_of(exercise_id)}
    return [*draft.write(), "", *words.NEXT.format(**told).splitlines()]


def _named(title: str) -> str:
    """`Not before it is whole` -> `not_before_it_is_whole`."""
    return "_".join(re.findall(r"[a-z0-9]+", title.lower()))


def _solution(draft: Draft, file: str, told: dict[str, Any], lesson_title: str) -> None:
    """The exercise's cells, in a notebook of their own or under those that are there."""
    cells = [_cell(cell, told) for cell in words.CELLS]
    path = draft.root / file
    if not path.is_file():
        first = [_cell(cell, {**told, "lesson_title": lesson_title}) for cell in words.FIRST_CELLS]
        fields = {"cells": [*first, *cells], "metadata": ipynb.METADATA, "nbformat": 4, "nbformat_minor": 5}
        draft.new(file, ipynb.encode(ipynb.node(fields)))
        return
    notebook = ipynb.read(path, file)
    taken = {cell.id for cell in notebook.cells}
    for cell in cells:
        if cell["id"] in taken:
            raise Refused(Problem(file, None, f"it has a cell {cell['id']} already.", "Take the next free id."))
    notebook["cells"] = [*notebook.cells, *(ipynb.node(cell) for cell in cells)]
    draft.added(file, ipynb.encode(notebook))


def _cell(cell: words.Cell, told: dict[str, Any]) -> dict[str, Any]:
    number = told["id"].partition(".")[2]
    metadata: dict[str, Any] = {"exercise": told["id"]} if cell.about else {}
    metadata |= {"solution_only": True} if cell.about == "why" else {}
    fields: dict[str, Any] = {
        "id": cell.name if cell.shared else f"e{number}-{cell.name}",
        "cell_type": "code" if cell.code else "markdown",
        "metadata": {"labkit": metadata} if metadata else {},
        "source": cell.source.format(**told),
    }
    return fields | ({"outputs": [], "execution_count": None} if cell.code else {})
