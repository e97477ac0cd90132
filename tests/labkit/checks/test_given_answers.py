"""Every answer in answers/, every stored solution and stub, is met as it is marked."""

import gc
from pathlib import Path
from typing import Any

import pytest

from labkit.author import answers, book, proof
from labkit.author.proof import Claim
from labkit.checks import CHECKS

ROOT = Path(__file__).parents[3]
CLAIMS = list(proof.claims(book.read(ROOT)))


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_an_answer_is_met_as_it_is_marked(claim: Claim, hurried: str, unhurried: str) -> None:
    url = {0.1: hurried, 2.0: unhurried}[claim.time_scale]
    found = "\n".join(str(problem) for problem in proof.prove(claim, url))
    assert not found, f"\n{found}"


@pytest.mark.parametrize("exercise", CHECKS)
def test_every_exercise_has_its_claims(exercise: str) -> None:
    kinds = [claim.kind for claim in CLAIMS if claim.exercise == exercise]
    assert kinds.count("wrong") >= 2 and kinds.count("right") >= 1 and kinds.count("solution") == 1


def test_the_garbage_collector_is_back_at_work_after_a_check_that_switches_it_off(server: Any) -> None:
    proof.judged("10.2", answers.read(ROOT, "10.2").named("returns_the_pieces").give, server.url)
    assert gc.isenabled()
