"""`labkit.grade`: what a graded notebook's test cell calls. Knows checks; leaves a learner's progress alone."""

from collections.abc import Callable
from typing import Any

from labkit import checks, render, session


class NotPassed(AssertionError):
    """The check did not pass; the message is its card. An error is how a grader knows a cell without points."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the card, and no frame of ours."""
        return str(self).splitlines()


def grade(exercise: str, answer: Callable[..., Any] | None = None) -> None:
    """Judge an answer as `lab.check` does: print its card if it passed, raise NotPassed with the card if not.

    It needs no `lab`: a lab server is found or started, and nothing that the notebook defined is trusted.
    Raises LookupError for an exercise that does not exist.
    """
    if exercise not in checks.CHECKS:
        raise LookupError(f"There is no exercise {exercise!r}. There are: {', '.join(checks.CHECKS)}.")
    outcome = checks.run(exercise, answer, session.ensure().url)
    card = render.card(outcome)
    if not outcome.passed:
        raise NotPassed(card)
    print(card)
