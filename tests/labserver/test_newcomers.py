"""Newcomers take turns: so many a round of the loop, first come first served, and whoever gives up leaves the queue."""

import asyncio

from labserver.newcomers import LONG, Newcomers


async def rounds_until(newcomers: Newcomers, count: int) -> list[int]:
    """In which round of the loop each of so many tasks, started together, got its turn."""
    now = 0
    got: list[int] = []

    async def one() -> None:
        await newcomers.turn()
        got.append(now)

    tasks = [asyncio.create_task(one()) for _ in range(count)]
    while len(got) < count:
        await asyncio.sleep(0)
        now += 1
    await asyncio.gather(*tasks)
    return got


async def test_no_round_lets_in_more_than_so_many_and_nobody_waits_longer_than_needed() -> None:
    got = await rounds_until(Newcomers(at_once=4), 18)
    assert max(got.count(number) for number in got) == 4
    assert len(set(got)) == 5, "eighteen in fours are five rounds"
    assert got == sorted(got), "first come, first served"


async def test_where_rounds_are_long_fewer_come_in_and_where_they_are_short_again_as_many_as_ever() -> None:
    hours = iter([0.0, LONG, LONG * 2, LONG * 3])
    got = await rounds_until(Newcomers(at_once=4, clock=lambda: next(hours, LONG * 3)), 18)
    assert [got.count(number) for number in sorted(set(got))] == [4, 2, 2, 2, 4, 4]


async def test_a_few_come_in_at_once() -> None:
    assert await rounds_until(Newcomers(at_once=4), 3) == [0, 0, 0]


async def test_the_queue_moves_on_when_somebody_leaves_it_and_is_empty_in_the_end() -> None:
    newcomers = Newcomers(at_once=1)
    tasks = [asyncio.create_task(newcomers.turn()) for _ in range(4)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    done = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert [type(one) for one in done] == [type(None), type(None), asyncio.CancelledError, type(None)]
    assert len(set(await rounds_until(newcomers, 2))) == 2, "as new: one a round"
