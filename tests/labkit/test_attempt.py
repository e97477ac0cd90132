"""A check that is to be awaited, and what it says to somebody who forgets."""

import asyncio
import gc
import threading
from typing import Any

import pytest

from labkit.attempt import Attempt
from labkit.notebook import Lab
from labkit.outcome import Outcome
from labkit.source import of

PASSED = Outcome("07.1", "passed", "All at once.")


async def asks(base_url: str, name: str) -> Any:
    import httpx2

    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{base_url}/health", headers={"X-Learner": name})).json()


async def test_an_async_answer_is_checked_with_await_and_noted(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    attempt = await asyncio.to_thread(lab.check, "00.1", asks)
    assert isinstance(attempt, Attempt)
    assert list(lab.progress.read()) == [], "nothing happens before it is awaited"
    assert await attempt is None
    assert capsys.readouterr().out.startswith("00.1  PASSED  ")
    assert lab.progress.passed("00.1")


def test_whoever_looks_at_it_instead_is_told_to_await(capsys: pytest.CaptureFixture[str]) -> None:
    attempt = Attempt("07.1", lambda loop: PASSED)
    assert repr(attempt) == (
        '07.1  NOT CHECKED  Your answer is async, so its check must be awaited.\n  next: await lab.check("07.1", …)'
    )
    del attempt
    gc.collect()
    assert capsys.readouterr().out == "", "said once is enough"


def test_whoever_drops_it_is_told_to_await(capsys: pytest.CaptureFixture[str]) -> None:
    Attempt("07.1", lambda loop: PASSED)
    gc.collect()
    assert capsys.readouterr().out.startswith("07.1  NOT CHECKED  ")


async def test_whoever_awaited_it_is_told_only_the_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    await Attempt("07.1", lambda loop: PASSED)
    gc.collect()
    assert capsys.readouterr().out == "07.1  PASSED  All at once.\n"


async def test_an_interrupted_check_shows_no_card_in_a_later_cell(capsys: pytest.CaptureFixture[str]) -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def judge(loop: asyncio.AbstractEventLoop) -> Outcome:
        begun.set()
        go_on.wait(5)
        loop.call_soon_threadsafe(done.set)
        return PASSED

    task = asyncio.ensure_future(Attempt("07.1", judge))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await asyncio.to_thread(done.wait, 5)
    assert capsys.readouterr().out == ""


def test_a_solution_stands_beside_what_was_checked_last(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    def say_hello(base_url: str, name: str) -> Any:
        return "tea"  # mine

    lab.check("00.1", say_hello)
    lab.solution("00.1", insist=True)
    assert of(say_hello) == "", "a function inside another is no cell's"
    lab.check("00.1", asks)
    capsys.readouterr()
    lab.solution("00.1", insist=True)
    told = capsys.readouterr().out
    assert "you have | async def asks(base_url: str, name: str) -> Any:" in told
    assert "solution | def say_hello(base_url, name):" in told
