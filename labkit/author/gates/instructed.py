"""Can somebody teach it? Knows the instructor's notes and the manifest's minutes. Beliefs are `believed`'s."""

import re
from collections.abc import Iterator

from labkit.author.book import Book
from labkit.author.gates.believed import NOTES
from labkit.author.gates.reading import title
from labkit.author.problem import Problem
from labkit.manifest import MANIFEST, Lesson

COLUMN = "Minutes"
_ROW = re.compile(r"^\|(.*)\|\s*$", re.MULTILINE)
TABLE = f"Give it a table with a column '{COLUMN}', a row for each part of the lesson."


def taught(book: Book) -> Iterator[Problem]:
    """Every lesson has its note, and the minutes of its parts add up to the lesson's."""
    for lesson in book.course.lessons:
        file = f"{NOTES}/{lesson.id}.md"
        path = book.root / file
        if not path.is_file():
            cure = f"Write it, in the manner of the others: parts and minutes, a question for the room. {TABLE}"
            yield Problem(file, None, f"lesson {lesson.id} has no note for its instructor.", cure)
            continue
        text = path.read_text(encoding="utf-8")
        if lesson.title not in (title(text) or ""):
            yield Problem(file, None, "its title is not the lesson's.", f"Open it with '# {lesson.id} {lesson.title}'.")
        yield from _added_up(file, lesson, text)


def _added_up(file: str, lesson: Lesson, text: str) -> Iterator[Problem]:
    rows = [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(text)]
    head = next((row for row in rows if COLUMN in row), None)
    if head is None:
        yield Problem(file, None, "it does not say how the minutes are spent.", TABLE)
        return
    place = head.index(COLUMN)
    said = [row[place] for row in rows[rows.index(head) + 2 :] if len(row) == len(head)]
    total = sum(int(minutes) for minutes in said if minutes.isdecimal())
    if total != lesson.minutes_teaching:
        cure = f"{MANIFEST} says {lesson.minutes_teaching} minutes of teaching: make the two agree."
        yield Problem(file, None, f"the minutes of its parts add up to {total}.", cure)
