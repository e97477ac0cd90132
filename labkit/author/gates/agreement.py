"""Do course.toml and the notebooks say the same? Knows the manifest and the three folders; compares no outputs."""

import ast
import re
from collections.abc import Iterator

from labkit.author.book import Book, Cell, Page
from labkit.author.build import stale
from labkit.author.gates.reading import title
from labkit.author.marks import marked
from labkit.author.problem import Problem
from labkit.manifest import MANIFEST, Exercise, Lesson

_MINUTES = re.compile(r"(\d+)(?:\s*(?:/|\+|and)\s*(\d+))?\s*min(?:ute)?s?\b")
_EXERCISE_ID = re.compile(r"\d\d\.\d+")


def files(book: Book) -> Iterator[Problem]:
    """Every lesson has its notebook, its solutions if it has homework, and no notebook stands outside the manifest."""
    due = {
        "notebooks": {lesson.notebook for lesson in book.course.lessons},
        "solutions": {lesson.notebook for lesson in book.course.lessons if lesson.homework},
    }
    for folder, names in due.items():
        there = {page.name for page in book.of(folder)}
        for name in sorted(names - there):
            cure = f"Write it, or take it out of {MANIFEST}."
            yield Problem(f"{folder}/{name}", None, f"{MANIFEST} asks for it and it does not exist.", cure)
        for name in sorted(there - names):
            cure = f"Add its lesson{' and exercises' if folder == 'solutions' else ''} to {MANIFEST}, or move it away."
            yield Problem(f"{folder}/{name}", None, f"no lesson in {MANIFEST} asks for it.", cure)


def first_cells(book: Book) -> Iterator[Problem]:
    """The first cell's title, promise and minutes are the manifest's, and labkit.open names this very lesson."""
    for lesson, page in book.taught("notebooks", "solutions"):
        first = page.cells[0] if page.cells else None
        words = first.source if first and first.kind == "markdown" else ""
        yield from _title(page, first, words, lesson)
        yield from _minutes(page, first, words, lesson)
        if page.folder == "notebooks" and " ".join(lesson.promise.split()) not in " ".join(words.split()):
            cure = f"Write it in the first cell, or change it in {MANIFEST}."
            yield page.problem(first, f"the manifest's promise is not in it: '{lesson.promise}'.", cure)
        for cell, opened in _calls(page, "open"):
            if opened != lesson.id:
                cure = f'Write labkit.open("{lesson.id}").'
                yield page.problem(cell, f"it opens lesson {opened!r} inside lesson {lesson.id}.", cure)


def exercises(book: Book) -> Iterator[Problem]:
    """Every exercise is written once and checked there; every check and every solution is of a listed exercise."""
    for lesson in book.course.lessons:
        for exercise in lesson.exercises:
            yield from (_guided if exercise.guided else _homework)(book, lesson, exercise)
    listed = {exercise.id for exercise in book.course.exercises}
    for page in book.of("notebooks", "solutions"):
        named = [(cell, str(cell.labkit["exercise"])) for cell in page.cells if "exercise" in cell.labkit]
        named += [(cell, called) for cell, called in _calls(page, "check") if _EXERCISE_ID.fullmatch(called)]
        for cell, exercise_id in named:
            if exercise_id not in listed:
                cure = f"Add it to {MANIFEST}, or mend the id."
                yield page.problem(cell, f"{MANIFEST} lists no exercise {exercise_id}.", cure)
            elif exercise_id.partition(".")[0] != page.lesson_id:
                yield page.problem(cell, f"exercise {exercise_id} is another lesson's.", "Move it there.")


def in_step(book: Book) -> list[Problem]:
    """exercises/ is what solutions/ gives."""
    return stale(book.root)


def _title(page: Page, first: Cell | None, words: str, lesson: Lesson) -> Iterator[Problem]:
    found = title(words)
    if found is None:
        yield page.problem(first, "the first cell has no H1.", f"Open it with '# {lesson.id} {lesson.title}'.")
        return
    said = re.sub(rf"^{lesson.id}\b[\s.:·–—-]*", "", found.strip())
    agrees = said == lesson.title or (page.folder == "solutions" and lesson.title in said)
    if not agrees:
        cure = f"Write '# {lesson.id} {lesson.title}', or change the title in {MANIFEST}."
        yield page.problem(first, f"its title is '{found}', the manifest's '{lesson.title}'.", cure)


def _minutes(page: Page, first: Cell | None, words: str, lesson: Lesson) -> Iterator[Problem]:
    """A lesson names its teaching minutes, then its exercises'; solutions may name the latter. No other minutes."""
    homework = [lesson.minutes_exercises] if lesson.homework else []
    due = [lesson.minutes_teaching, *homework] if page.folder == "notebooks" else homework
    said = [int(number) for found in _MINUTES.findall(words) for number in found if number]
    if said != due and not (page.folder == "solutions" and not said):
        cure = f"Say {', then '.join(f'{number} minutes' for number in due) or 'none'}, or mend {MANIFEST}."
        told = ", ".join(str(number) for number in said) or "none"
        yield page.problem(first, f"the minutes that it names are {told}.", cure)


def _guided(book: Book, lesson: Lesson, exercise: Exercise) -> Iterator[Problem]:
    for owner, page in book.taught("notebooks"):
        if owner == lesson:
            yield from _checked(page, exercise)


def _homework(book: Book, lesson: Lesson, exercise: Exercise) -> Iterator[Problem]:
    holders = [
        page
        for page in book.of("solutions")
        if any(cell.labkit.get("exercise") == exercise.id and marked(cell.source) for cell in page.code)
    ]
    if not holders:
        cure = f'Write it: a cell with the metadata labkit: {{"exercise": "{exercise.id}"}} and a marked solution.'
        yield Problem(f"solutions/{lesson.notebook}", None, f"exercise {exercise.id} has no solution here.", cure)
    for page in holders[1:]:
        yield page.problem(None, f"exercise {exercise.id} is in {holders[0].file} already.", "Keep one of the two.")
    for page in holders[:1]:
        yield from _checked(page, exercise)


def _checked(page: Page, exercise: Exercise) -> Iterator[Problem]:
    """The exercise is checked in this page, and a stored outcome says that it passed: nbval compares a failure too."""
    cells = [cell for cell, called in _calls(page, "check") if called == exercise.id]
    passed = re.compile(rf"^{re.escape(exercise.id)}\W+PASSED\b", re.MULTILINE)  # as labkit.render.card begins
    if not cells:
        cure = f'Call lab.check("{exercise.id}", …) after the solution.'
        yield page.problem(None, f"exercise {exercise.id} is never checked in it.", cure)
    elif not any(passed.search(text) for cell in cells for out in cell.outputs for text in out.data.values()):
        cure = "Mend the solution or its check, then `wirelab dev run`."
        yield page.problem(cells[-1], f"no stored outcome says '{exercise.id}  PASSED'.", cure)


def _calls(page: Page, method: str) -> Iterator[tuple[Cell, str]]:
    """Each call of `something.method("text", …)`, with the text."""
    for cell, tree in page.trees():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr=name), args=[ast.Constant(value=str(text)), *_]):
                    if name == method and (method != "open" or ast.unparse(node.func) == "labkit.open"):
                        yield cell, text
