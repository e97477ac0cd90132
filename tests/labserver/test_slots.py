"""A line before the model: who is let in when, and that a place is given back on every way out."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from labserver.bell import Bell
from labserver.errors import Unavailable
from labserver.slots import Slots


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


async def work(slots: Slots, name: str, said: list[str], go_on: asyncio.Event, places: int = 1) -> None:
    async with slots.turn(places, Bell()):
        said.append(f"{name} in")
        await go_on.wait()
    said.append(f"{name} out")


async def test_who_comes_first_is_served_first_and_only_so_many_at_once() -> None:
    slots, said = Slots(), []
    ends = {name: asyncio.Event() for name in "abc"}
    async with asyncio.TaskGroup() as group:
        for name, end in ends.items():
            group.create_task(work(slots, name, said, end, 2))
        await settle()
        assert (said, slots.busy, slots.waiting) == (["a in", "b in"], 2, 1)
        ends["b"].set()
        await settle()
        assert said[2:] == ["b out", "c in"]
        ends["a"].set(), ends["c"].set()
    assert (slots.busy, slots.waiting) == (0, 0)


async def test_one_who_gives_up_waiting_leaves_the_line_and_one_who_fails_gives_his_place_back() -> None:
    slots, said, bell = Slots(), [], Bell()
    async with AsyncExitStack() as first:
        await first.enter_async_context(slots.turn(1, bell))
        waiting = asyncio.create_task(work(slots, "b", said, asyncio.Event()))
        await settle()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (slots.busy, slots.waiting, said) == (1, 0, [])
    with pytest.raises(ZeroDivisionError):
        async with slots.turn(1, bell):
            1 / 0  # noqa: B018 - a failure at work
    assert (slots.busy, slots.waiting) == (0, 0)


async def test_without_slots_nobody_waits_and_nobody_counts() -> None:
    slots, bell = Slots(), Bell()
    async with slots.turn(0, bell), slots.turn(0, bell):
        assert slots.busy == 0


async def test_the_bell_ends_the_waiting() -> None:
    slots, bell = Slots(), Bell()
    async with slots.turn(1, bell):
        waiting = asyncio.create_task(slots.turn(1, bell).__aenter__())
        await settle()
        bell.ring()
        with pytest.raises(Unavailable, match="shutting down"):
            await waiting
    assert (slots.busy, slots.waiting) == (0, 0)
