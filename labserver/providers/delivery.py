"""From finished choices to events: cuts, interleaves, bills. Knows pieces; knows nothing of their source.

One piece is one delta and one token. Mock and script share it, so `max_tokens` and `stop` mean the same in both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from labserver.errors import LabError
from labserver.events import ChatRequest, End, Message, Start, StreamEvent, Text, Usage
from labserver.providers import tokens

PER_MESSAGE = 4  # tokens that a chat format spends around each message
PER_REPLY = 2  # and once, to open the answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One whole answer: its pieces, and how it ends when nobody cuts it. A `failure` takes the place of that end."""

    pieces: tuple[str, ...]
    finish_reason: str = "stop"
    failure: LabError | None = None


def cut(choice: Choice, max_tokens: int | None = None, stop: Sequence[str] = ()) -> Choice:
    """At most `max_tokens` pieces, and nothing from the first stop sequence on.

    A stop sequence counts when it lies whole within those pieces; the piece in which it begins is shortened. An answer
    that fits exactly was not cut, so it keeps its own end.
    """
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
    for turn in zip_longest(*(_events(index, choice) for index, choice in enumerate(choices))):
        yield from filter(None, turn)
    yield Usage(prompt_tokens(request.messages), sum(len(choice.pieces) for choice in choices))


def prompt_tokens(messages: Sequence[Message]) -> int:
    return sum(tokens.count(message.content) + PER_MESSAGE for message in messages) + PER_REPLY


def _events(index: int, choice: Choice) -> Iterator[StreamEvent]:
    for piece in choice.pieces:
        yield Text(piece, index)
    if choice.failure:
        raise choice.failure
    yield End(choice.finish_reason, index)


def _first(length: int, pieces: Sequence[str]) -> Iterator[str]:
    """The pieces that spell the first `length` characters, the last one shortened where it must be."""
    for piece in pieces:
        if length <= 0:
            return
        yield piece[:length]
        length -= len(piece)
