"""Jobs side by side until the first is over. Knows tasks; knows nothing of what they do. A leaf."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def first_done(*jobs: Awaitable[T]) -> T:
    """The result of the job that is over first (of several, the one named first), or what it raised.

    The others are cancelled and waited for, also when we are cancelled ourselves.
    """
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(task for task in tasks if not task.cancelled()).result()
