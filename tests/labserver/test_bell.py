"""A sleep that everybody can be woken from. Real loops, waits of a fraction of a second at the most."""

import asyncio
import time

from labserver.bell import Bell


async def test_without_a_ring_it_sleeps_its_time() -> None:
    began = time.monotonic()
    await Bell().sleep(0.05)
    assert time.monotonic() - began >= 0.045


async def test_one_ring_wakes_everybody_at_once() -> None:
    bell = Bell()
    sleepers = asyncio.gather(*(bell.sleep(30) for _ in range(50)))
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.wait_for(sleepers, 1)


async def test_after_the_ring_nobody_sleeps_any_more() -> None:
    bell = Bell()
    bell.ring()
    await asyncio.wait_for(bell.sleep(30), 1)


async def test_a_sleeper_that_is_cancelled_leaves_nothing_behind() -> None:
    bell = Bell()
    sleeper = asyncio.ensure_future(bell.sleep(30))
    await asyncio.sleep(0)
    sleeper.cancel()
    await asyncio.gather(sleeper, return_exceptions=True)
    assert bell._sleepers == set()


async def test_no_time_at_all_still_lets_others_run() -> None:
    told: list[str] = []

    async def other() -> None:
        told.append("other")

    task = asyncio.ensure_future(other())
    await Bell().sleep(0)
    assert told == ["other"]
    await task


async def test_a_bell_under_another_one_is_woken_by_either_and_wakes_only_its_own() -> None:
    tower = Bell()
    small, other = Bell(under=tower), Bell(under=tower)
    first, second = asyncio.ensure_future(small.sleep(30)), asyncio.ensure_future(other.sleep(30))
    await asyncio.sleep(0)
    small.ring()
    await asyncio.wait_for(first, 1)
    assert (small.rung, other.rung, tower.rung, second.done()) == (True, False, False, False)
    tower.ring()
    await asyncio.wait_for(second, 1)
    assert other.rung
    await asyncio.wait_for(other.sleep(30), 1)
    assert tower._sleepers == other._sleepers == small._sleepers == set()
