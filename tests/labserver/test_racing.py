"""The first one wins, and nobody is left running."""

import asyncio

import pytest

from labserver.racing import first_done


class Runner:
    """A job that notes whether it was cancelled."""

    def __init__(self) -> None:
        self.cancelled = False

    async def for_ever(self) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return "never"


async def soon(value: str) -> str:
    await asyncio.sleep(0)
    return value


async def fails() -> str:
    await asyncio.sleep(0)
    raise ValueError("spilt")


async def test_the_result_is_the_first_ones_and_the_others_are_cancelled() -> None:
    slow = Runner()
    assert await first_done(slow.for_ever(), soon("tea")) == "tea"
    assert slow.cancelled


async def test_of_two_that_are_over_at_once_the_one_named_first_counts() -> None:
    assert await first_done(soon("one"), soon("two")) == "one"


async def test_what_the_first_one_raises_is_raised() -> None:
    slow = Runner()
    with pytest.raises(ValueError, match="spilt"):
        await first_done(fails(), slow.for_ever())
    assert slow.cancelled


async def test_cancelling_the_race_cancels_every_runner() -> None:
    runners = Runner(), Runner()
    race = asyncio.ensure_future(first_done(*(runner.for_ever() for runner in runners)))
    await asyncio.sleep(0.01)
    race.cancel()
    with pytest.raises(asyncio.CancelledError):
        await race
    assert all(runner.cancelled for runner in runners)
