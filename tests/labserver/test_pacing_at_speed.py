"""A speed divides every moment, of a plan and of what was recorded. The sleeps are noted down, not slept."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from itertools import islice

import pytest

from labserver import pacing
from labserver.errors import LabError, ProviderFailed
from labserver.events import End, Start, StreamEvent, Text, Usage
from labserver.pace import PROFILES, Pace

ROWS: list[tuple[float, StreamEvent | LabError]] = [
    (10, Start("m")), (10, Text("Tea")), (40, Text("!")), (40, End("stop")), (60, Usage(1, 2)),
]  # fmt: skip


class Clock:
    """Stands in for asyncio's: `sleep` moves it on at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def played(
    clock: Clock, rows: list[tuple[float, StreamEvent | LabError]], **how: float
) -> list[tuple[float, StreamEvent]]:
    heard: list[tuple[float, StreamEvent]] = []
    async with aclosing(pacing.played(rows, sleep=clock.sleep, **({"speed": 1, "scale": 1} | how))) as events:
        async for event in events:
            heard.append((clock.now, event))
    return heard


async def test_each_event_comes_at_its_own_moment_the_start_and_the_bill_too(monkeypatch) -> None:
    heard = await played(Clock(monkeypatch), ROWS)
    assert [(at, type(said)) for at, said in heard] == [
        (10, Start), (10, Text), (40, Text), (40, End), (60, Usage),
    ]  # fmt: skip
    assert heard[-1][1] == Usage(1, 2, 60)


@pytest.mark.parametrize(
    ("speed", "moments", "seconds"),
    [(4, [2.5, 2.5, 10, 10, 15], 15), (0, [0] * 5, 0), (0.5, [20, 20, 80, 80, 120], 120)],
)
async def test_it_is_as_many_times_as_fast_as_is_wished(monkeypatch, speed, moments, seconds) -> None:
    heard = await played(Clock(monkeypatch), ROWS, speed=speed)
    assert [at for at, _ in heard] == moments
    assert heard[-1][1] == Usage(1, 2, seconds)


async def test_the_scale_shrinks_the_waits_and_not_what_the_bill_says(monkeypatch) -> None:
    heard = await played(Clock(monkeypatch), ROWS, scale=0.1, speed=2)
    assert [at for at, _ in heard] == [0.5, 0.5, 2, 2, 3]
    assert heard[-1][1] == Usage(1, 2, 30)


async def test_an_error_is_raised_at_its_moment(monkeypatch) -> None:
    clock = Clock(monkeypatch)
    with pytest.raises(ProviderFailed):
        await played(clock, [*ROWS[:2], (55, ProviderFailed("Broke."))])
    assert clock.now == 55


@pytest.mark.parametrize("pace", [*PROFILES.values()], ids=[*PROFILES])
def test_a_plan_is_the_same_plan_at_any_speed(pace: Pace) -> None:
    slow = list(islice(pacing.plan(pace, 7, 100), 20))
    assert list(islice(pacing.plan(replace(pace, speed=4), 7, 100), 20)) == [moment / 4 for moment in slow]
    assert list(islice(pacing.plan(replace(pace, speed=0), 7, 100), 3)) == [0, 0, 0]


async def test_thinking_is_hurried_too(monkeypatch) -> None:
    clock = Clock(monkeypatch)
    await pacing.think(Pace(ttft=10, speed=4), scale=0.5, sleep=clock.sleep)
    assert clock.now == 1.25
