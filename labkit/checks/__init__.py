"""CHECKS: what judges each exercise, one row each. A check sets a scene, calls the answer, and reads the journal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import httpx2

from labkit.checks import lesson_00, lesson_10, lesson_10_tools
from labkit.checks.bench import PATIENCE, Bench, Crashed, NotStarted
from labkit.outcome import Outcome, Wrong
from labkit.witness import WitnessError

Judge = Callable[[Bench, Any], str]


@dataclass(frozen=True, slots=True)
class Check:
    """How one exercise is judged. `judge` returns one sentence of praise that names what was seen, or raises Wrong."""

    judge: Judge
    hints: tuple[str, ...]
    takes_answer: bool = True


CHECKS = {
    "00.1": Check(lesson_00.say_hello, lesson_00.SAY_HELLO_HINTS),
    "00.2": Check(lesson_00.find_nothing, lesson_00.FIND_NOTHING_HINTS),
    "10.1": Check(lesson_10.stream_text, lesson_10.STREAM_TEXT_HINTS),
    "10.2": Check(lesson_10.first_sentence, lesson_10.FIRST_SENTENCE_HINTS),
    "10.3": Check(lesson_10.honest_answer, lesson_10.HONEST_ANSWER_HINTS),
    "10.4": Check(lesson_10_tools.order_answer, lesson_10_tools.ORDER_ANSWER_HINTS),
}


def known(exercise: str) -> str:
    """The same id, if there is such an exercise. Raises LookupError naming those that there are."""
    if exercise in CHECKS:
        return exercise
    raise LookupError(f"There is no exercise {exercise!r}. There are: {', '.join(CHECKS)}.")


def run(exercise: str, answer: Any, url: str, *, patience: float = PATIENCE, keys: Iterable[str] = ()) -> Outcome:
    """Judge one answer against the lab server at `url`. Every way to fail is an Outcome; nothing is raised."""
    check = CHECKS[exercise]
    if answer is None or not callable(answer):
        said = "no function" if answer is None else f"something else than a function ({type(answer).__name__})"
        look = f'lab.check("{exercise}", your_function), without brackets after its name'
        return Outcome(exercise, "not started", f"The check was given {said}.", look=look)
    bench = Bench(url, exercise, patience, list(keys))
    outcome = _judged(check, bench, answer)
    told: dict[str, Any] = {
        name: bench.keyless(getattr(outcome, name)) for name in ("summary", "expected", "seen", "proof", "look")
    }
    return replace(outcome, **told)


def _judged(check: Check, bench: Bench, answer: Any) -> Outcome:
    exercise = bench.exercise
    try:
        with bench:
            return Outcome(exercise, "passed", check.judge(bench, answer))
    except NotStarted:
        return Outcome(exercise, "not started", "The stub is still in place. Replace the `raise` line by your code.")
    except Crashed as crash:
        seen = f"the answer was broken on purpose: {crash.fault}" if crash.fault else ""
        look = "the last line of the error, then the line of yours that it names"
        return Outcome(exercise, "crashed", f"Your code raised {crash}", seen=seen, look=look, belief=crash.belief)
    except Wrong as wrong:
        return Outcome(
            exercise, "wrong", wrong.summary, wrong.expected, wrong.seen, wrong.proof, wrong.look, wrong.belief
        )
    except (WitnessError, httpx2.HTTPError) as error:
        look = "run the `labkit.open` cell again; if that does not help, `wirelab doctor` in a terminal"
        return Outcome(exercise, "blocked", f"The lab server did not answer the check: {error}", look=look)
