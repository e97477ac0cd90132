"""Answers judged as a learner's would be, against a real server; solutions and stubs as the course stores them."""

import asyncio
import gc
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from labkit import checks
from labkit.author import book
from labkit.author.taught import Taught
from labkit.author.taught import taught as find
from labkit.outcome import Outcome
from labkit.render import card

ROOT = Path(__file__).parents[3]
KEY = re.compile(r"lab-[A-Za-z0-9_-]{20,}")

Judge = Callable[..., Outcome]


@pytest.fixture(scope="session")
def taught() -> Callable[[str], Taught]:
    """The exercise with this id, from the solutions; a guided one from its lesson."""
    return partial(find, book.read(ROOT))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A loop that runs in a thread of its own, as a kernel's does beside the judge's."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def judge(server: Any) -> Judge:
    """`lab.check` without the notebook. Every card is looked through for keys."""
    return judging(server.url)


@pytest.fixture(scope="session")
def hurried(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The url of a server whose model talks ten times as fast: for checks that judge no moment of leaving."""
    live = type(server)(tmp_path_factory.mktemp("hurried"), "--solo", "--time-scale", "0.1")
    yield live.url
    live.stop()


@pytest.fixture
def judge_fast(hurried: str) -> Judge:
    """The same against the hurried server."""
    return judging(hurried)


def judging(url: str) -> Judge:
    def judge(exercise: str, answer: Any, **options: Any) -> Outcome:
        with warnings.catch_warnings():  # many a wrong answer leaves its sockets open: let them go here and now
            warnings.simplefilter("ignore", ResourceWarning)
            outcome = asyncio.run(_in_a_loop(partial(checks.run, exercise, answer, url, **options)))
            gc.collect()
        print(card(outcome))
        assert not KEY.search(card(outcome)), "the card shows a key"
        return outcome

    return judge


async def _in_a_loop(run: Callable[..., Outcome]) -> Outcome:
    """As a kernel does it: a loop is there for the answers that want one."""
    return await asyncio.to_thread(run, loop=asyncio.get_running_loop())
