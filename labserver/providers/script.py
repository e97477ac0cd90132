"""The model that says what it is told, piece by piece. Knows its little notation; knows no library and no chance."""

import re
from collections.abc import AsyncIterator
from typing import ClassVar

from labserver.errors import InvalidRequest, ProcessingFailed
from labserver.events import ChatRequest, StreamEvent
from labserver.providers.delivery import Choice, deliver

FINISH_REASONS = ("stop", "length", "content_filter")
DIRECTIVE = re.compile(r"\s*\{(\w+)=([^{}]*)\}\s*")
BAR = re.compile(r"(?<!\\)\|")


class Script:
    r"""Plays exactly the deltas that the last user message spells, for a test or a lesson that needs to know them.

    Pieces stand between bars: `Green| tea| is|{finish=length}` is three deltas and an end by length. `\|` is a bar
    that is said. Empty pieces are skipped. The last piece may be a directive:

    - `{finish=stop}`, `{finish=length}` or `{finish=content_filter}`: the finish reason; without it, stop
    - `{error=the kettle fell over}`: the stream fails there, with these words

    A piece is one token for `max_tokens`; the answer is repeated for each of `n`.
    """

    name: ClassVar[str] = "script"
    paced: ClassVar[bool] = True
    models: ClassVar[tuple[str, ...]] = ("script",)

    async def stream(self, request: ChatRequest) -> AsyncIterator[StreamEvent]:
        """Raises InvalidRequest before the first event for a script that cannot be played."""
        script = next((message.content for message in reversed(request.messages) if message.role == "user"), "")
        for event in deliver(request, [parse(script)] * request.n):
            yield event


def parse(script: str) -> Choice:
    """`'Green| tea|{finish=length}'` -> `Choice(('Green', ' tea'), 'length')`. Raises InvalidRequest with the cure."""
    pieces = [piece.replace(r"\|", "|") for piece in BAR.split(script) if piece]
    found = [
        (place, match) for place, piece in enumerate(pieces) if "{" in piece and (match := DIRECTIVE.fullmatch(piece))
    ]
    if not found:
        return Choice(tuple(pieces))
    place, directive = found[0]
    name, value = directive.groups()
    if name not in DIRECTIVES:
        known = " and ".join(f"{{{name}=...}}" for name in DIRECTIVES)
        raise InvalidRequest(f"A script has no directive {{{name}=...}}. It has {known}.", param="messages")
    if place != len(pieces) - 1:
        raise InvalidRequest(
            f"Nothing is played after {directive[0].strip()}. Make it the last piece.", param="messages"
        )
    return DIRECTIVES[name](tuple(pieces[:-1]), value)


def _finish(pieces: tuple[str, ...], reason: str) -> Choice:
    if reason not in FINISH_REASONS:
        known = ", ".join(FINISH_REASONS)
        raise InvalidRequest(f"A script cannot finish with {reason!r}. It can with {known}.", param="messages")
    return Choice(pieces, reason)


def _error(pieces: tuple[str, ...], words: str) -> Choice:
    return Choice(pieces, failure=ProcessingFailed(words))


DIRECTIVES = {"finish": _finish, "error": _error}
