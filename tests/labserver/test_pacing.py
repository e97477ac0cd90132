"""Seeded time. Plans are checked on the loop's clock or not at all; only one test really waits, and briefly."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import islice, pairwise
from statistics import fmean, median, quantiles

import pytest

from labserver import pacing
from labserver.events import End, Start, StreamEvent, Text, Usage
from labserver.pace import LONGEST_GAP, LONGEST_WAIT, PROFILES, Pace

WORDS = ["Green", " tea", " is", " good", "."]
USAGE = Usage(5, len(WORDS))


async def model(words: list[str] = WORDS) -> AsyncIterator[StreamEvent]:
    yield Start("script")
    for word in words:
        yield Text(word)
    yield End("stop")
    yield USAGE


class Clock:
    """Stands in for the loop's time and for sleep: nobody waits, everybody's waits are known."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: self.now)
        monkeypatch.setattr(pacing.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 9))
        self.now += seconds


async def plan(
    monkeypatch: pytest.MonkeyPatch, pace: Pace, seed: int = 7, scale: float = 1
) -> tuple[list[float], Usage]:
    """The waits before each delta, and the bill."""
    with monkeypatch.context() as patch:
        clock = Clock(patch)
        events = [event async for event in pacing.paced(model(), pace, seed=seed, scale=scale)]
    assert isinstance(events[-1], Usage)
    return clock.waits, events[-1]


async def test_without_jitter_the_first_delta_waits_ttft_and_the_others_one_gap(monkeypatch) -> None:
    waits, _ = await plan(monkeypatch, Pace(ttft=0.5, tps=10, jitter=0))
    assert waits == pytest.approx([0.5, 0.1, 0.1, 0.1, 0.1])


async def test_the_same_seed_gives_the_same_plan_and_another_seed_another(monkeypatch) -> None:
    pace = Pace(ttft=0.5, tps=10, jitter=0.5)
    once, again = await plan(monkeypatch, pace, seed=7), await plan(monkeypatch, pace, seed=7)
    assert once == again
    assert (await plan(monkeypatch, pace, seed=8))[0] != once[0]


@pytest.mark.parametrize("jitter", [0.0, 0.3, 1.0])
async def test_a_gap_varies_by_no_more_than_its_jitter(monkeypatch, jitter: float) -> None:
    gaps = [gap for seed in range(50) for gap in (await plan(monkeypatch, Pace(0, 10, jitter), seed))[0][1:]]
    assert 0.1 * (1 - jitter) - 1e-6 <= min(gaps)
    assert max(gaps) <= 0.1 * (1 + jitter) + 1e-6
    assert (max(gaps) - min(gaps) > 0.1 * jitter) == (jitter > 0), "and it does vary"


async def test_the_bill_holds_the_planned_seconds_whatever_the_scale(monkeypatch) -> None:
    pace = Pace(ttft=0.5, tps=10, jitter=0.3)
    waits, usage = await plan(monkeypatch, pace)
    assert usage.seconds == round(sum(waits), 3)
    assert (usage.prompt_tokens, usage.completion_tokens) == (5, 5)
    for scale in (0, 0.5, 3):
        scaled, same = await plan(monkeypatch, pace, scale=scale)
        assert same == usage
        assert sum(scaled) == pytest.approx(sum(waits) * scale)


async def test_scale_0_never_waits_for_real() -> None:
    began = time.monotonic()
    async with asyncio.timeout(5):
        events = [event async for event in pacing.paced(model(), Pace(ttft=30, tps=0.5), seed=7, scale=0)]
    assert time.monotonic() - began < 1
    assert [event.text for event in events if isinstance(event, Text)] == WORDS


async def test_a_real_wait_lasts_as_planned() -> None:
    began = time.monotonic()
    [*_, usage] = [event async for event in pacing.paced(model(), Pace(0.05, 50, 0), seed=7, scale=1)]
    assert usage == Usage(5, 5, seconds=0.13)
    assert 0.13 <= time.monotonic() - began < 1


