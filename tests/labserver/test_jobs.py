"""The store of one sandbox's jobs: bounded, honest about what it forgot, with a memory per session."""

import time

import pytest

from labserver.errors import NotFound
from labserver.events import ChatRequest, Message
from labserver.job import Callback, Job
from labserver.jobs import TURNS, Jobs
from labserver.pacing import Pace
from labserver.providers.script import Script


def job(name: str, session: str = "s", prompt: str = "tea", submitted: float | None = None) -> Job:
    """One that is over as soon as it was submitted."""
    request = ChatRequest((Message("user", prompt),), "script")
    at = time.monotonic() if submitted is None else submitted
    return Job(name, session, request, Script(), Pace(0, 100, 0), 7, 0, 10, submitted=at)


def reason(jobs: Jobs, name: str) -> str:
    with pytest.raises(NotFound) as caught:
        jobs.find(name)
    assert name in caught.value.message
    return caught.value.details["reason"]


def test_past_the_bound_the_oldest_goes_and_is_remembered_as_evicted() -> None:
    jobs = Jobs(most=3)
    for number in range(5):
        jobs.add(job(f"j{number}"))
    assert [jobs.find(f"j{number}").id for number in (2, 3, 4)] == ["j2", "j3", "j4"]
    assert [reason(jobs, name) for name in ("j0", "j1", "nobody")] == ["evicted", "evicted", "unknown"]


def test_even_the_names_of_the_evicted_are_bounded() -> None:
    jobs = Jobs(most=2)
    for number in range(40):
        jobs.add(job(f"j{number}"))
    assert [reason(jobs, f"j{number}") for number in (0, 17, 18, 37)] == ["unknown", "unknown", "evicted", "evicted"]


def test_long_prompts_count_more_but_the_newest_job_always_stays() -> None:
    jobs = Jobs(most=100, budget=1000)
    for number in range(4):
        jobs.add(job(f"j{number}", prompt="x" * 400))
    assert reason(jobs, "j1") == "evicted"
    assert jobs.find("j2").id == "j2"
    jobs.add(job("giant", prompt="x" * 5000))
    assert jobs.find("giant").id == "giant"
    assert reason(jobs, "j3") == "evicted"


async def test_a_session_remembers_its_answered_turns_in_order_and_no_other_sessions() -> None:
    jobs = Jobs()
    jobs.add(job("a", prompt="one"))
    jobs.add(job("b", "other", prompt="two"))
    jobs.add(job("c", prompt="three|{error=no}"))
    jobs.add(job("d", prompt="four", submitted=time.monotonic() + 1000))
    jobs.add(job("e", prompt="five"))
    assert [message.content for message in await jobs.memory("s")] == ["one", "one", "five", "five"]
    assert await jobs.memory("nobody") == ()


async def test_a_long_session_forgets_its_beginning_and_eviction_still_adds_up() -> None:
    jobs = Jobs(most=TURNS + 5)
    for number in range(TURNS + 2):
        jobs.add(job(f"j{number}", prompt=f"{number}"))
    assert len(await jobs.memory("s")) == 2 * TURNS
    assert (await jobs.memory("s"))[0].content == "2"
    for number in range(TURNS + 5):
        jobs.add(job(f"k{number}", "other"))
    assert await jobs.memory("s") == (), "all of its jobs were evicted"
    assert jobs.find("k0").id == "k0"


async def test_clear_forgets_everything_and_calls_nobody_back() -> None:
    jobs, told = Jobs(most=1), job("b")
    told.callback = Callback("http://127.0.0.1:9/", "secret")
    jobs.add(job("a"))
    jobs.add(told)
    jobs.clear()
    assert told.callback is None
    assert (reason(jobs, "a"), reason(jobs, "b")) == ("unknown", "unknown")
    assert await jobs.memory("s") == ()
