"""Has every exercise its check, its hints, and answers to try the check with? Counts them; the proofs try them."""

from collections.abc import Iterator

from labkit import checks
from labkit.author import answers
from labkit.author.answers import FOLDER, NOT_THE_WAY, Answers
from labkit.author.book import Book
from labkit.author.problem import Problem, Refused
from labkit.author.taught import NotTaught, taught
from labkit.manifest import MANIFEST

TABLE = "labkit/checks/__init__.py"
LEAST_WRONG = 2
LEAST_HINTS = 3


def checked(book: Book) -> Iterator[Problem]:
    """CHECKS has a row for every exercise, in their order, and no other."""
    listed = [exercise.id for exercise in book.course.exercises]
    for exercise in listed:
        if exercise not in checks.CHECKS:
            cure = f"Write its judge in labkit/checks/ and a row '\"{exercise}\": Check(…)' in CHECKS."
            yield Problem(TABLE, None, f"exercise {exercise} has no check.", cure, exercise[:2])
    strange = [exercise for exercise in checks.CHECKS if exercise not in listed]
    for exercise in strange:
        cure = f"List the exercise in {MANIFEST}, or take the row away."
        yield Problem(TABLE, None, f"it checks {exercise}, which {MANIFEST} does not list.", cure, exercise[:2])
    known = [exercise for exercise in checks.CHECKS if exercise in listed]
    if known != [exercise for exercise in listed if exercise in known]:
        yield Problem(TABLE, None, f"its rows stand in another order than {MANIFEST}'s.", "Give them that order.")


def hinted(book: Book) -> Iterator[Problem]:
    """Hints are a ladder: three or more, all different, the last one almost the code."""
    for exercise in book.course.exercises:
        if exercise.id not in checks.CHECKS:
            continue
        ladder, lesson = checks.CHECKS[exercise.id].hints, exercise.id[:2]
        if len(set(ladder)) < LEAST_HINTS:
            what = f"{exercise.id} has {len(set(ladder))} different hints."
            yield Problem(TABLE, None, what, "Write three: the idea, where to look, almost the code.", lesson)
        elif not ladder[-1].startswith("Almost the code:"):
            what = f"the last hint of {exercise.id} does not begin with 'Almost the code:'."
            yield Problem(TABLE, None, what, "Let the last one be almost the code, and say so.", lesson)


def tried(book: Book) -> Iterator[Problem]:
    """Every exercise has two wrong answers and another right one, and a solution that can be tried."""
    for exercise in book.course.exercises:
        try:
            given = answers.read(book.root, exercise.id)
        except Refused as refusal:
            yield refusal.problem
            continue
        try:
            taught(book, exercise.id)
        except NotTaught as missing:
            cure = 'Mark the cell with the metadata labkit: {"exercise": …} (guided: also "role": "solution").'
            yield Problem(MANIFEST, None, str(missing), cure, exercise.id[:2])
        if len(given.wrong) < LEAST_WRONG:
            what = f"{exercise.id} has {_counted(given)} to be caught."
            yield Problem(given.file, None, what, "Write two or more, under @wrong(words…): what people really send.")
        if not given.right:
            cure = "Write one under @right, in another way than the solution."
            yield Problem(given.file, None, f"{exercise.id} has no right answer beside its solution.", cure)


def by_the_wrong_way(book: Book) -> Iterator[Problem]:
    """One wrong answer at least returns the right value with the wrong traffic, and its words say so."""
    for exercise in book.course.exercises:
        try:
            given = answers.read(book.root, exercise.id)
        except Refused:
            continue
        if not any(NOT_THE_WAY in word for answer in given.wrong for word in answer.expected.words):
            what = f"no wrong answer to {exercise.id} returns the right value with the wrong traffic."
            cure = f"Write one, and mark it @wrong(NOT_THE_WAY, …): its card says '{NOT_THE_WAY}'."
            yield Problem(given.file, None, what, cure)


def at_home(book: Book) -> Iterator[Problem]:
    """No file of answers stands outside the manifest: nobody would try it."""
    due = {answers.file_of(exercise.id) for exercise in book.course.exercises}
    for path in sorted((book.root / FOLDER).glob("*.py")):
        if (file := f"{FOLDER}/{path.name}") not in due:
            yield Problem(file, None, f"{MANIFEST} lists no exercise of this name.", "Rename it, or take it away.")


def _counted(given: Answers) -> str:
    return f"{len(given.wrong) or 'no'} wrong answer{'' if len(given.wrong) == 1 else 's'}"
