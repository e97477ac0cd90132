"""Seeded time: how long a model thinks and how fast it talks. The only sleep and the only dice of the server.

A pace is a plan, so the same seed gives the same waits; the time scale shrinks the real sleep, never the plan.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import cast

from labserver.errors import LabError
from labserver.events import Delta, StreamEvent, Usage
from labserver.pace import LONGEST_GAP, LONGEST_WAIT, Pace


def roll(*seed: int) -> float:
    """A number from 0 up to 1 that depends on nothing but these numbers."""
    return random.Random(":".join(map(str, seed))).random()


def plan(pace: Pace, seed: int, prompt_tokens: int = 0) -> Iterator[float]:
    """The moment of each delta, endlessly, in unscaled seconds since the start. Pure: the same seed, the same plan.

    The first wait is queue + prefill + ttft. The queue is M/M/1 with the first wait as its service time S: nobody is
    before us with chance 1 - load, else the wait is exponential with mean S / (1 - load). Gaps grow by 1 + 2 * load:
    reading the weights costs the same for a batch, and the rest of a decoding step grows with it. A speed divides
    every moment.
    """
    moments = _moments(pace, seed, prompt_tokens)
    return moments if pace.speed == 1 else (hurried(moment, pace.speed) for moment in moments)


def hurried(moment: float, speed: float) -> float:
    """The same moment at so many times the speed; 0 is at once."""
    return moment / speed if speed else 0.0


def _moments(pace: Pace, seed: int, prompt_tokens: int) -> Iterator[float]:
    dice = random.Random(seed)
    service = (pace.ttft + (prompt_tokens / pace.prefill if pace.prefill else 0.0)) * _stretch(pace, dice)
    moment = min(LONGEST_WAIT, service + _queue(pace, service, dice))
    gap, jitter, roll_on = (1 + 2 * pace.load) / pace.tps, pace.jitter, dice.random
    while True:
        yield moment
        swing = gap * (1 + jitter * (2 * roll_on() - 1))
        moment += min(LONGEST_GAP, swing * _stretch(pace, dice) if pace.tail else swing)


def _stretch(pace: Pace, dice: random.Random) -> float:
    """A log-normal factor whose mean is 1."""
    return dice.lognormvariate(-(pace.tail**2) / 2, pace.tail) if pace.tail else 1.0


def _queue(pace: Pace, service: float, dice: random.Random) -> float:
    if not pace.load or not service or dice.random() >= pace.load:
        return 0.0
    return dice.expovariate((1 - pace.load) / service)


async def paced(
    events: AsyncIterator[StreamEvent],
    pace: Pace,
    *,
    seed: int,
    scale: float,
    sleep: Callable[[float], Awaitable[None]] | None = None,
    prompt_tokens: int = 0,
) -> AsyncIterator[StreamEvent]:
    """Hold each delta until its planned moment; write the planned (unscaled) seconds into `Usage`.

    `sleep` stands in for asyncio.sleep: the server's own can be ended early, when the server ends.

    Moments are planned from the start, so a late wake-up does not push back everything after it.
    """
    now = asyncio.get_running_loop().time
    moments = plan(pace, seed, prompt_tokens)
    started, planned = now(), None
    async with aclosing(cast("AsyncGenerator[StreamEvent, None]", events)) as source:
        async for event in source:
            if isinstance(event, Delta):
                planned = next(moments)
                await (sleep or asyncio.sleep)(max(0.0, started + planned * scale - now()))
            yield replace(event, seconds=_billed(planned, moments)) if isinstance(event, Usage) else event


def _billed(planned: float | None, moments: Iterator[float]) -> float:
    """When the last word came; of an answer of no words, when its first would have come."""
    return round(next(moments) if planned is None else planned, 3)


async def played(
    rows: Iterable[tuple[float, StreamEvent | LabError]],
    *,
    speed: float,
    scale: float,
    sleep: Callable[[float], Awaitable[None]],
) -> AsyncGenerator[StreamEvent, None]:
    """What happened once, again: each event at its moment in seconds since the question, at so many times the speed.

    An error is raised at its own moment. `Usage` tells when it comes, unscaled.
    """
    now = asyncio.get_running_loop().time
    started = now()
    for at, said in rows:
        moment = hurried(at, speed)
        await sleep(max(0.0, started + moment * scale - now()))
        if isinstance(said, LabError):
            raise said
        yield replace(said, seconds=round(moment, 3)) if isinstance(said, Usage) else said


async def think(pace: Pace, *, scale: float, sleep: Callable[[float], Awaitable[None]]) -> None:
    """Wait as long as a model at this pace thinks before its first token: for answers that come in one piece."""
    await sleep(hurried(pace.ttft, pace.speed) * scale)


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
