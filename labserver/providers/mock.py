"""The model that ships with the lab: a small library, told in varying words. Knows events; knows no clock."""

from collections.abc import AsyncIterator
from functools import cache
from typing import ClassVar

from labserver import pace
from labserver.events import ChatRequest, StreamEvent
from labserver.providers import calling, library, tokens
from labserver.providers.delivery import Choice, deliver
from labserver.providers.matching import Index
from labserver.providers.replies import reply
from labserver.providers.turn import Turn
from labserver.providers.writing import written

OWN = ("tea-small", "tea-large", *pace.MODELS)
# Names that the seeds, the lessons and many tutorials use: they work here, and the same small library answers.
ALIASES = (
    "gpt-4o-mini", "gpt-4o", "gpt-4", "gpt-3.5-turbo", "gpt-4-turbo", "gpt-4.1", "gpt-4.1-mini",
    "gpt-realtime", "gpt-realtime-mini",
)  # fmt: skip


class Mock:
    """Answers from labserver/providers/library, the same for the same request in every process.

    At temperature 0 it speaks in canonical words whatever the seed; above, the seed picks among alternatives. Calls of
    tools and JSON are read from the request alone, so no seed changes them.
    """

    name: ClassVar[str] = "mock"
    paced: ClassVar[bool] = True
    models: ClassVar[tuple[str, ...]] = OWN + ALIASES

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        turns = [Turn(request, index(), choice) for choice in range(request.n)]
        calls = calling.calls(request)
        choices = [Choice((), "tool_calls", calls=calls) if calls else answer(turn) for turn in turns]
        for event in deliver(request, choices):
            yield event


def answer(turn: Turn) -> Choice:
    """In words, or in JSON where a format is wanted; what tools found is told in either."""
    if turn.request.format:
        text = written(turn)
    elif results := calling.results(turn.request.messages):
        text = turn.say("results", results=results)
    else:
        text = reply(turn)
    return Choice(tuple(tokens.split(text)))


@cache
def index() -> Index:
    """The library, read once per process at the first question."""
    return Index(library.load())
