"""`wirelab dev check`: every gate, then every proof, and what they found. Knows the order; judges nothing itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkit.author import book, proof, proving
from labkit.author.book import Book
from labkit.author.gates import GATES
from labkit.author.problem import Problem, Refused
from labkit.author.proof import Kind
from labkit.author.telling import Silent, Teller
from labkit.manifest import MANIFEST, ManifestError

READS = "the course can be read"

# What the proofs of an answer hold together; each is a gate like those of GATES, only that it needs a lab server.
PROOFS: dict[Kind, str] = {
    "stub": "every stub is not started",
    "solution": "every solution passes",
    "right": "a right answer written another way passes",
    "wrong": "every wrong answer is caught with its words",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, and the gate that it keeps from holding."""

    gate: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged, how many answers were tried, and what was found, file by file in reading order."""

    gates: int
    answers: int
    findings: tuple[Finding, ...]


def check(
    root: Path,
    lessons: Sequence[str] = (),
    *,
    variables: Mapping[str, str] | None = None,
    teller: Teller | None = None,
) -> Verdict:
    """Judge these lessons, all without a name. Without `variables`, the lab server's environment, no answer is tried.

    Raises ManifestError for a lesson that does not exist, NotServed where no lab server would start.
    """
    try:
        course = book.read(root)
    except ManifestError as error:
        return Verdict(1, 0, (Finding(READS, Problem(MANIFEST, None, error.what, error.cure)),))
    except Refused as refusal:
        return Verdict(1, 0, (Finding(READS, refusal.problem),))
    for lesson in lessons:
        course.course.lesson(lesson)
    found = [finding for finding in _judged(course) if not lessons or finding.problem.about in (*lessons, "")]
    tried = 0
    if variables is not None:
        claims = list(proof.claims(course, lessons))
        tried = len(claims)
        with teller or Silent() as telling:
            telling.begins(claims)
            for claim, problems in proving.prove(claims, variables, telling.proved):
                found += [Finding(PROOFS[claim.kind], problem) for problem in problems]
    found.sort(key=lambda finding: (finding.problem.file, finding.problem.cell or 0))
    return Verdict(len(GATES) + (len(PROOFS) if variables is not None else 0), tried, tuple(found))


def _judged(course: Book) -> list[Finding]:
    """What the gates of the state find; what two of them find in the same words is one finding."""
    found: dict[Problem, Finding] = {}
    for gate in GATES:
        for problem in gate.judge(course):
            found.setdefault(problem, Finding(gate.holds, problem))
    return list(found.values())
