"""Does every belief meet its exercise, its wrong answer, its hint, its line for the instructor? Compares names."""

from collections import Counter
from collections.abc import Iterator

from labkit import beliefs
from labkit.author import answers
from labkit.author.book import Book
from labkit.author.problem import Problem, Refused
from labkit.beliefs import FILE, Belief

NOTES = "instructors"
LEAST = 3  # beliefs of a lesson that has exercises
LONG_ENOUGH = 80  # characters of a hint that speaks to somebody


def embodied(book: Book) -> Iterator[Problem]:
    """Each belief is told whole, belongs to an exercise of its lesson, and one wrong answer there embodies it."""
    listed = {exercise.id for exercise in book.course.exercises}
    held = _held(book)
    for belief in _beliefs(book):
        where = f"[{belief.id}]"
        if belief.exercise not in listed or belief.exercise[:2] != belief.lesson:
            cure = "Name an exercise of its lesson, as course.toml has it."
            yield _problem(belief, f"{where} belongs to {belief.exercise!r} of lesson {belief.lesson!r}.", cure)
        elif (belief.exercise, belief.id) not in held:
            cure = f'Mark one in {answers.file_of(belief.exercise)}: @wrong(…, belief="{belief.id}").'
            yield _problem(belief, f"no wrong answer to {belief.exercise} embodies {where}.", cure)
        if not belief.belief.strip().endswith((".", "?", "!")) or not belief.source.strip():
            yield _problem(belief, f"{where} lacks a whole sentence or its source.", "Say who was seen to believe it.")
        if len(belief.hint) <= LONG_ENOUGH:
            cure = "Speak to somebody who believes it: why it is not so, and where to look."
            yield _problem(belief, f"the hint of {where} is too short to help anybody.", cure)
    known = {belief.id for belief in _beliefs(book)}
    for exercise, name in sorted(held):
        if name not in known:
            cure = f"Write it down in {FILE}, or correct the name."
            what = f"an answer to {exercise} is marked with the belief {name!r}, which {FILE} does not know."
            yield Problem(answers.file_of(exercise), None, what, cure)


def enough(book: Book) -> Iterator[Problem]:
    """A lesson with exercises names three beliefs that people really hold."""
    count = Counter(belief.lesson for belief in _beliefs(book))
    for lesson in book.course.lessons:
        if lesson.exercises and count[lesson.id] < LEAST:
            what = f"lesson {lesson.id} names {count[lesson.id]} of {LEAST} beliefs."
            yield Problem(FILE, None, what, "Add what its readers really believe, with a source.", lesson.id)


def noted(book: Book) -> Iterator[Problem]:
    """Where a lesson has an instructor's note, each of its beliefs has a line in it, by its id."""
    for belief in _beliefs(book):
        file = f"{NOTES}/{belief.lesson}.md"
        path = book.root / file
        if path.is_file() and f"`{belief.id}`" not in path.read_text(encoding="utf-8"):
            cure = f"Write one that begins '- `{belief.id}`': what to ask the room."
            yield Problem(file, None, f"the belief {belief.id} has no line in it.", cure)


def readable(book: Book) -> Iterator[Problem]:
    """misconceptions.toml can be read."""
    try:
        beliefs.load(book.root)
    except FileNotFoundError:
        yield Problem(FILE, None, "it does not exist.", "Write it: what the course's readers really believe.")
    except ValueError as error:
        yield Problem(FILE, None, f"it cannot be read: {error}", "Mend the table that it names.")


def _beliefs(book: Book) -> tuple[Belief, ...]:
    try:
        return tuple(beliefs.load(book.root).values())
    except (FileNotFoundError, ValueError):
        return ()  # `readable` says so


def _held(book: Book) -> set[tuple[str, str]]:
    """(exercise, belief) of every wrong answer that embodies one."""
    held = set()
    for exercise in book.course.exercises:
        try:
            given = answers.read(book.root, exercise.id)
        except Refused:
            continue  # `answered.tried` says so
        held |= {(exercise.id, answer.expected.belief) for answer in given.wrong if answer.expected.belief}
    return held


def _problem(belief: Belief, what: str, cure: str) -> Problem:
    return Problem(FILE, None, what, cure, belief.lesson)
