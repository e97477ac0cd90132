"""Who waits for whom at a barrier, and what becomes of those who leave."""

import asyncio

import pytest

from labserver.barrier import Barrier
from labserver.bell import Bell
from labserver.errors import TimedOut

LONG = 30.0


async def settled() -> None:
    """Let every task run until it waits for something."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_last_to_come_lets_all_go_and_the_next_meet_anew() -> None:
    barrier, bell = Barrier(), Bell()
    for _ in range(2):
        early = [asyncio.ensure_future(barrier.meet(3, LONG, bell.sleep)) for _ in range(2)]
        await settled()
        assert not any(task.done() for task in early)
        await barrier.meet(3, LONG, bell.sleep)
        await asyncio.gather(*early)


async def test_another_head_count_is_another_barrier() -> None:
    barrier, bell = Barrier(), Bell()
    of_two = asyncio.ensure_future(barrier.meet(2, LONG, bell.sleep))
    of_three = asyncio.ensure_future(barrier.meet(3, LONG, bell.sleep))
    await settled()
    assert not of_two.done()
    assert not of_three.done()
    await barrier.meet(2, LONG, bell.sleep)
    await of_two
    of_three.cancel()
    await asyncio.gather(of_three, return_exceptions=True)


async def test_one_who_leaves_is_not_counted() -> None:
    barrier, bell = Barrier(), Bell()
    gone = asyncio.ensure_future(barrier.meet(2, LONG, bell.sleep))
    await settled()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    alone = asyncio.ensure_future(barrier.meet(2, LONG, bell.sleep))
    await settled()
    assert not alone.done()
    await barrier.meet(2, LONG, bell.sleep)
    await alone


async def test_one_who_has_left_is_not_counted_though_nobody_has_cancelled_him_yet() -> None:
    barrier, bell, left = Barrier(), Bell(), []
    gone = asyncio.ensure_future(barrier.meet(2, LONG, bell.sleep, lambda: not left))
    await settled()
    left.append("the client")
    alone = asyncio.ensure_future(barrier.meet(2, LONG, bell.sleep))
    await settled()
    assert not alone.done()
    await barrier.meet(2, LONG, bell.sleep)
    await alone
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)


async def test_who_waits_too_long_is_told_how_many_came() -> None:
    barrier, bell = Barrier(), Bell()
    with pytest.raises(TimedOut, match=r"Only 1 of 2 requests were open at once within 0\.01 s") as caught:
        await barrier.meet(2, 0.01, bell.sleep)
    assert caught.value.status == 408


async def test_a_server_that_ends_keeps_nobody_waiting() -> None:
    barrier, bell = Barrier(), Bell()
    waiting = asyncio.ensure_future(barrier.meet(2, LONG, bell.sleep))
    await settled()
    bell.ring()
    with pytest.raises(TimedOut):
        await asyncio.wait_for(waiting, 5)
