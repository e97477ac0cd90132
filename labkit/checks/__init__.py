"""CHECKS: what judges each exercise, one row each. A check sets a scene, calls the answer, and reads the journal."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx2

from labkit.checks import (
    lesson_00,
    lesson_01_1,
    lesson_01_2,
    lesson_01_3,
    lesson_01_4,
    lesson_02_1,
    lesson_02_2,
    lesson_02_3,
    lesson_03_1,
    lesson_03_2,
    lesson_03_3,
    lesson_04_1,
    lesson_04_2,
    lesson_04_3,
    lesson_05_1,
    lesson_05_2,
    lesson_05_3,
    lesson_06_1,
    lesson_06_2,
    lesson_06_3,
    lesson_07_1,
    lesson_07_2,
    lesson_07_3,
    lesson_07_4,
    lesson_10,
    lesson_10_tools,
)
from labkit.checks.bench import PATIENCE, Bench, Crashed, NotStarted, told
from labkit.checks.calling import wants_loop
from labkit.outcome import Outcome, Wrong
from labkit.witness import WitnessError

Judge = Callable[[Bench, Any], str]


@dataclass(frozen=True, slots=True)
class Check:
    """How one exercise is judged. `judge` returns one sentence of praise that names what was seen, or raises Wrong.

    `awaited` is for an answer that must be async: its check is written with `await`, whatever it is given.
    `serves` is for an answer that is a whole server (`bench.serve`).
    """

    judge: Judge
    hints: tuple[str, ...]
    awaited: bool = False
    serves: bool = False


CHECKS = {
    "00.1": Check(lesson_00.say_hello, lesson_00.SAY_HELLO_HINTS),
    "00.2": Check(lesson_00.find_nothing, lesson_00.FIND_NOTHING_HINTS),
    "01.1": Check(lesson_01_1.find_products, lesson_01_1.HINTS),
    "01.2": Check(lesson_01_2.call_shop, lesson_01_2.HINTS),
    "01.3": Check(lesson_01_3.provoke, lesson_01_3.HINTS),
    "01.4": Check(lesson_01_4.restock, lesson_01_4.HINTS),
    "02.1": Check(lesson_02_1.write_request, lesson_02_1.HINTS),
    "02.2": Check(lesson_02_2.ask, lesson_02_2.HINTS),
    "02.3": Check(lesson_02_3.fetch_many, lesson_02_3.HINTS),
    "03.1": Check(lesson_03_1.token_auth, lesson_03_1.HINTS),
    "03.2": Check(lesson_03_2.download, lesson_03_2.HINTS),
    "03.3": Check(lesson_03_3.answers, lesson_03_3.HINTS),
    "04.1": Check(lesson_04_1.safe_api_call, lesson_04_1.HINTS),
    "04.2": Check(lesson_04_2.place_order, lesson_04_2.HINTS),
    "04.3": Check(lesson_04_3.patient_get, lesson_04_3.HINTS),
    "05.1": Check(lesson_05_1.products, lesson_05_1.HINTS),
    "05.2": Check(lesson_05_2.cached_shop, lesson_05_2.HINTS),
    "05.3": Check(lesson_05_3.shop_client, lesson_05_3.HINTS),
    "06.1": Check(lesson_06_1.wait_for, lesson_06_1.HINTS),
    "06.2": Check(lesson_06_2.run_or_cancel, lesson_06_2.HINTS),
    "06.3": Check(lesson_06_3.accept, lesson_06_3.HINTS),
    "07.1": Check(lesson_07_1.prices, lesson_07_1.HINTS, awaited=True),
    "07.2": Check(lesson_07_2.fastest, lesson_07_2.HINTS, awaited=True),
    "07.3": Check(lesson_07_3.limiter, lesson_07_3.HINTS, awaited=True),
    "07.4": Check(lesson_07_4.breaker, lesson_07_4.HINTS, awaited=True),
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


def awaits(exercise: str, answer: Any) -> bool:
    """Whether this check is to be awaited in the kernel's own loop."""
    check = CHECKS[exercise]
    return check.awaited or (not check.serves and wants_loop(answer))


def run(
    exercise: str,
    answer: Any,
    url: str,
    *,
    patience: float = PATIENCE,
    keys: Iterable[str] = (),
    loop: asyncio.AbstractEventLoop | None = None,
    after: Sequence[str] = (),
) -> Outcome:
    """Judge one answer against the lab server at `url`. Every way to fail is an Outcome; nothing is raised.

    `loop` is the running loop of an async answer: then call this from another thread. `after` are the exercises that
    come first and have not passed yet (`counsel.unsolved`); with one of them the answer is not tried.
    """
    check = CHECKS[exercise]
    if after:
        first = after[0]
        look = f'lab.check("{first}", …) until it passes, then come back'
        return Outcome(exercise, "blocked", f"This one builds on {first}, which has not passed yet.", look=look)
    if answer is None or not callable(answer):
        wanted = "server" if check.serves else "function"
        said = f"no {wanted}" if answer is None else f"something else than a {wanted} ({type(answer).__name__})"
        what = "app" if check.serves else "your_function"
        look = f'lab.check("{exercise}", {what}), without brackets after its name'
        return Outcome(exercise, "not started", f"The check was given {said}.", look=look)
    if check.awaited and not wants_loop(answer):
        return Outcome(
            exercise,
            "wrong",
            "Your function is not async.",
            expected="`async def`, so that it can wait for several things at once",
            seen="`def`: whoever calls it waits until it is done",
            look="the line with `def`",
        )
    bench = Bench(url, exercise, patience, list(keys), loop)
    outcome = _judged(check, bench, answer)
    outcome = replace(outcome, printed=bench.prints.stdout, complained=bench.prints.stderr)
    names = ("summary", "expected", "seen", "proof", "look", "printed", "complained")
    shown: dict[str, Any] = {name: bench.keyless(getattr(outcome, name)) for name in names}
    return replace(outcome, **shown)


def run_alone(exercise: str, answer: Any, url: str) -> Outcome:
    """As `run`, with an event loop made for an async answer: for a caller that has none running."""
    if not awaits(exercise, answer):
        return run(exercise, answer, url)
    return asyncio.run(run_awaited(exercise, answer, url))


async def run_awaited(exercise: str, answer: Any, url: str) -> Outcome:
    """As `run`, for an async answer, in the loop of whoever awaits."""
    return await asyncio.to_thread(partial(run, exercise, answer, url, loop=asyncio.get_running_loop()))


def _judged(check: Check, bench: Bench, answer: Any) -> Outcome:
    exercise = bench.exercise
    try:
        with bench:
            return Outcome(exercise, "passed", check.judge(bench, answer))
    except NotStarted:
        return Outcome(exercise, "not started", "The stub is still in place. Replace the `raise` line by your code.")
    except Crashed as crash:
        summary = f"Your code raised {crash}"
        return Outcome(exercise, "crashed", summary, "", crash.seen, crash.proof, crash.look, crash.belief)
    except Wrong as wrong:
        return Outcome(
            exercise, "wrong", wrong.summary, wrong.expected, wrong.seen, wrong.proof, wrong.look, wrong.belief
        )
    except (WitnessError, httpx2.HTTPError) as error:
        look = "run the `labkit.open` cell again; if that does not help, `wirelab doctor` in a terminal"
        return Outcome(exercise, "blocked", f"The lab server did not answer the check: {error}", look=look)
    except Exception as error:  # a judge's own mistake must not look like the learner's
        summary = f"The check itself failed, which is our mistake and not yours: {told(error)}"
        return Outcome(exercise, "blocked", summary, look="`wirelab doctor` writes a block to paste into an issue")
