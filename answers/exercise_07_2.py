"""07.2: how people really take the fastest of several answers. Knows no check."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx2

from labkit.author.answers import NOT_THE_WAY, right, wrong


def open_client(key: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}, timeout=30)


async def good(client: httpx2.AsyncClient, url: str) -> Any:
    try:
        answer = await client.get(url)
    except httpx2.TransportError:
        return None
    return answer.json() if answer.status_code == 200 else None


class Found(Exception):
    """Carries what was found out of a TaskGroup."""


@right
async def right_with_wait(urls: Sequence[str], key: str) -> Any:
    async with open_client(key) as client:
        pending = {asyncio.create_task(good(client, url)) for url in urls}
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if (found := task.result()) is not None:
                    for other in pending:
                        other.cancel()
                    await asyncio.gather(*pending, return_exceptions=True)
                    return found
    return None


@right
async def right_with_a_group_that_fails(urls: Sequence[str], key: str) -> Any:
    """A TaskGroup cancels the others when one raises: so let the winner raise."""

    async def one(url: str) -> None:
        if (found := await good(client, url)) is not None:
            raise Found(found)

    result: list[Any] = []
    async with open_client(key) as client:
        try:
            async with asyncio.TaskGroup() as group:
                for url in urls:
                    group.create_task(one(url))
        except* Found as winners:
            result = [winner.args[0] for winner in winners.exceptions]
    return result[0] if result else None


@wrong(NOT_THE_WAY, "nobody told it that you are gone", "which line cancels", belief="first-one-stops-the-rest")
async def leaves_the_losers_running(urls: Sequence[str], key: str) -> Any:
    """The client is never closed, so nothing stops the rest."""
    client = open_client(key)
    kept.append(client)
    tasks = [asyncio.create_task(good(client, url)) for url in urls]
    kept.extend(tasks)
    for call in asyncio.as_completed(tasks):
        if (found := await call) is not None:
            return found
    return None


kept: list[Any] = []


@wrong(NOT_THE_WAY, "nobody told it that you are gone", belief="first-one-stops-the-rest")
async def waits_for_all(urls: Sequence[str], key: str) -> Any:
    found: list[Any] = []

    async def one(url: str) -> None:
        if (answer := await good(client, url)) is not None:
            found.append(answer)

    async with open_client(key) as client:
        await asyncio.gather(*[one(url) for url in urls])
    return found[0] if found else None


@wrong("it is a refusal", "done is not good")
async def takes_the_first_whatever_it_is(urls: Sequence[str], key: str) -> Any:
    async with open_client(key) as client:
        tasks = [asyncio.create_task(client.get(url)) for url in urls if "103" not in url]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        return done.pop().result().json()


@wrong("not the first good one", "that of /shop/products/102", "under way before you wait")
async def asks_one_after_the_other(urls: Sequence[str], key: str) -> Any:
    async with open_client(key) as client:
        for url in urls:
            if (found := await good(client, url)) is not None:
                return found
    return None


@wrong(NOT_THE_WAY, "10 requests", "how often does it run")
async def asks_twice(urls: Sequence[str], key: str) -> Any:
    return await right_with_wait([*urls, *urls], key)


@wrong("RemoteProtocolError", status="crashed")
async def falls_over_a_broken_line(urls: Sequence[str], key: str) -> Any:
    async with open_client(key) as client:
        tasks = [asyncio.create_task(client.get(url)) for url in urls]
        try:
            for call in asyncio.as_completed(tasks):
                answer = await call
                if answer.status_code == 200:
                    return answer.json()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return None


@wrong("Nobody had a good answer", "what makes an answer a good one")
async def takes_an_error_where_nothing_is_better(urls: Sequence[str], key: str) -> Any:
    found = await right_with_wait(urls, key)
    async with open_client(key) as client:
        return found or (await client.get(urls[0])).json()


@wrong("does not return what", "<Response [200 OK]>")
async def returns_the_envelope(urls: Sequence[str], key: str) -> Any:
    async with open_client(key) as client:
        return await client.get(urls[3])