async def test_one_late_wake_up_does_not_push_back_everything_after_it(monkeypatch) -> None:
    with monkeypatch.context() as patch:
        clock = Clock(patch)
        events = pacing.paced(model(), Pace(ttft=0, tps=10, jitter=0), seed=7, scale=1)
        async for event in events:
            if event == Text(" tea"):
                clock.now += 0.15  # the reader dawdles
    assert clock.waits == pytest.approx([0, 0.1, 0, 0.05, 0.1])


async def test_nothing_said_is_billed_as_the_time_to_first_token() -> None:
    events = [event async for event in pacing.paced(model([]), Pace(ttft=0.5), seed=7, scale=1)]
    assert events[-1] == Usage(5, 5, seconds=0.5)


async def test_closing_a_paced_stream_closes_the_model_while_it_waits() -> None:
    closed = asyncio.Event()

    async def watched() -> AsyncIterator[StreamEvent]:
        try:
            yield Text("Green")
            yield Text(" tea")
        finally:
            closed.set()

    async def listen() -> None:
        async with aclosing(pacing.paced(watched(), Pace(ttft=0, tps=0.5), seed=7, scale=1)) as events:
            async for _ in events:
                spoken.set()

    spoken = asyncio.Event()
    listener = asyncio.create_task(listen())
    async with asyncio.timeout(1):
        await spoken.wait()
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)
        assert closed.is_set()


def first_waits(pace: Pace, prompt_tokens: int = 0, count: int = 4000) -> list[float]:
    return [next(pacing.plan(pace, seed, prompt_tokens)) for seed in range(count)]


def gaps_of(pace: Pace, seed: int = 1, count: int = 4000) -> list[float]:
    moments = list(islice(pacing.plan(pace, seed), count + 1))
    return [later - earlier for earlier, later in pairwise(moments)]


def test_the_prompt_is_read_before_the_first_token() -> None:
    pace = Pace(ttft=0.5, prefill=1000)
    assert next(pacing.plan(pace, 1, prompt_tokens=2000)) == pytest.approx(2.5)
    assert next(pacing.plan(pace, 1)) == pytest.approx(0.5)


def test_a_long_tail_keeps_the_mean_and_stretches_the_worst() -> None:
    even, odd = gaps_of(Pace(tps=10, jitter=0)), gaps_of(Pace(tps=10, jitter=0, tail=0.6))
    assert fmean(odd) == pytest.approx(fmean(even), rel=0.05)
    assert median(odd) < 0.9 * fmean(odd), "skewed: most gaps are short"
    assert quantiles(odd, n=100)[98] > 2.5 * median(odd), "and a few are long"


@pytest.mark.parametrize("load", [0.3, 0.6, 0.9])
def test_the_queue_is_as_long_as_queueing_theory_has_it(load: float) -> None:
    """M/M/1: a part `load` of all requests waits at all, and the mean wait is S * load / (1 - load)."""
    waits = [wait - 0.1 for wait in first_waits(Pace(ttft=0.1, load=load))]
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(load, abs=0.03)
    assert fmean(waits) == pytest.approx(0.1 * load / (1 - load), rel=0.1)


def test_a_busy_server_writes_every_token_later_too() -> None:
    assert fmean(gaps_of(Pace(tps=10, load=0.5))) == pytest.approx(0.2, rel=0.05)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_no_profile_waits_longer_than_the_bounds_say(profile: Pace) -> None:
    assert max(first_waits(profile, prompt_tokens=32_000)) <= LONGEST_WAIT
    assert max(gaps_of(profile)) <= LONGEST_GAP
    assert min(gaps_of(profile)) >= 0


def test_the_same_seed_gives_the_same_plan_with_every_kind_of_chance_in_it() -> None:
    pace = Pace(tail=0.5, load=0.7, jitter=0.5, prefill=500)
    one, two = (list(islice(pacing.plan(pace, 7, 100), 20)) for _ in range(2))
    assert one == two
    assert one != list(islice(pacing.plan(pace, 8, 100), 20))
