"""`labkit.grade`: what a graded notebook's test cell calls. Knows checks; leaves a learner's progress alone."""

from collections.abc import Callable
from typing import Any

from labkit import checks, render, session


class NotPassed(AssertionError):
    """The check did not pass. An error is how a grader tells a cell without points from one with."""


def grade(exercise: str, answer: Callable[..., Any] | None = None) -> None:
    """Judge an answer as `lab.check` does, and print its card; raise NotPassed unless it passed.

    It needs no `lab`: a lab server is found or started, and nothing that the notebook defined is trusted.
    Raises LookupError for an exercise that does not exist.
    """
    if exercise not in checks.CHECKS:
        raise LookupError(f"There is no exercise {exercise!r}. There are: {', '.join(checks.CHECKS)}.")
    outcome = checks.run(exercise, answer, session.ensure().url)
    print(render.card(outcome))
    if not outcome.passed:
        raise NotPassed(f"{exercise} is not passed yet: {outcome.status}. The card above says why.")
