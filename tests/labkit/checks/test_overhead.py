"""What a check costs beside the learner's own code: sandboxes, faults, journals, judgement. Prints the figures (`-s`)."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from labkit import checks
from labkit.checks import CHECKS
from labkit.checks.bench import Bench

MOST = 0.3  # seconds
ROUNDS = 5


@pytest.mark.parametrize("exercise", CHECKS)
def test_a_checks_own_overhead_is_small(
    hurried: str, taught: Callable[[str], Any], exercise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[float] = []
    run = Bench._run

    def timed(bench: Bench, *args: Any) -> Any:
        began = time.perf_counter()
        try:
            return run(bench, *args)
        finally:
            inside[-1] += time.perf_counter() - began

    monkeypatch.setattr(Bench, "_run", timed)
    solution, overheads = taught(exercise).solution, []
    for _ in range(ROUNDS):
        inside.append(0.0)
        began = time.perf_counter()
        assert checks.run(exercise, solution, hurried).passed
        overheads.append(time.perf_counter() - began - inside[-1])
    overheads.sort()
    median, best = overheads[ROUNDS // 2], overheads[0]
    print(f"{exercise}: overhead {best:.3f} s at best, {median:.3f} s median; the answer itself {inside[-1]:.2f} s")
    assert best < MOST, "at best of a few: a busy machine adds to every one of them, and takes from none"
