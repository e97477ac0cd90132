"""A job's log as a function of what was asked and when. No server, no waiting: the tests turn the clock themselves."""

import time

import pytest

from labserver import pacing
from labserver.events import ChatRequest, Message, Text
from labserver.job import CANCELLED, Event, Job, State
from labserver.pacing import Pace
from labserver.providers.script import Script

STEADY = Pace(ttft=1, tps=2, jitter=0)
TEA = "Green| tea| is| good"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as a list of one number that a test may set."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def job(script: str = TEA, pace: Pace = STEADY, scale: float = 1, **wanted) -> Job:
    request = ChatRequest((Message("user", script),), "script")
    return Job("j", "s", request, Script(), pace, 7, scale, 4096, submitted=100.0, **wanted)


async def test_the_whole_log_is_known_at_once() -> None:
    assert await job().log() == (
        Event(0, "start"),
        Event(1, "token", "Green"),
        Event(1.5, "token", " tea"),
        Event(2, "token", " is"),
        Event(2.5, "token", " good"),
        Event(2.5, "complete"),
    )


@pytest.mark.parametrize("seconds", [0, 0.99, 1, 1.7, 2.49])
async def test_before_its_end_a_job_is_processing_and_tells_no_result(clock, seconds: float) -> None:
    asked = job()
    clock[0] += seconds
    assert await asked.state() == State("processing")
    assert await asked.happened() == 1 + sum(moment <= seconds for moment in (1, 1.5, 2, 2.5))


async def test_at_its_end_it_is_completed_and_stays_so(clock) -> None:
    asked = job()
    for seconds in (2.5, 1000):
        clock[0] = 100 + seconds
        assert await asked.state() == State("completed", result="Green tea is good")


@pytest.mark.parametrize("scale", [0, 0.1, 3])
async def test_the_time_scale_stretches_every_moment(scale: float) -> None:
    plain, scaled = await job().log(), await job(scale=scale).log()
    assert [event.at for event in scaled] == pytest.approx([event.at * scale for event in plain])


async def test_the_log_has_the_moments_of_a_paced_stream(monkeypatch) -> None:
    pace, waited = Pace(0.5, 10, 0.8), []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(pacing.asyncio.get_running_loop(), "time", lambda: 0.0)
    async for _ in pacing.paced(Script().stream(job().request), pace, seed=7, scale=1, sleep=sleep):
        pass
    assert [event.at for event in (await job(pace=pace).log())[1:-1]] == waited


async def test_a_failing_model_ends_the_log_with_its_words(clock) -> None:
    asked = job("Green| tea|{error=the kettle fell over}")
    assert (await asked.log())[-2:] == (Event(1.5, "token", " tea"), Event(1.5, "failed", "the kettle fell over"))
    clock[0] += 1.4
    assert await asked.state() == State("processing")
    clock[0] += 0.1
    assert await asked.state() == State("failed", error="the kettle fell over")


async def test_a_script_that_cannot_be_played_fails_when_its_first_word_was_due(clock) -> None:
    asked = job("tea|{cup=1}")
    clock[0] += 0.9
    assert (await asked.state()).status == "processing"
    clock[0] += 0.1
    failed = await asked.state()
    assert failed.status == "failed"
    assert "no directive {cup=...}" in (failed.error or "")


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_late_error_fails_after_so_many_tokens_and_no_other_fault_touches_the_log(after: int) -> None:
    log = await job(plan={"late_error": {"after": after}, "cut": {"after": 1}}).log()
    assert [event.kind for event in log] == ["start", *["token"] * after, "failed"]
    assert "stopped working" in log[-1].text


async def test_cancel_cuts_the_log_there_and_wakes_who_follows(clock) -> None:
    asked, woken = job(), []
    asked.watchers.add(lambda: woken.append(True))
    clock[0] += 1.7
    assert await asked.cancel()
    clock[0] += 100
    assert await asked.state() == State("cancelled", error=CANCELLED)
    kinds = [(event.kind, event.text) for event in await asked.log()]
    assert kinds == [("start", ""), ("token", "Green"), ("token", " tea"), ("cancelled", CANCELLED)]
    assert (await asked.log())[-1].at == pytest.approx(1.7)
    assert woken == [True]


async def test_what_is_over_cannot_be_cancelled(clock) -> None:
    for script, status in ((TEA, "completed"), ("tea|{error=no}", "failed")):
        clock[0] = 100.0
        asked = job(script)
        clock[0] += 50
        assert not await asked.cancel()
        assert (await asked.state()).status == status
    clock[0] = 100.0
    asked = job()
    assert await asked.cancel()
    once = await asked.log()
    clock[0] += 1
    assert not await asked.cancel()
    assert await asked.log() == once


async def test_a_turn_is_remembered_only_when_it_was_answered(clock) -> None:
    asked, failing = job(), job("tea|{error=no}")
    assert await asked.turn() == ()
    clock[0] += 50
    assert await asked.turn() == (Message("user", TEA), Message("assistant", "Green tea is good"))
    assert await failing.turn() == ()


async def test_the_model_is_asked_once_however_often_the_log_is_read() -> None:
    calls = []

    class Counting(Script):
        async def stream(self, request):
            calls.append(request)
            yield Text("tea")

    asked = Job("j", "s", ChatRequest((Message("user", "tea"),), "script"), Counting(), STEADY, 7, 1, 10)
    assert calls == [], "nor before anybody asks"
    for _ in range(3):
        await asked.log()
    assert len(calls) == 1
