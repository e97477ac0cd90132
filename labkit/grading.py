"""`labkit.grade`: what a graded notebook's test cell calls. Knows checks; leaves a learner's progress alone."""

from collections.abc import Callable, Coroutine
from typing import Any

from labkit import checks, render, session
from labkit.outcome import Outcome


class NotPassed(AssertionError):
    """The check did not pass; the message is its card. An error is how a grader knows a cell without points."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows of it: the card, and no frame of ours."""
        return str(self).splitlines()


def grade(exercise: str, answer: Callable[..., Any] | None = None) -> Coroutine[Any, Any, None] | None:
    """Judge an answer as `lab.check` does: print its card if it passed, raise NotPassed with the card if not.

    It needs no `lab`: a lab server is found or started, and nothing that the notebook defined is trusted. An async
    answer is graded by `await labkit.grade(...)`. Raises LookupError for an exercise that does not exist.
    """
    url = session.ensure().url
    if checks.awaits(checks.known(exercise), answer):
        return _awaited(exercise, answer, url)
    _told(checks.run(exercise, answer, url))
    return None


async def _awaited(exercise: str, answer: Any, url: str) -> None:
    _told(await checks.run_awaited(exercise, answer, url))


def _told(outcome: Outcome) -> None:
    card = render.card(outcome)
    if not outcome.passed:
        raise NotPassed(card)
    print(card)
