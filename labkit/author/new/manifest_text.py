"""course.toml as text that a person wrote: rows are added, every comment and every space stays. Knows its form.

The result is read back before it is used: where the file has a form that is not known here, the author is given the
row to put in by hand. A library that edits TOML would be one more dependency for three insertions.
"""

import re

from labkit.author.problem import Problem, Refused
from labkit.manifest import MANIFEST, Course, ManifestError, parse

_LESSON = re.compile(r'^\[\[lesson\]\]\s*\nid = "(\d\d)"', re.MULTILINE)


def with_lesson(text: str, lesson_id: str, slug: str, *, title: str, promise: str, minutes: int) -> str:
    """The manifest with one lesson more, in the order of the ids. Raises Refused."""
    before = parse(text)
    required = [lesson.id for lesson in before.lessons if lesson.id < lesson_id][-1:]
    block = f"""\
[[lesson]]
id = "{lesson_id}"
slug = "{slug}"
title = {_quoted(title)}
promise = {_quoted(promise)}
minutes = {{ teaching = {minutes}, exercises = 0 }}
requires = [{", ".join(_quoted(one) for one in required)}]
introduces = []
exercises = [
]
"""
    later = next((found for found in _LESSON.finditer(text) if found[1] > lesson_id), None)
    if later is None:
        return _read_back(f"{text.rstrip()}\n\n{block}", before, lesson_id, block)
    at = _above_comments(text, later.start())
    return _read_back(f"{text[:at]}{block}\n{text[at:]}", before, lesson_id, block)


def with_exercise(text: str, exercise_id: str, title: str, minutes: int) -> str:
    """The manifest with one exercise more at the end of its lesson, its minutes counted. Raises Refused."""
    before = parse(text)
    lesson_id = exercise_id.partition(".")[0]
    before.lesson(lesson_id)
    row = f'    {{ id = "{exercise_id}", title = {_quoted(title)}, minutes = {minutes} }},\n'
    starts = [*_LESSON.finditer(text)]
    start = next((found.start() for found in starts if found[1] == lesson_id), len(text))
    end = min((_above_comments(text, found.start()) for found in starts if found.start() > start), default=len(text))
    block = text[start:end]
    if not re.search(r"^exercises = ", block, re.MULTILINE):
        block = f"{block.rstrip()}\nexercises = [\n]\n{block[len(block.rstrip()) + 1 :]}"
    counted = re.sub(
        r"^(minutes = \{.*?exercises = )(\d+)", lambda m: f"{m[1]}{int(m[2]) + minutes}", block, flags=re.MULTILINE
    )
    opened = re.sub(r"^exercises = \[\s*\]$", "exercises = [\n]", counted, flags=re.MULTILINE)
    added = re.sub(r"^(exercises = \[\n(?:.*\n)*?)\]$", lambda m: f"{m[1]}{row}]", opened, count=1, flags=re.MULTILINE)
    if row not in added:
        raise _unknown_form(row)
    return _read_back(text[:start] + added + text[end:], before, exercise_id, row)


def _read_back(text: str, before: Course, wanted: str, row: str) -> str:
    """The text, if it says what it said before and the new id besides."""
    try:
        after = parse(text)
    except ManifestError as error:
        raise Refused(Problem(MANIFEST, None, f"with the new row, {error.what}", error.cure)) from None
    known = {lesson.id for lesson in before.lessons} | {exercise.id for exercise in before.exercises}
    now = {lesson.id for lesson in after.lessons} | {exercise.id for exercise in after.exercises}
    if now != known | {wanted} or after.title != before.title:
        raise _unknown_form(row)
    return text


def _unknown_form(row: str) -> Refused:
    what = "it is written in a form that cannot be added to here."
    return Refused(Problem(MANIFEST, None, what, f"Add this by hand, in the form of its neighbours:\n{row}"))


def _above_comments(text: str, at: int) -> int:
    """Where the comments begin that stand right above this place: they speak of what follows."""
    lines = text[:at].splitlines(keepends=True)
    while lines and lines[-1].startswith("#"):
        at -= len(lines.pop())
    return at


def _quoted(words: str) -> str:
    escaped = words.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
