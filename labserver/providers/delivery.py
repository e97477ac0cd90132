"""From finished choices to events: cuts, interleaves, bills. Knows pieces; knows nothing of their source.

One piece is one delta and one token. Mock and script share it, so `max_tokens` and `stop` mean the same in both.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from labserver.errors import LabError
from labserver.events import ChatRequest, End, Message, Start, StreamEvent, Text, Tool, ToolCall, Usage
from labserver.pace import Pace
from labserver.providers import tokens
from labserver.providers.odds import odds

PER_MESSAGE = 4  # tokens that a chat format spends around each message
PER_REPLY = 2  # and once, to open the answer
PER_IMAGE = 85  # what one in low detail costs, whatever it shows
PER_TOOL = 8  # around the name, the description and the schema of each


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call: its name is one token, its arguments come in `pieces`."""

    name: str
    pieces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One whole answer: its pieces, and how it ends when nobody cuts it. A `failure` takes the place of that end."""

    pieces: tuple[str, ...]
    finish_reason: str = "stop"
    failure: LabError | None = None
    calls: tuple[Call, ...] = ()

    @property
    def tokens(self) -> int:
        return len(self.pieces) + sum(1 + len(call.pieces) for call in self.calls)


def cut(choice: Choice, max_tokens: int | None = None, stop: Sequence[str] = ()) -> Choice:
    """At most `max_tokens` pieces, and nothing from the first stop sequence on.

    A stop sequence counts when it lies whole within those pieces; the piece in which it begins is shortened. An answer
    that fits exactly was not cut, so it keeps its own end. Calls are cut by `max_tokens` alone.
    """
    if choice.calls:
        return _cut_calls(choice, max_tokens)
    pieces = choice.pieces[:max_tokens]
    text = "".join(pieces)
    found = [place for sequence in stop if sequence and (place := text.find(sequence)) >= 0]
    if found:
        return Choice(tuple(_first(min(found), pieces)), "stop")
    return choice if len(pieces) == len(choice.pieces) else Choice(pieces, "length")


def deliver(request: ChatRequest, choices: Sequence[Choice]) -> Iterator[StreamEvent]:
    """The events of one answer. Choices take turns, a delta each; one that is done says so in its own turn.

    Raises a choice's failure when its turn comes.
    """
    choices = [cut(choice, request.max_tokens, request.stop) for choice in choices]
    yield Start(request.model)
    if len(choices) == 1:
        yield from _events(request, 0, choices[0])
    else:
        for turn in zip_longest(*(_events(request, index, choice) for index, choice in enumerate(choices))):
            yield from filter(None, turn)
    yield Usage(prompt_tokens(request.messages, request.tools), sum(choice.tokens for choice in choices))


def prompt_tokens(messages: Sequence[Message], tools: Sequence[Tool] = ()) -> int:
    """What the question costs: its messages with their calls and pictures, and the tools that come along."""
    spoken = sum(_tokens_of(message) + PER_MESSAGE for message in messages)
    offered = sum(
        tokens.count(f"{tool.name} {tool.description} {json.dumps(tool.parameters)}") + PER_TOOL for tool in tools
    )
    return spoken + offered + PER_REPLY


def to_read(request: ChatRequest, pace: Pace) -> int:
    """Tokens that a model of this pace reads before its first one; 0, uncounted, where reading takes no time."""
    return prompt_tokens(request.messages, request.tools) if pace.prefill else 0


def _tokens_of(message: Message) -> int:
    calls = sum(tokens.count(call.name) + tokens.count(call.arguments) for call in message.calls)
    return tokens.count(message.content) + calls + message.images * PER_IMAGE


def _events(request: ChatRequest, index: int, choice: Choice) -> Iterator[StreamEvent]:
    if request.top_logprobs is None:
        yield from _deltas(index, choice)
    else:
        for place, delta in enumerate(_deltas(index, choice)):
            if isinstance(delta, Text):
                key = (request.seed, request.model, index, place)
                yield replace(delta, odds=odds(delta.text, request.top_logprobs, key))
            else:
                yield delta
    if choice.failure:
        raise choice.failure
    yield End(choice.finish_reason, index)


def _deltas(index: int, choice: Choice) -> Iterator[Text | ToolCall]:
    for piece in choice.pieces:
        yield Text(piece, index)
    for number, call in enumerate(choice.calls):
        yield ToolCall(name=call.name, call=number, index=index)
        for piece in call.pieces:
            yield ToolCall(arguments=piece, call=number, index=index)


def _cut_calls(choice: Choice, max_tokens: int | None) -> Choice:
    if max_tokens is None or choice.tokens <= max_tokens:
        return choice
    kept: list[Call] = []
    left = max_tokens
    for call in choice.calls:
        if left > 0:
            kept.append(Call(call.name, call.pieces[: left - 1]))
            left -= 1 + len(kept[-1].pieces)
    return Choice((), "length", calls=tuple(kept))


def _first(length: int, pieces: Sequence[str]) -> Iterator[str]:
    """The pieces that spell the first `length` characters, the last one shortened where it must be."""
    for piece in pieces:
        if length <= 0:
            return
        yield piece[:length]
        length -= len(piece)
