"""GATES: everything that a notebook of the course must hold, one row each. Knows the rows; each file knows its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from labkit.author import book
from labkit.author.book import FOLDERS, Book, Page
from labkit.author.gates import agreement, constructs, execution, leaks, plain, questions, reading
from labkit.author.problem import Problem, Refused
from labkit.manifest import MANIFEST, ManifestError

Judge = Callable[[Book], Iterable[Problem]]


@dataclass(frozen=True)
class Gate:
    """A sentence that must hold, and who judges it."""

    holds: str
    judge: Judge


def each(judge: Callable[[Page], Iterable[Problem]], *folders: str) -> Judge:
    """A judge of one page, put over every page of these folders."""
    return lambda course: [problem for page in course.of(*folders) for problem in judge(page)]


AUTHORED = ("notebooks", "solutions")  # what people write; exercises/ follows from it

GATES = (
    Gate("lessons and notebooks agree", agreement.files),
    Gate("first cells agree with the manifest", agreement.first_cells),
    Gate("exercises are where the manifest says", agreement.exercises),
    Gate("exercises are in step with solutions", agreement.in_step),
    Gate("execution counts run from 1 to N", each(execution.counts, *AUTHORED)),
    Gate("what shows has an output", each(execution.outputs, *AUTHORED)),
    Gate("stored errors are meant", each(execution.errors, *AUTHORED)),
    Gate("nothing is excused without a reason", each(execution.excuses, *AUTHORED)),
    Gate("no secret, port or path leaks", each(leaks.leaks, *AUTHORED)),
    Gate("one title and headings in order", each(reading.headings, *FOLDERS)),
    Gate("every picture has words", each(reading.pictures, *AUTHORED)),
    Gate("code fits 100 columns", each(reading.columns, *AUTHORED)),
    Gate("a lesson has 15 to 40 cells", each(reading.size, "notebooks")),
    Gate("cells are plain Python that any front end runs", each(plain.plain, *AUTHORED)),
    Gate("questions are asked once and explained", questions.asked),
    Gate("no construct before its lesson", constructs.constructs),
)


def check(root: Path) -> list[Problem]:
    """Every finding of every gate over the course under this folder, file by file in reading order."""
    try:
        course = book.read(root)
    except ManifestError as error:
        return [Problem(MANIFEST, None, error.what, error.cure)]
    except Refused as refusal:
        return [refusal.problem]
    found = {problem: None for gate in GATES for problem in gate.judge(course)}
    return sorted(found, key=lambda problem: (problem.file, problem.cell or 0))
