"""A beat in the answer's own loop tells a call that blocks from one that waits as it should."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from labkit.checks.calling import Called, in_loop
from labkit.checks.prints import Prints
from labkit.checks.pulse import Pulse

LONG = 0.4  # seconds that an answer waits, well or badly


async def blocks() -> None:
    time.sleep(LONG)  # noqa: ASYNC251 - the mistake that a pulse is made to find


async def waits() -> None:
    await asyncio.sleep(LONG)


def pulse_of(loop: asyncio.AbstractEventLoop, answer: Callable[[], Any]) -> float:
    with Pulse(loop) as pulse:
        called = in_loop(loop, answer, 10, lambda: None, Prints())
    assert called == Called()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(5)  # the beat has ended by now
    return pulse.longest


def test_a_blocking_call_stops_the_pulse(loop: asyncio.AbstractEventLoop) -> None:
    assert pulse_of(loop, blocks) >= LONG


def test_an_await_lets_it_go_on(loop: asyncio.AbstractEventLoop) -> None:
    assert 0 < min(pulse_of(loop, waits) for _ in range(3)) < LONG


def test_the_beat_ends_with_the_call(loop: asyncio.AbstractEventLoop) -> None:
    pulse_of(loop, waits)

    async def tasks() -> int:
        return len(asyncio.all_tasks())

    assert asyncio.run_coroutine_threadsafe(tasks(), loop).result(5) == 1  # the one that counts


def test_without_a_loop_there_is_no_pulse() -> None:
    with Pulse(None) as pulse:
        time.sleep(0.05)
    assert pulse.longest == 0.0
