"""GATES: everything that a notebook of the course must hold, one row each. Knows the rows; each file knows its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from labkit.author import pieces
from labkit.author.book import FOLDERS, Book, Page
from labkit.author.gates import (
    agreement,
    answered,
    background,
    believed,
    constructs,
    execution,
    glossed,
    ids,
    instructed,
    leaks,
    links,
    plain,
    questions,
    reading,
    sanitizer,
    unfinished,
)
from labkit.author.problem import Problem

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
    Gate("pieces of the shop are in step with solutions", pieces.in_step),
    Gate("execution counts run from 1 to N", each(execution.counts, *AUTHORED)),
    Gate("what shows has an output", each(execution.outputs, *AUTHORED)),
    Gate("stored errors are meant", each(execution.errors, *AUTHORED)),
    Gate("nothing is excused without a reason", each(execution.excuses, *AUTHORED)),
    Gate("no secret, port or path leaks", each(leaks.leaks, *AUTHORED)),
    Gate("one title and headings in order", each(reading.headings, *FOLDERS)),
    Gate("every picture has words", each(reading.pictures, *AUTHORED)),
    Gate("code fits 100 columns", each(reading.columns, *AUTHORED)),
    Gate("a lesson has 15 to 35 cells", each(reading.size, "notebooks")),
    Gate("cells are plain Python that any front end runs", each(plain.plain, *AUTHORED)),
    Gate("questions are asked once and explained", questions.asked),
    Gate("no construct before its lesson", constructs.constructs),
    Gate("nothing prints in the background", each(background.background, *AUTHORED)),
    Gate("links and anchors lead somewhere", links.links),
    Gate("every id is given once", ids.ids),
    Gate("every exercise has its check", answered.checked),
    Gate("hints are a ladder of three or more", answered.hinted),
    Gate("every exercise has two wrong answers and another right one", answered.tried),
    Gate("one wrong answer has the right value and the wrong traffic", answered.by_the_wrong_way),
    Gate("no answers without an exercise", answered.at_home),
    Gate("misconceptions can be read", believed.readable),
    Gate("every belief has its exercise, its wrong answer and its hint", believed.embodied),
    Gate("a lesson names three beliefs", believed.enough),
    Gate("every belief has its line in the instructor's note", believed.noted),
    Gate("every lesson has its instructor's note, and its minutes add up", instructed.taught),
    Gate("every word of the glossary stands in its lesson", glossed.words),
    Gate("the glossary and the cheat sheet are what their source gives", glossed.in_step),
    Gate("every lesson links to the glossary and the cheat sheet", glossed.linked),
    Gate("the sanitizer has under ten rules, each with its reason", sanitizer.sanitizer),
    Gate("nothing is left to write", unfinished.unfinished),
)
