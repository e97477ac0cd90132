"""Seeded time: how long a model thinks and how fast it talks. The only sleep and the only dice of the server.

A pace is a plan, so the same seed gives the same waits; the time scale shrinks the real sleep, never the plan.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import cast

from labserver.errors import InvalidRequest
from labserver.events import Delta, StreamEvent, Usage

BOUNDS = {"ttft": (0.0, 30.0), "tps": (0.5, 100_000.0), "jitter": (0.0, 1.0)}


def roll(*seed: int) -> float:
    """A number from 0 up to 1 that depends on nothing but these numbers."""
    return random.Random(":".join(map(str, seed))).random()


@dataclass(frozen=True, slots=True)
class Pace:
    """`ttft` seconds to the first token, then `tps` tokens per second, each gap varied by up to `jitter` of itself."""

    ttft: float = 0.25
    tps: float = 40.0
    jitter: float = 0.3


def parse(text: str) -> Pace:
    """Read `ttft=0.2;tps=50;jitter=0` (any subset). Raises InvalidRequest naming the knob, its bounds and the cure."""
    knobs: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, _, value = part.partition("=")
        if name not in BOUNDS:
            raise InvalidRequest(f"x-lab-pace has no knob {name!r}. Write ttft=0.2;tps=50;jitter=0, or some of it.")
        low, high = BOUNDS[name]
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not low <= number <= high:
            raise InvalidRequest(f"x-lab-pace: {name} must be a number from {low:g} to {high:g}, not {value!r}.")
        knobs[name] = number
    return replace(Pace(), **knobs)


def plan(pace: Pace, seed: int) -> Iterator[float]:
    """The moment of each delta, endlessly, in unscaled seconds since the start. Pure: the same seed, the same plan."""
    dice = random.Random(seed)
    gap, moment = 1 / pace.tps, pace.ttft
    while True:
        yield moment
        moment += gap * (1 + pace.jitter * dice.uniform(-1, 1))


async def paced(
    events: AsyncIterator[StreamEvent],
    pace: Pace,
    *,
    seed: int,
    scale: float,
    sleep: Callable[[float], Awaitable[None]] | None = None,
) -> AsyncIterator[StreamEvent]:
    """Hold each delta until its planned moment; write the planned (unscaled) seconds into `Usage`.

    `sleep` stands in for asyncio.sleep: the server's own can be ended early, when the server ends.

    Moments are planned from the start, so a late wake-up does not push back everything after it.
    """
    now = asyncio.get_running_loop().time
    started, planned, moments = now(), pace.ttft, plan(pace, seed)
    async with aclosing(cast("AsyncGenerator[StreamEvent, None]", events)) as source:
        async for event in source:
            if isinstance(event, Delta):
                planned = next(moments)
                await (sleep or asyncio.sleep)(max(0.0, started + planned * scale - now()))
            yield replace(event, seconds=round(planned, 3)) if isinstance(event, Usage) else event


async def think(pace: Pace, *, scale: float, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Wait as long as a model at this pace thinks before its first token: for answers that come in one piece."""
    await sleep(pace.ttft * scale)


async def beats(
    count: int, interval: float, *, scale: float, sleep: Callable[[float], Awaitable[None]]
) -> AsyncGenerator[int, None]:
    """1 at once, then 2 to `count`, one every `interval` seconds; one that is late does not push back the next."""
    now = asyncio.get_running_loop().time
    started = now()
    for number in range(1, count + 1):
        await sleep(started + (number - 1) * interval * scale - now())
        yield number


def noise(count: int, seed: int) -> bytes:
    """Bytes that look like chance and depend on nothing but these two numbers."""
    return random.Random(seed).randbytes(count)
