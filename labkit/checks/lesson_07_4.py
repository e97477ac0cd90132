"""Check of 07.4: a breaker that many share, led through a bad night of the shop. Knows no notebook."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import counted, each, verdict
from labkit.outcome import Wrong

SEED = 1741
FAILURES, REST = 5, 30.0
PATH, MISSING = "/shop/products/123", "/shop/products/9999"
REFUSED, BROKEN, GAVE_UP = "refused", "broken", "gave up"
LONG = 0.3  # seconds: what the caller who gives up has for a probe that hangs

HINTS = (
    "A breaker remembers three things: how many failures came in a row, since when it is open, and whether a probe "
    "is on its way just now. All callers read and write the same three.",
    'Look before `await`, note after it. Between the two others have their turn: so the mark "a probe is on its way" '
    "has to be set *before* you send, and taken back however the probe ends, also when its caller gives up.",
    "Almost the code: if it is open and `clock()` is earlier than its opening plus the rest, or a probe is on its "
    "way: `raise BreakerOpen`. Then `self.probing = …`, and in a `try` the `await send()`. `except "
    "httpx2.TransportError` and a status from 500 on count one failure and, at the limit or after a probe, open it "
    "anew; anything else sets the count to 0 and closes. `finally` takes the mark back.",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of the night: what the shop does, how many call, and how many of them may reach it."""

    what: str
    callers: int
    sent: tuple[int, int]  # at least, and at the most
    told: tuple[Any, ...]  # what those are told who reach it; all others are refused
    later: float = 0.0  # seconds on the breaker's clock before it begins
    width: int = 1  # how many call at once
    path: str = PATH
    fault: str | None = None  # from now on; None: as before, "": none
    patience: float = 20.0  # seconds that a caller waits
    ttl: float | None = None  # seconds after which the faults end by themselves
    look: str = ""
    few: str = ""  # where to look if too few reach it; else `look`
    belief: str = ""  # if too many reach it, or, where all may, too few


ILL, DEAD = "status;code=503", "lose_reply"
CLOCK = "which clock does your breaker read, and from when does it count its rest?"
COUNTING = (
    Step("four failures in a row are not five", 4, (4, 4), (503,), fault=ILL, look="when does the breaker open?"),
    Step("then one answer is fine", 1, (1, 1), (200,), fault="", look="four failures: may the next one still try?"),
    Step(
        *("and four more failures", 4, (4, 4), (503,)),
        fault=ILL,
        look="what does a success do to the count of failures?",
    ),
    Step(
        *("ten callers ask for a product that does not exist", 10, (10, 10), (404,)),
        path=MISSING,
        fault="",
        look="is a 404 a sign that the shop is ill? Which statuses are?",
        belief="every-no-is-a-failure",
    ),
    Step(
        *("then eight callers, one after the other, and every answer is a 503", 8, (5, 5), (503,)),
        fault=ILL,
        look="nothing is raised for a 503: who looks at the status of the response?",
    ),
)
NIGHT = (
    Step(
        *("the shop is dead, and fifty callers come, five at a time", 50, (5, 9), (BROKEN,)),
        width=5,
        fault=DEAD,
        look="five failures in a row, and four on their way at most: what does the next caller do? A line that "
        "breaks is a failure too",
    ),
    Step(
        *("ten more come shortly before the rest is over", 10, (0, 0), ()),
        later=REST - 1,
        width=10,
        look=CLOCK,
    ),
    Step(
        *("the rest is over, the shop is still dead, and ten call at once", 10, (1, 1), (BROKEN,)),
        later=2,
        width=10,
        few=CLOCK,
        look="ten callers look before the first answer is there: what do the other nine see that the first one "
        "changed?",
        belief="after-the-rest-all-may-go",
    ),
    Step(
        *("the probe has failed, and ten more come at once", 10, (0, 0), ()),
        width=10,
        look="a probe fails: from when does the next rest count?",
    ),
    Step(
        *("one rest later the probe hangs, and its caller gives up", 1, (1, 1), (GAVE_UP,)),
        later=REST + 1,
        fault="latency;seconds=20",
        patience=LONG,
        look="is a probe still let through after the rest?",
    ),
    Step(
        *("one rest after that, ten call at once", 10, (1, 1), (503,)),
        later=REST + 1,
        width=10,
        fault=ILL,
        look="who takes the mark of the probe back when its caller is cancelled? `finally` does, however a block is "
        "left",
    ),
    Step(
        *("the shop is well again; one rest later ten call at once", 10, (1, 1), (200,)),
        later=REST + 1,
        width=10,
        fault="",
        look="one probe, and nine that are refused, also when the shop is well: nobody knows that yet",
        belief="after-the-rest-all-may-go",
    ),
    Step(
        *("the probe was fine, and ten call at once", 10, (10, 10), (200,)),
        width=10,
        fault="barrier;n=10;seconds=1",
        ttl=2.5,
        look="closed means that everybody goes through, side by side: who still holds them back?",
    ),
)


