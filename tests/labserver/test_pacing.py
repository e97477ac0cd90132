"""Seeded time. Plans are checked on the loop's clock or not at all; only one test really waits, and briefly."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from labserver import pacing
from labserver.errors import InvalidRequest
from labserver.events import End, Start, StreamEvent, Text, Usage
from labserver.pacing import BOUNDS, Pace

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


@pytest.mark.parametrize(
    ("text", "pace"),
    [
        ("", Pace()),
        ("ttft=0.2;tps=50;jitter=0", Pace(0.2, 50, 0)),
        (" jitter=1 ; ttft=0 ;", Pace(ttft=0, jitter=1)),
        ("tps=1e3", Pace(tps=1000)),
    ],
)
def test_a_pace_reads_as_written(text: str, pace: Pace) -> None:
    assert pacing.parse(text) == pace


@pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
def test_every_knob_is_bounded_and_the_bounds_themselves_are_allowed(name: str, bounds: tuple[float, float]) -> None:
    low, high = bounds
    assert low <= getattr(Pace(), name) <= high
    for value in bounds:
        assert getattr(pacing.parse(f"{name}={value!r}"), name) == value
    for wrong in (low - 0.1, high + 0.1, "nan", "inf", "-inf", "", "fast", "1,5"):
        with pytest.raises(InvalidRequest) as caught:
            pacing.parse(f"{name}={wrong}")
        assert f"{name} must be a number from {low:g} to {high:g}, not {str(wrong)!r}" in caught.value.message


def test_an_unknown_knob_is_refused_with_an_example_to_copy() -> None:
    with pytest.raises(InvalidRequest, match=r"no knob 'speed'.*ttft=0.2;tps=50;jitter=0"):
        pacing.parse("speed=3")


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
