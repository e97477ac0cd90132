"""The model that ships with the lab: a small library, told in varying words. Knows events; knows no clock."""

from collections.abc import AsyncIterator
from functools import cache
from typing import ClassVar

from labserver import pace
from labserver.events import ChatRequest, StreamEvent
from labserver.providers import library, tokens
from labserver.providers.delivery import Choice, deliver
from labserver.providers.matching import Index
from labserver.providers.replies import reply
from labserver.providers.turn import Turn


class Mock:
    """Answers from labserver/providers/library, the same for the same request in every process.

    At temperature 0 it speaks in canonical words whatever the seed; above, the seed picks among alternatives.
    """

    name: ClassVar[str] = "mock"
    paced: ClassVar[bool] = True
    models: ClassVar[tuple[str, ...]] = (
        "tea-small", "tea-large", *pace.MODELS, "gpt-4o-mini", "gpt-4o", "gpt-4", "gpt-3.5-turbo",
    )  # fmt: skip

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        turns = [Turn(request, index(), choice) for choice in range(request.n)]
        for event in deliver(request, [Choice(tuple(tokens.split(reply(turn)))) for turn in turns]):
            yield event


@cache
def index() -> Index:
    """The library, read once per process at the first question."""
    return Index(library.load())
