"""What answers/ holds is enough to prove a check by. `wirelab dev check`, which `make test` runs, tries every one."""

import gc
from pathlib import Path
from typing import Any

import pytest

from labkit.author import answers, book, proof
from labkit.checks import CHECKS

ROOT = Path(__file__).parents[3]
CLAIMS = list(proof.claims(book.read(ROOT)))


@pytest.mark.parametrize("exercise", CHECKS)
def test_every_exercise_has_its_claims(exercise: str) -> None:
    kinds = [claim.kind for claim in CLAIMS if claim.exercise == exercise]
    assert kinds.count("wrong") >= 2 and kinds.count("right") >= 1 and kinds.count("solution") == 1


def test_the_garbage_collector_is_back_at_work_after_a_check_that_switches_it_off(server: Any) -> None:
    proof.judged("10.2", answers.read(ROOT, "10.2").named("returns_the_pieces").give, server.url)
    assert gc.isenabled()
