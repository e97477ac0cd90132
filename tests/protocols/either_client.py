"""The `openai` package's two clients behind one set of words, so that a test of either is a test of both."""

import asyncio
from collections.abc import Callable, Coroutine
from types import ModuleType
from typing import Any

from openai import AsyncOpenAI, OpenAI

ASKED: dict[str, Any] = {"model": "tea", "messages": [{"role": "user", "content": "What is tea?"}]}


class Either:
    """One of the two clients, asked in the same words. `waits` is what it slept before each new try, in seconds."""

    def __init__(self, kind: str, url: str, waits: list[float]) -> None:
        self.kind, self.waits, self._url = kind, waits, url

    def _with(
        self, sync: Callable[[OpenAI], Any], asynchronous: Callable[[AsyncOpenAI], Coroutine[Any, Any, Any]]
    ) -> Any:
        how: dict[str, Any] = {"base_url": self._url, "api_key": "lab-key", "timeout": 10}
        if self.kind == "sync":
            with OpenAI(**how) as client:
                return sync(client)

        async def ask() -> Any:
            async with AsyncOpenAI(**how) as client:
                return await asynchronous(client)

        return asyncio.run(ask())

    def whole(self) -> Any:
        return self._with(
            lambda client: client.chat.completions.create(**ASKED),
            lambda client: client.chat.completions.create(**ASKED),
        )

    def heard(self, heard: list[str]) -> None:
        """The words of a stream, and its finish reason, put into `heard` one by one until it ends or raises."""

        def sync(client: OpenAI) -> None:
            with client.chat.completions.create(**ASKED, stream=True) as chunks:
                for one in chunks:
                    heard.extend(told(one))

        async def asynchronous(client: AsyncOpenAI) -> None:
            async with await client.chat.completions.create(**ASKED, stream=True) as chunks:
                async for one in chunks:
                    heard.extend(told(one))

        self._with(sync, asynchronous)

    def response_events(self) -> list[str]:
        """The types of a response's events, from the raw iterator."""

        async def asynchronous(client: AsyncOpenAI) -> list[str]:
            events = await client.responses.create(model="tea", input="What is tea?", stream=True)
            return [one.type async for one in events]

        return self._with(
            lambda client: [
                one.type for one in client.responses.create(model="tea", input="What is tea?", stream=True)
            ],
            asynchronous,
        )

    def response_by_helper(self) -> Any:
        """The final response, from the package's own helper."""

        def sync(client: OpenAI) -> Any:
            with client.responses.stream(model="tea", input="What is tea?") as events:
                return events.get_final_response()

        async def asynchronous(client: AsyncOpenAI) -> Any:
            async with client.responses.stream(model="tea", input="What is tea?") as events:
                return await events.get_final_response()

        return self._with(sync, asynchronous)


def told(one: Any) -> list[str]:
    [choice] = one.choices or [None]
    return [part for part in (choice.delta.content, choice.finish_reason) if part] if choice else []


class Instead:
    """A module whose `sleep` is another."""

    def __init__(self, module: ModuleType, sleep: Callable[[float], Any]) -> None:
        self._module, self.sleep = module, sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)
