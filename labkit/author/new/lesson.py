"""A new lesson: its row, its notebook with the anatomy's cells, its instructor's note. Runs nothing."""

import re
from pathlib import Path
from typing import Any

from labkit.author import ipynb
from labkit.author.gates.glossed import LINKS
from labkit.author.new.draft import Draft
from labkit.author.new.manifest_text import with_lesson
from labkit.author.problem import Problem, Refused
from labkit.manifest import MANIFEST

PROMISE = "TODO: what the learner can do afterwards, in one sentence."
NEXT = """\
Next:
  1. Write what says TODO in {notebook} and {note}; the promise also stands in course.toml.
  2. List in course.toml what the lesson `introduces` (with, try, async, …) and `requires`.
  3. `wirelab dev new exercise {id}.1 --title "…"` for each exercise.
  4. `wirelab dev run {id}`, then `wirelab dev check {id}` until it has nothing more to say."""
NOTE = """\
# {id} {title}: for the instructor

TODO: what the lesson is for, and the ten minutes of preparation: what must run, what to have open.

## In the room

| Minutes | Part | What it is about |
|---|---|---|
| {minutes} | TODO: a row for each part, with minutes of its own | where people get stuck |

TODO: a question to ask the room; what to leave out when time is short.

## What people believe

"""


def new_lesson(root: Path, lesson_id: str, slug: str, title: str, minutes: int) -> list[str]:
    """Write the scaffold; what was written and what to do next, as lines. Raises Refused, and nothing is written."""
    if not re.fullmatch(r"\d\d", lesson_id):
        raise Refused(Problem(MANIFEST, None, f"{lesson_id!r} is no lesson's id.", 'Two digits, such as "08".'))
    draft = Draft(root)
    text = draft.text(MANIFEST)
    draft.added(MANIFEST, with_lesson(text, lesson_id, slug, title=title, promise=PROMISE, minutes=minutes))
    notebook, note = f"notebooks/{lesson_id}_{slug}.ipynb", f"instructors/{lesson_id}.md"
    draft.new(notebook, ipynb.encode(ipynb.node(_notebook(lesson_id, title, minutes))))
    draft.new(note, NOTE.format(id=lesson_id, title=title, minutes=minutes))
    return [*draft.write(), "", *NEXT.format(id=lesson_id, notebook=notebook, note=note).splitlines()]


def _notebook(lesson_id: str, title: str, minutes: int) -> dict[str, Any]:
    first = f"""\
# {lesson_id} {title}

{PROMISE}

**Questions this lesson answers**

- TODO: two or three questions

**Afterwards you can** TODO: objectives, as verbs.

**You need** TODO: which lessons come before.

**Time** {minutes} minutes of lesson."""
    texts = [
        first,
        "## Start\n\nRun this cell; there is nothing else to set up.",
        f'import labkit\n\nlab = labkit.open("{lesson_id}")',
        "## Why\n\nTODO: a question from two or more lessons ago; a need of the shop; an analogy that holds, and the "
        "word where it stops holding.",
        "### Predict\n\nTODO: the lesson's own question: about the wire, answered by a small number or a word.",
        "# TODO: the cell that settles it",
        "## By hand\n\nTODO: once at the level of bytes.",
        "# TODO: by hand",
        "## By library\n\nTODO: the way a professional writes it.",
        "# TODO: by library",
        "## On the wire\n\nTODO: what to see in the picture, in a sentence.",
        "# TODO: lab.wire(), and a picture drawn from measured data",
        "## Break it\n\nTODO: what is broken on purpose.\n\n### Predict what happens\n\nTODO: the second prediction.",
        "# TODO: a fault, and the naive client failing visibly",
        "# TODO: the same, mended",
        "## In the wild\n\nTODO: two or three real APIs: how they do it, where they differ, one business use.",
        f"## Key points\n\n- TODO: three to five\n\n{LINKS}\n\n**The way on.** TODO: the exercises, the next lesson.",
    ]
    cells = [_cell(number, text) for number, text in enumerate(texts, start=1)]
    named = [{**cell, "id": f"lesson-{lesson_id}-{number:02}"} for number, cell in enumerate(cells, start=1)]
    return {"cells": named, "metadata": ipynb.METADATA, "nbformat": 4, "nbformat_minor": 5}


def _cell(number: int, text: str) -> dict[str, Any]:
    if text.startswith(("import ", "# TODO")):
        return {"cell_type": "code", "source": text, "metadata": {}, "execution_count": None, "outputs": []}
    return {"cell_type": "markdown", "source": text, "metadata": {}}