@dataclass(slots=True)
class Clock:
    """Stands where `time.monotonic` stood."""

    now: float = field(default=1000.0)

    def __call__(self) -> float:
        return self.now


def breaker(bench: Bench, answer: Callable[..., Any]) -> str:
    """How it counts, then a whole night: dead, resting, probed, left by its prober, well again."""
    for place, steps in enumerate((COUNTING, NIGHT)):
        scene, clock = bench.scene(SEED + place), Clock()
        valve = bench.call(scene, answer, failures=FAILURES, rest=REST, clock=clock)
        for step in steps:
            clock.now += step.later
            _judged(bench, scene, valve, step)
    calls = sum(step.callers for step in (*COUNTING, *NIGHT))
    return f"{calls} calls in one bad night: one probe a rest while the shop was ill, everybody while it was well."


def _judged(bench: Bench, scene: Scene, valve: Any, step: Step) -> None:
    before = len(scene.exchanges())
    if step.fault is not None:
        scene.witness.clear_faults()
    if step.fault:
        scene.witness.add_fault(step.fault, path="/shop/*", first=1000, ttl=step.ttl)
    told = bench.call(scene, _wave, valve, scene.base_url, scene.key, step)
    seen = scene.exchanges()[before:]
    least, most = step.sent
    refused = step.callers - sum(told.get(kind, 0) for kind in step.told)
    told_right = told.get(REFUSED, 0) == refused and least <= step.callers - refused <= most
    wrong = {
        "expected": f"{_range(least, most)} at the shop; "
        + ("nobody is refused" if least == step.callers else "the others are told BreakerOpen"),
        "seen": f"{counted(len(seen), 'request')}; the callers were told: {_listed(told)}",
        "proof": each(seen),
    }
    if not least <= len(seen) <= most:
        summary = verdict(told_right, f"{step.what}: {counted(len(seen), 'request')}.")
        few = len(seen) < least
        look = (
            "which comes first in `call`: the `await send()`, or the `raise BreakerOpen`?" if told_right else step.look
        )
        belief = "" if few and most < step.callers else step.belief
        raise Wrong(summary, **wrong, look=(few and step.few) or look, belief=belief)
    if not told_right:
        odd = {kind for kind in told if kind not in (*step.told, REFUSED)} - {408}
        raise Wrong(
            verdict(False, f"{step.what}: they were told something else than what happened."),
            **wrong,
            look="what does `call` give back or raise? The response as it came, the exception as it came, or "
            "BreakerOpen"
            if odd
            else step.look,
        )


def _range(least: int, most: int) -> str:
    return counted(least, "request") if least == most else f"{least} to {most} requests"


def _listed(told: dict[Any, int]) -> str:
    return ", ".join(f"{number} x {what}" for what, number in told.items()) or "nothing"


async def _wave(valve: Any, base_url: str, key: str, step: Step) -> dict[Any, int]:
    """What the callers of this step are told, counted; they come `width` at a time and all share the valve."""
    gate = asyncio.Semaphore(step.width)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=base_url, headers=headers, trust_env=False) as client:

        async def send() -> Any:
            return await client.get(step.path)

        async def caller() -> Any:
            try:
                async with gate, asyncio.timeout(step.patience):
                    response = await valve.call(send)
            except TimeoutError:
                return GAVE_UP
            except httpx2.TransportError:
                return BROKEN
            except Exception as error:
                if type(error).__name__ != "BreakerOpen":
                    raise
                return REFUSED
            return getattr(response, "status_code", type(response).__name__)

        return dict(Counter(await asyncio.gather(*[caller() for _ in range(step.callers)])))
