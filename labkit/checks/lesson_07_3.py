"""Check of 07.3: forty callers share one limiter, and the shop halves its limit on the way. Knows no notebook.

How fast is judged without a clock: by the windows of the shop that were opened, and how many of them were used up.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import httpx2

from labkit.checks.bench import Bench
from labkit.checks.proof import counted, each, verdict
from labkit.checks.pulse import Pulse
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SEED = 1731
CALLERS = 40
BEFORE, AFTER = 20, 10  # requests a second: the first half of the calls, and the second
PATH = "/shop/products/101"
MOST_REFUSED = 2
MOST_WINDOWS = 4  # 20, 10 and 10 would do: three windows; four are 80 % of what was allowed
WINDOW = 0.95  # seconds: whoever needs less than that for one request more than allowed did not wait at all
STILL = 0.25  # seconds that nobody should stand still
ROUNDS = 3  # on a machine that is busy with something else
LONGEST = 2.5  # seconds: no wait of this exercise is good for more


HINTS = (
    "Nobody types the limit in. Every answer says how many are left (`X-RateLimit-Remaining`) and when all are back "
    "(`X-RateLimit-Reset`, in seconds since 1970, as `time.time()` counts them). Who of the forty has read an answer "
    "when the first ones leave?",
    "While nothing is known, one goes ahead as a scout, and the others wait. An `asyncio.Lock` is a queue: hold it "
    "while the scout is on its way, and whoever comes next knows more. Those who know that something is left take "
    "one of it and leave the queue before they send.",
    "Almost the code: in a `while True`, `async with self.queue:` if `self.left` is above 0, take one; else `await "
    "self.sleep(max(0, self.reset - time.time()))`, `response = await send()`, and keep its two headers in `self`. "
    "Behind the block: who only took one sends now. A 429 sets `self.left` to 0 and goes around once more.",
)


def limiter(bench: Bench, answer: Callable[..., Any]) -> str:
    """Forty calls at once through one limiter; the 21st request halves the limit."""
    wrong: Wrong | None = None
    for _ in range(ROUNDS):
        wrong, stood_still = _round(bench, answer)
        if not (wrong and stood_still):
            break
    if wrong:
        raise wrong
    return f"{CALLERS} calls answered, the shop's windows used up, and the halved limit heard from the shop itself."


def _round(bench: Bench, answer: Callable[..., Any]) -> tuple[Wrong | None, bool]:
    """What is wrong, and whether somebody stood still: in windows so short that may have been the machine."""
    scene = bench.scene(SEED)
    scene.witness.add_fault(f"limit;requests={BEFORE};per=1", path="/shop/*", first=1)
    scene.witness.add_fault(f"limit;requests={AFTER};per=1", path="/shop/*", every=BEFORE, first=1)
    valve = bench.call(scene, answer, sleep=_sleep)
    with Pulse(bench.loop) as pulse:
        told = bench.call(scene, _crowd, valve, scene.base_url, scene.key)
    seen = scene.exchanges()
    stood_still = max([pulse.longest, *(one.seconds or 0.0 for one in seen)]) > STILL
    try:
        _as_fast_as_told(told, seen)
    except Wrong as wrong:
        return wrong, stood_still
    return None, stood_still


def _as_fast_as_told(told: dict[Any, int], seen: Sequence[Exchange]) -> None:
    refused = [one for one in seen if one.status == 429]
    if told != {200: CALLERS}:
        raise Wrong(
            "Not every caller got its 200.",
            expected=f"{CALLERS} x 200",
            seen=", ".join(f"{number} x {what}" for what, number in told.items()),
            proof=each(refused or seen),
            look="who sends again what was refused, and when? `call` gives back the first response that is no 429",
        )
    if len(refused) > MOST_REFUSED:
        raise _refused(seen, refused, early=seen[BEFORE].opened - seen[0].opened < WINDOW)
    windows = sum(_left(one, "remaining") == _left(one, "limit") - 1 for one in seen)
    if windows > MOST_WINDOWS:
        raise Wrong(
            verdict(True, f"it needed {windows} windows of the shop, where three would do."),
            expected=f"{MOST_WINDOWS} windows at the most: use what an answer says is left, then wait",
            seen=f"{windows} windows of one second, each with something left in it",
            proof=each(seen),
            look="how many may go when an answer says `X-RateLimit-Remaining: 19`? And how long is a wait until the "
            "reset?",
        )


def _refused(seen: Sequence[Exchange], refused: Sequence[Exchange], early: bool) -> Wrong:
    first = next(place for place, one in enumerate(seen) if one.status == 429)
    return Wrong(
        verdict(True, f"{counted(len(refused), 'request')} were refused."),
        expected=f"{MOST_REFUSED} refusals at the most, whatever the limit is",
        seen=f"{len(refused)} x 429, the first one at request {first + 1}",
        proof=each([*seen[first - 1 : first + 2]]),
        look="all forty leave before one answer is back: who goes ahead, and what do the others wait for?"
        if early
        else "the limit was another one from request 21 on, and that answer said so: who reads the headers of "
        "*every* window?",
        belief="" if early else "limit-is-a-constant",
    )


def _left(exchange: Exchange, what: str) -> int:
    told = exchange.response.get(f"x-ratelimit-{what}")
    return int(told) if told.isdigit() else -1


async def _sleep(seconds: float) -> None:
    """Waits in earnest, for the windows are the server's own; but never longer than a window can last."""
    if seconds < 0:
        raise ValueError(f"sleep({seconds!r}): give it seconds, from 0 on")
    await asyncio.sleep(min(seconds, LONGEST))


async def _crowd(valve: Any, base_url: str, key: str) -> dict[Any, int]:
    """What the forty are told, counted; they all begin at once and share the valve."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=base_url, headers=headers, trust_env=False) as client:

        async def send() -> Any:
            return await client.get(PATH)

        async def caller() -> Any:
            response = await valve.call(send)
            return getattr(response, "status_code", type(response).__name__)

        return dict(Counter(await asyncio.gather(*[caller() for _ in range(CALLERS)])))
