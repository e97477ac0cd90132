"""A conversation in one call: `ask("Hello", "Hi!", "What is tea?", temperature=0)`. The user begins."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

from labserver.events import ChatRequest, End, Message, Start, StreamEvent, Text, Usage
from labserver.providers.base import Provider
from labserver.providers.mock import Mock


@dataclass(frozen=True)
class Answer:
    events: tuple[StreamEvent, ...]

    @property
    def text(self) -> str:
        return self.choice(0)

    def choice(self, index: int) -> str:
        return "".join(self.deltas(index))

    def deltas(self, index: int | None = None) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Text) and index in (None, event.index)]

    @property
    def ends(self) -> dict[int, str]:
        return {event.index: event.finish_reason for event in self.events if isinstance(event, End)}

    @property
    def usage(self) -> Usage:
        (usage,) = [event for event in self.events if isinstance(event, Usage)]
        return usage


def request(*turns: str, system: str = "", model: str = "tea-small", **options: Any) -> ChatRequest:
    spoken = [Message(role, turn) for role, turn in zip(cycle(["user", "assistant"]), turns, strict=False)]
    return ChatRequest(tuple([Message("system", system)] * bool(system) + spoken), model, **options)


def drain(provider: Provider, asked: ChatRequest) -> Answer:
    async def events() -> Iterable[StreamEvent]:
        async with aclosing(provider.stream(asked)) as stream:
            return [event async for event in stream]

    answer = Answer(tuple(asyncio.run(events())))
    assert isinstance(answer.events[0], Start)
    assert isinstance(answer.events[-1], Usage)
    return answer


@pytest.fixture
def ask() -> Callable[..., Answer]:
    def ask(*turns: str, provider: Provider | None = None, **options: Any) -> Answer:
        return drain(provider or Mock(), request(*turns, **options))

    return ask
