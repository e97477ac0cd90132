"""What must be true of an exercise's answers, one claim each, and its proof. Knows checks; starts no server.

A claim is plain data, so that any process can prove it.
"""

import gc
import inspect
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from labkit import checks
from labkit.author import answers
from labkit.author.answers import Expected
from labkit.author.problem import Problem, Refused
from labkit.author.taught import NotTaught, Taught, taught
from labkit.outcome import Outcome
from labkit.render import card

if TYPE_CHECKING:
    from labkit.author.book import Book  # which takes seconds to import: a process that only proves does without

Kind = Literal["stub", "solution", "right", "wrong"]
LEFT = "TODO:"
KEY = re.compile(r"\blab-[A-Za-z0-9_-]{20,}")
LINES = 14  # of a card, in a finding
CURES: dict[Kind, str] = {
    "stub": "Let the stub raise NotImplementedError before anything else, and the check call it at once.",
    "solution": "Mend the solution, or the check that refuses it.",
    "right": "Let the check judge what was done, not how it is written; or take the answer away.",
    "wrong": "Let the check catch it, or correct the status that the answer is marked with.",
}


@dataclass(frozen=True, slots=True)
class Claim:
    """One answer, and what its check must make of it. `time_scale` is that of the lab server to ask.

    `taught` is the stored exercise, for its stub and its solution; the other answers are read from their file.
    """

    root: Path
    exercise: str
    kind: Kind
    name: str
    file: str
    time_scale: float
    taught: Taught | None = None

    def __str__(self) -> str:
        told = {"stub": "the stub is not started", "solution": "the solution passes"}
        words = {"right": f"{self.name} passes", "wrong": f"{self.name} is caught"} | told
        return f"{self.exercise}: {words[self.kind]}"


def claims(book: "Book", lessons: Sequence[str] = ()) -> Iterator[Claim]:
    """Everything to be proved about these lessons' exercises, all without a name. Broken answers claim nothing."""
    for lesson in book.course.lessons:
        for exercise in lesson.exercises if not lessons or lesson.id in lessons else ():
            try:
                given = answers.read(book.root, exercise.id)
                stored = taught(book, exercise.id)
            except (Refused, NotTaught):
                continue  # the gates of the state say so
            if exercise.id not in checks.CHECKS:
                continue
            if _unfinished(book.root, given.file, stored, checks.CHECKS[exercise.id].judge):
                continue  # `unfinished` says so: what is not written yet cannot be proved
            where, scale = (book.root, exercise.id), given.time_scale
            if not exercise.guided:
                yield Claim(*where, "stub", "the stub", stored.file, scale, stored)
            yield Claim(*where, "solution", "the solution", stored.file, scale, stored)
            for answer in given.all:
                kind: Kind = "right" if answer.right else "wrong"
                yield Claim(*where, kind, answer.name, given.file, scale)


def _unfinished(root: Path, file: str, stored: Taught, judge: Any) -> bool:
    """Whether somebody still has to write the answers, the solution, or the check."""
    answered = (root / file).read_text(encoding="utf-8") if (root / file).is_file() else ""
    return any(LEFT in text for text in (answered, stored.source, inspect.getsource(inspect.getmodule(judge) or judge)))


def prove(claim: Claim, url: str) -> list[Problem]:
    """Judge the answer against the lab server at `url`; what is found is empty where the claim holds."""
    try:
        given, expected = _given(claim)
    except (Refused, NotTaught) as error:
        return [_problem(claim, f"{claim.name} cannot be tried: {error}", "Mend the cell, or its metadata.")]
    except Exception as error:
        what = f"{claim.name} cannot be tried: its own cell raises {type(error).__name__}: {error}"
        return [_problem(claim, what, "Let the cell define the answer, and nothing that needs the notebook's lab.")]
    outcome = judged(claim.exercise, given, url)
    found = [_problem(claim, what, cure) for what, cure in _unlike(outcome, claim, expected)]
    if KEY.search(card(outcome)):
        found.append(_problem(claim, f"the card for {claim.name} shows a key.", "Give the check's scene its keys."))
    return found


def judged(exercise: str, answer: Any, url: str) -> Outcome:
    """What the exercise's check says; afterwards no socket is open that a careless answer left behind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        outcome = checks.run_alone(exercise, answer, url)
        gc.collect()
    return outcome


def missing(outcome: Outcome, expected: Expected) -> list[str]:
    """The words that the card should hold and does not."""
    told = card(outcome)
    return [word for word in expected.words if word not in told]


def _given(claim: Claim) -> tuple[Any, Expected]:
    if claim.taught is not None:
        return (claim.taught.stub if claim.kind == "stub" else claim.taught.solution), Expected("passed")
    answer = answers.read(claim.root, claim.exercise).named(claim.name)
    return answer.give, answer.expected


def _unlike(outcome: Outcome, claim: Claim, expected: Expected) -> Iterator[tuple[str, str]]:
    """Where the outcome differs from the claim: what, and the cure."""
    due = "not started" if claim.kind == "stub" else expected.status
    if outcome.status != due:
        yield f"{claim.name} should be '{due}', and its card says:\n{_shown(outcome)}", CURES[claim.kind]
        return
    if lacking := missing(outcome, expected):
        words = ", ".join(repr(word) for word in lacking)
        cure = "Mend the check's words, or those that the answer is marked with."
        yield f"the card for {claim.name} lacks {words}:\n{_shown(outcome)}", cure
    if claim.kind == "wrong" and outcome.belief != expected.belief:
        took, meant = outcome.belief or "no belief", expected.belief or "none"
        cure = "Let the check name the belief, or correct the one that the answer is marked with."
        yield f"{claim.name} was taken for {took}, and it is marked with {meant}.", cure
    if claim.kind == "wrong" and outcome.status == "wrong" and not (outcome.expected and outcome.seen and outcome.look):
        cure = "Give the Wrong that the check raises expected=, seen= and look=."
        yield f"the card for {claim.name} does not say what was expected, what was seen, and where to look.", cure


def _shown(outcome: Outcome) -> str:
    return "\n".join(f"    | {line}" for line in card(outcome).splitlines()[:LINES])


def _problem(claim: Claim, what: str, cure: str) -> Problem:
    return Problem(claim.file, None, f"{claim.exercise}: {what}", cure)
