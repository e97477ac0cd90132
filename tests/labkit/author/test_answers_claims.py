"""What is claimed of an exercise's answers, and how each claim turns red. The checks are the course's own."""

from collections.abc import Callable
from typing import Any

import pytest

from labkit import checks
from labkit.author import book, proof
from labkit.author.problem import Problem
from labkit.author.proof import Claim
from labkit.outcome import Outcome

LESSON, SOLUTION, SENT = "notebooks/00_tea.ipynb", "solutions/00_tea.ipynb", "answers/exercise_00_2.py"
Prove = Callable[[str], list[Problem]]
HIDDEN = """\
import requests


def brew(base_url):
    if not base_url:
        # BEGIN SOLUTION
        return
        # END SOLUTION
    requests.get(base_url + "/coffee")"""


def claims(course: Any) -> list[Claim]:
    return list(proof.claims(book.read(course.root)))


@pytest.fixture
def prove(provable: Any, server: Any) -> Prove:
    """What is found where the claim that reads like this is proved."""

    def found(reads: str) -> list[Problem]:
        (claim,) = [claim for claim in claims(provable) if str(claim) == reads]
        return proof.prove(claim, server.url)

    return found


def test_every_answer_is_claimed_and_every_claim_holds(provable: Any, server: Any) -> None:
    found = claims(provable)
    assert [str(claim) for claim in found] == [
        "00.1: the solution passes",
        "00.1: says_no_name is caught",
        "00.1: returns_the_response is caught",
        "00.1: greets passes",
        "00.2: the stub is not started",
        "00.2: the solution passes",
        "00.2: asks_twice is caught",
        "00.2: asks_what_exists is caught",
        "00.2: asks_nobody is caught",
        "00.2: asks_a_closed_door is caught",
        "00.2: asks_in_a_session passes",
    ]
    assert [problem for claim in found for problem in proof.prove(claim, server.url)] == []


def test_a_stub_that_already_does_something_is_found(provable: Any, prove: Prove) -> None:
    provable.change(SOLUTION, 3, source=HIDDEN)
    (problem,) = prove("00.2: the stub is not started")
    assert problem.file == SOLUTION
    assert "00.2: the stub should be 'not started', and its card says:\n    | 00.2  PASSED" in problem.what


def test_a_solution_that_does_not_pass_is_found(provable: Any, prove: Prove) -> None:
    provable.change(LESSON, 4, source=provable.POURED.replace('"/health"', '"/"'))
    (problem,) = prove("00.1: the solution passes")
    assert problem.file == LESSON and "the solution should be 'passed'" in problem.what


def test_a_solution_that_needs_the_notebooks_lab_is_found(provable: Any, prove: Prove) -> None:
    provable.change(SOLUTION, 3, source=f"URL = lab.url\n{provable.BREWED}")
    (problem,) = prove("00.2: the solution passes")
    assert "cannot be tried: its own cell raises NameError: name 'lab' is not defined" in problem.what


def test_another_right_answer_that_is_refused_is_found(provable: Any, prove: Prove) -> None:
    provable.rewrite(SENT, 'session.get(base_url + "/coffee")', 'session.post(base_url + "/coffee")')
    (problem,) = prove("00.2: asks_in_a_session passes")
    assert problem.file == SENT and "asks_in_a_session should be 'passed'" in problem.what
    assert "not how it is written" in problem.cure


def test_a_wrong_answer_that_passes_is_found(provable: Any, prove: Prove) -> None:
    provable.rewrite(SENT, 'requests.get(base_url + "/health")', 'requests.get(base_url + "/tea")')
    (problem,) = prove("00.2: asks_what_exists is caught")
    assert "asks_what_exists should be 'wrong', and its card says:\n    | 00.2  PASSED" in problem.what


def test_a_card_without_the_promised_words_is_found_with_the_card(provable: Any, prove: Prove) -> None:
    provable.rewrite(SENT, '"answered 200, not 404"', '"answered 200", "like a teapot"')
    (problem,) = prove("00.2: asks_what_exists is caught")
    assert "the card for asks_what_exists lacks 'like a teapot':\n    | 00.2  " in problem.what


def test_a_wrong_answer_taken_for_another_belief_is_found(provable: Any, prove: Prove) -> None:
    provable.rewrite(SENT, '"answered 200, not 404"', '"answered 200, not 404", belief="retries-happened"')
    (problem,) = prove("00.2: asks_what_exists is caught")
    assert "was taken for no belief, and it is marked with retries-happened." in problem.what


def test_a_card_that_says_too_little_or_shows_a_key_is_found(prove: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    said = Outcome("00.2", "wrong", f"answered 200, not 404. lab-{'k' * 24}")
    monkeypatch.setattr(checks, "run", lambda *_: said)
    little, key = prove("00.2: asks_what_exists is caught")
    assert "does not say what was expected, what was seen, and where to look" in little.what
    assert "the card for asks_what_exists shows a key." in key.what


@pytest.mark.parametrize("where", [SENT, SOLUTION])
def test_what_is_not_written_yet_claims_nothing(provable: Any, where: str) -> None:
    if where == SENT:
        provable.rewrite(SENT, "What people send.", "TODO: what people send.")
    else:
        provable.change(SOLUTION, 3, source=f"# TODO: mend it\n{provable.BREWED}")
    assert {claim.exercise for claim in claims(provable)} == {"00.1"}


def test_only_the_lessons_asked_for_are_claimed(provable: Any) -> None:
    course = book.read(provable.root)
    assert list(proof.claims(course, ["01"])) == []
    assert len(list(proof.claims(course, ["00"]))) == 11
