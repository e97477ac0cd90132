"""One call of the learner's code under a time limit: in a thread, or in the kernel's own event loop. Judges nothing."""

import asyncio
import inspect
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from labkit.checks.prints import Prints

GRACE = 2.0  # seconds between freeing a call that hangs and giving it up


@dataclass(slots=True)
class Called:
    """How a call ended: its `value` or its `error`; `late` that it had to be freed, `stuck` that it runs on."""

    value: Any = None
    error: BaseException | None = None
    late: bool = False
    stuck: bool = False


def wants_loop(answer: Any) -> bool:
    """Whether the answer is to be awaited: an async function or generator, or a class with an async method."""
    if inspect.isclass(answer):
        return any(_is_async(member) for _, member in inspect.getmembers(answer))
    return _is_async(answer) or _is_async(getattr(answer, "__call__", None))  # noqa: B004  # not whether: which


def _is_async(thing: Any) -> bool:
    while isinstance(thing, partial):
        thing = thing.func
    return inspect.iscoroutinefunction(thing) or inspect.isasyncgenfunction(thing)


def in_thread(
    work: Callable[[], Any], name: str, patience: float, free: Callable[[], object], prints: Prints
) -> Called:
    """Run it in a thread of its own. One that hangs is freed by `free`, which ends what it waits for."""
    called = Called()

    def run() -> None:
        try:
            called.value = work()
        except BaseException as error:  # also SystemExit: whatever the code does is an outcome, not our failure
            called.error = error

    with prints:
        thread = threading.Thread(target=prints.context().run, args=(run,), name=name, daemon=True)
        thread.start()
        thread.join(patience)
        if not thread.is_alive():
            return called
        free()
        thread.join(GRACE)
        return Called(late=True, stuck=thread.is_alive())


def in_loop(
    loop: asyncio.AbstractEventLoop,
    work: Callable[[], Any],
    patience: float,
    free: Callable[[], object],
    prints: Prints,
) -> Called:
    """Run it as a task of this loop, asked from another thread. One that hangs is cancelled.

    One that blocks the loop cannot be cancelled; `free` ends what it waits for.
    """
    called, done = Called(), threading.Event()
    tasks: list[asyncio.Task[None]] = []

    async def run() -> None:
        try:
            value = work()
            called.value = await value if inspect.isawaitable(value) else value
        except BaseException as error:  # also SystemExit, which would end the kernel's loop; our own cancel too
            called.error = error
        finally:
            done.set()

    def begin() -> None:
        tasks.append(loop.create_task(run(), context=prints.context()))

    def cancel() -> None:
        for task in tasks:
            task.cancel()

    with prints:
        loop.call_soon_threadsafe(begin)
        if done.wait(patience):
            return called
        loop.call_soon_threadsafe(cancel)
        if not done.wait(GRACE / 2):
            free()
            done.wait(GRACE)
        return Called(late=True, stuck=not done.is_set())
