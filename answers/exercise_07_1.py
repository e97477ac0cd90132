"""07.1: how people really ask for sixteen prices. Knows no check."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2
import requests

from labkit.author.answers import NOT_THE_WAY, right, wrong


def headers(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def open_client(base_url: str, key: str, **more: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=base_url, headers=headers(key), **more)


def price(answer: Any) -> Any:
    return answer.json()["price"] if answer.status_code == 200 else None


async def one(client: httpx2.AsyncClient, number: int) -> Any:
    return price(await client.get(f"/shop/products/{number}"))


@right
async def right_with_a_small_pool(base_url: str, key: str, ids: Sequence[int]) -> Any:
    """The pool is a valve too: who finds no free line waits for one."""
    async with open_client(base_url, key, limits=httpx2.Limits(max_connections=8), timeout=30) as client:
        return await asyncio.gather(*[one(client, number) for number in ids])


@right
async def right_with_a_task_group(base_url: str, key: str, ids: Sequence[int]) -> Any:
    cups = asyncio.Semaphore(8)

    async def cautious(client: httpx2.AsyncClient, number: int) -> Any:
        async with cups:
            return await one(client, number)

    async with open_client(base_url, key) as client, asyncio.TaskGroup() as group:
        tasks = [group.create_task(cautious(client, number)) for number in ids]
    return [task.result() for task in tasks]


@right
async def right_in_batches(base_url: str, key: str, ids: Sequence[int]) -> Any:
    found: list[Any] = []
    async with open_client(base_url, key) as client:
        for start in range(0, len(ids), 8):
            found += await asyncio.gather(*[one(client, number) for number in ids[start : start + 8]])
    return found


@right
async def right_with_threads(base_url: str, key: str, ids: Sequence[int]) -> Any:
    """A blocking library, and eight who stand at the hatch for us."""
    cups = asyncio.Semaphore(8)
    with httpx2.Client(base_url=base_url, headers=headers(key)) as client:

        async def cautious(number: int) -> Any:
            async with cups:
                return price(await asyncio.to_thread(client.get, f"/shop/products/{number}"))

        return await asyncio.gather(*[cautious(number) for number in ids])


@wrong("came one after the other", "which `await` stands inside the loop", belief="await-starts-them-all")
async def awaits_in_a_loop(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async with open_client(base_url, key) as client:
        return [await one(client, number) for number in ids]


@wrong("came one after the other", "5 requests open at the same time", belief="await-starts-them-all")
async def makes_them_first(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async with open_client(base_url, key) as client:
        calls = [one(client, number) for number in ids]
        return [await call for call in calls]


@wrong("came one after the other", "your event loop stood still", belief="async-def-is-enough")
async def gathers_what_blocks(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async def blocking(number: int) -> Any:
        url = f"{base_url}/shop/products/{number}"
        return price(requests.get(url, headers=headers(key), timeout=30))  # noqa: ASYNC210 - its mistake

    return await asyncio.gather(*[blocking(number) for number in ids])


@wrong("came one after the other", belief="await-starts-them-all")
async def raises_at_the_first_408(base_url: str, key: str, ids: Sequence[int]) -> Any:
    """One after the other too, and its own exception is not the point."""
    async with open_client(base_url, key) as client:
        found = []
        for number in ids:
            answer = await client.get(f"/shop/products/{number}")
            answer.raise_for_status()
            found.append(answer.json()["price"])
        return found


@wrong("Too few of your requests met", "at most 3", "how many may pass your valve?")
async def is_too_careful(base_url: str, key: str, ids: Sequence[int]) -> Any:
    cups = asyncio.Semaphore(3)

    async def cautious(client: httpx2.AsyncClient, number: int) -> Any:
        async with cups:
            return await one(client, number)

    async with open_client(base_url, key) as client:
        return await asyncio.gather(*[cautious(client, number) for number in ids])


@wrong(NOT_THE_WAY, "8 at the most", "the same valve")
async def asks_for_all_at_once(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async with open_client(base_url, key) as client:
        return await asyncio.gather(*[one(client, number) for number in ids])


@wrong(NOT_THE_WAY, "8 at the most", "does each make one of its own?")
async def makes_a_semaphore_for_each(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async def careless(client: httpx2.AsyncClient, number: int) -> Any:
        async with asyncio.Semaphore(8):
            return await one(client, number)

    async with open_client(base_url, key) as client:
        return await asyncio.gather(*[careless(client, number) for number in ids])


@wrong(NOT_THE_WAY, "16 requests took 16 connections", "how many clients")
async def makes_a_client_for_each(base_url: str, key: str, ids: Sequence[int]) -> Any:
    cups = asyncio.Semaphore(8)

    async def cautious(number: int) -> Any:
        async with cups, open_client(base_url, key) as client:
            return await one(client, number)

    return await asyncio.gather(*[cautious(number) for number in ids])


@wrong("not in the order of `ids`", "whoever came first")
async def takes_them_as_they_come(base_url: str, key: str, ids: Sequence[int]) -> Any:
    cups, found = asyncio.Semaphore(8), []

    async def cautious(client: httpx2.AsyncClient, number: int) -> None:
        async with cups:
            found.insert(0, await one(client, number))

    async with open_client(base_url, key) as client:
        await asyncio.gather(*[cautious(client, number) for number in ids])
    return found


@wrong("does not return a price for each number", "a list of 15")
async def leaves_the_missing_out(base_url: str, key: str, ids: Sequence[int]) -> Any:
    found = await right_in_batches(base_url, key, ids)
    return [one for one in found if one is not None]


@wrong("KeyError: 'price'", status="crashed")
async def forgets_the_404(base_url: str, key: str, ids: Sequence[int]) -> Any:
    cups = asyncio.Semaphore(8)

    async def hasty(client: httpx2.AsyncClient, number: int) -> Any:
        async with cups:
            return (await client.get(f"/shop/products/{number}")).json()["price"]

    async with open_client(base_url, key) as client:
        return await asyncio.gather(*[hasty(client, number) for number in ids])


@wrong("AttributeError: 'coroutine' object has no attribute", "left of the dot", status="crashed")
async def forgets_an_await(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async with open_client(base_url, key) as client:
        calls: list[Any] = [client.get(f"/shop/products/{number}") for number in ids]
        try:
            return [call.json()["price"] for call in calls]
        finally:
            for call in calls:
                call.close()


@wrong("came back before its work was done", "is there an `await` in it")
async def does_not_wait_for_gather(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async with open_client(base_url, key) as client:
        return asyncio.gather(*[one(client, number) for number in ids], return_exceptions=True)


@wrong("asyncio.run() cannot be called from a running event loop", status="crashed")
async def brings_a_loop_of_its_own(base_url: str, key: str, ids: Sequence[int]) -> Any:
    work = right_in_batches(base_url, key, ids)
    try:
        return asyncio.run(work)
    finally:
        work.close()


@wrong("No request with this key", "Authorization: Bearer")
async def forgets_the_key(base_url: str, key: str, ids: Sequence[int]) -> Any:
    async with httpx2.AsyncClient(base_url=base_url) as client:
        return await asyncio.gather(*[one(client, number) for number in ids])


@wrong("Your function is not async", "`async def`")
def is_not_async(base_url: str, key: str, ids: Sequence[int]) -> Any:
    return [price(requests.get(f"{base_url}/shop/products/{one}", headers=headers(key), timeout=30)) for one in ids]
