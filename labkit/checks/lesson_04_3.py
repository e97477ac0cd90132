"""Check of 04.3: attempts and waits inside one deadline, on a clock that the check hands over. Knows no notebook."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from labkit.checks import waits
from labkit.checks.bench import Bench, Crashed, Scene
from labkit.checks.proof import brief, counted, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1043
TEA = "/shop/products/101"
BUSY = "status;code=503"
TEN_MINUTES = "status;code=503;retry_after=600"
DATED, DUE = "status;code=503;retry_after=8;as=date", 8
BUDGET = 20.0
AMPLE = 120.0
LATE = "TimeoutError"

HINTS = (
    "A deadline is a moment, not a number of attempts: compute it once, from `now()`. Before each wait the question is "
    "whether you will wake up before it.",
    "A wait has two parts: what the server asked for, which is a number or a date and may be missing, and a piece of "
    "chance that grows with the attempts. Add them up; if `now() + pause` lies after the end, raise `TimeoutError`.",
    "Almost the code: `end = now() + seconds`, `while True:` with `pause = random.uniform(0, min(30, 2**attempt))`, "
    "counting attempts. Where Retry-After `.isdigit()`, add `int(…)`; else add `(parsedate_to_datetime(asked) - "
    'parsedate_to_datetime(answer.headers["Date"])).total_seconds()`. `if now() + pause > end: raise TimeoutError(…)`, '
    "then `sleep(pause)`.",
)


class Overslept(Exception):
    """The answer waits on and on: the check has seen enough."""


class Clock(waits.Sleep):
    """A sleep that takes no time, and the clock that goes with it. More than `most` seconds of waiting end the call."""

    def __init__(self, scene: Scene, most: float) -> None:
        super().__init__(scene)
        self._most = most
        self.asked = 0

    def __call__(self, seconds: float) -> None:
        super().__call__(min(seconds, waits.LONGEST))
        if sum(self.waits) > self._most:
            raise Overslept(f"sleep({seconds:g}): that is {sum(self.waits):g} s of waiting in all")

    def now(self) -> float:
        self.asked += 1
        return time.monotonic() + sum(self.waits)


def patient_get(bench: Bench, answer: Callable[..., Any]) -> str:
    """Waits that differ, a Retry-After in both forms, an end that is an end, and no wait that cannot help."""
    _judge_chance(bench, answer)
    _judge_hopeless(bench, answer)
    _judge_date(bench, answer)
    _judge_deadline(bench, answer)
    return (
        "Ten minutes were refused at once, a date was kept, no two of your readers wait alike, and the end was an end."
    )


def _tried(
    bench: Bench, scene: Scene, answer: Callable[..., Any], seconds: float
) -> tuple[list[Exchange], Clock, Any, str]:
    """(what the server saw, the clock, what was returned, what was raised)."""
    clock, raised, value = Clock(scene, 10 * seconds), "", None
    try:
        value = bench.call(scene, answer, scene.base_url + TEA, scene.key, seconds=seconds, sleep=clock, now=clock.now)
    except Crashed as crash:
        raised = str(crash)
        if not raised.startswith((f"{LATE}:", Overslept.__name__)):
            raise _unforeseen(scene, crash) from None
    seen = scene.exchanges()
    if not seen:
        raise Wrong(
            "No request with this key reached the server.",
            expected=f"GET {TEA}, with the header Authorization: Bearer …",
            seen=raised or f"no request; your function returned {quoted(value)}",
            look="url, as your function is given it, and the header with the key",
        )
    return seen, clock, value, raised


def _unforeseen(scene: Scene, crash: Crashed) -> Exception:
    waits.unsaid(scene, crash)
    last = next(reversed(scene.exchanges()), None)
    said = last.response.get("Retry-After") if last else ""
    if str(crash).startswith("ValueError") and said and not said.isdigit():
        return Wrong(
            "Retry-After was a date, and your function took it for a number.",
            expected="both forms read: seconds, or a date",
            seen=str(crash),
            proof=brief(last) + f"\n← Retry-After: {said}" if last else "",
            look="what does `.isdigit()` say of each form?",
            belief="retry-after-is-a-number",
        )
    if "naive" in str(crash):
        return Wrong(
            "One of your two moments does not say in which time zone it is.",
            expected="two moments that can be compared: both aware, as Python calls it",
            seen=str(crash),
            proof=f"← Date: {last.response.get('Date')}\n← Retry-After: {said}" if last else "",
            look="the answer brings the time over there along: which header of it is a date too?",
        )
    if last is not None and last.status == 503 and str(crash).startswith(("HTTPError", "HTTPStatusError")):
        return Wrong(
            "It gave up, and there was time left.",
            expected=f"another attempt after a 503, or {LATE} where none fits any more",
            seen=str(crash),
            proof=brief(last),
            look="which statuses are worth another attempt, and who turns a 503 into an exception?",
        )
    return crash


def _judge_chance(bench: Bench, answer: Callable[..., Any]) -> None:
    ladders = []
    for _ in range(2):
        scene = bench.scene(SEED, BUSY, BUSY, BUSY)
        seen, clock, value, raised = _tried(bench, scene, answer, AMPLE)
        scene.witness.clear_faults()
        due = scene.ask("GET", TEA).json()
        if value != due:
            raise Wrong(
                "Three times 503, then the page; your function has something else."
                if not raised
                else "It gave up, and there was time left.",
                expected=f"after {AMPLE:g} s at the most: {quoted(due)}",
                seen=raised or quoted(value),
                proof=each(seen, most=5),
                look="what does your loop do with a 503, and what with a 200?",
            )
        waits.between(clock, seen, right=True)
        ladders.append([round(wait, 6) for wait in clock.waits])
    if ladders[0] == ladders[1]:
        raise Wrong(
            verdict(True, "two readers of yours wait in step."),
            expected="waits with chance in them: no two readers alike",
            seen=" and ".join(", ".join(f"{wait:g}" for wait in ladder) + " s" for ladder in ladders),
            look="twenty readers are refused in the same second. When do they all come back?",
            belief="doubling-is-enough",
        )


def _judge_hopeless(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED, TEN_MINUTES)
    seen, clock, value, raised = _tried(bench, scene, answer, BUDGET)
    if clock.waits or len(seen) > 1:
        early = len(seen) > 1 and clock.after[1] < 600
        raise Wrong(
            "The shop asked for ten minutes, and was asked again before." if early else "You waited for nothing.",
            expected=f"{LATE} at once: the next attempt would come after the deadline",
            seen=f"a wait of {sum(clock.waits):.2g} s, with {BUDGET:g} s in all",
            proof=brief(seen[0]) + "\n← Retry-After: 600",
            look="before you wait: when will you wake up, and when is the deadline?",
        )
    _judge_raised(seen, value, raised)


def _judge_date(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED, DATED)
    seen, clock, value, raised = _tried(bench, scene, answer, AMPLE)
    waited = clock.after[1]
    if raised or not isinstance(value, dict) or not DUE - 1 <= waited <= DUE * 3:
        raise Wrong(
            "The date in Retry-After was not kept.",
            expected=f"a wait of about {DUE} s, and a little chance",
            seen=raised or f"{waited:.2g} s; your function returned {quoted(value)}",
            proof=brief(seen[0], []) + f"\n← Date: {seen[0].response.get('Date')}"
            f"\n← Retry-After: {seen[0].response.get('Retry-After')}",
            look="which two moments do you subtract, and are both of them in GMT?",
            belief="retry-after-is-a-number" if not raised and waited < DUE - 1 else "",
        )


def _judge_deadline(bench: Bench, answer: Callable[..., Any]) -> None:
    scene = bench.scene(SEED)
    scene.witness.add_fault(BUSY, first=60)
    seen, clock, value, raised = _tried(bench, scene, answer, BUDGET)
    if sum(clock.waits) > BUDGET:
        raise Wrong(
            f"It waited {sum(clock.waits):.3g} s where {BUDGET:g} s were all it had.",
            expected=f"all attempts and all waits inside {BUDGET:g} s, then {LATE}",
            seen=f"{counted(len(seen), 'attempt')} and {sum(clock.waits):.3g} s of waiting",
            proof=each(seen, most=3),
            look="who compares the next wait with what is left, before it waits? And which clock is asked?"
            if clock.asked
            else "`now` was never asked: which clock does your deadline look at?",
        )
    _judge_raised(seen, value, raised)
    if len(seen) < 3:
        raise Wrong(
            f"It gave up after {counted(len(seen), 'attempt')}, with time left.",
            expected=f"attempts as long as there is time: {BUDGET:g} s are enough for several",
            seen=f"{sum(clock.waits):.3g} s of waiting",
            proof=each(seen),
            look="what does the first wait cost, and must it be so long?",
        )


def _judge_raised(seen: Sequence[Exchange], value: Any, raised: str) -> None:
    if not raised:
        raise Wrong(
            "The time was over, and your function does not say so.",
            expected=f"{LATE}, raised by your function",
            seen=f"it returned {quoted(value)}",
            proof=each(seen),
            look="what stands behind your loop, and what happens where no attempt fits any more?",
        )
