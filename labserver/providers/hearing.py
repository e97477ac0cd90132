"""A real provider's chunks, read as our events. Knows OpenAI's chunks and the liberties that others take with them.

Only what is read is checked, so that a provider may leave out what nobody needs: ids, dates, roles.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from labserver.errors import ProviderFailed
from labserver.events import ChatRequest, End, StreamEvent, Text, ToolCall, Usage
from labserver.providers import tokens
from labserver.providers.delivery import prompt_tokens

FINISHES = {"stop": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls"} | {
    "content_filter": "content_filter"
}
BROKE_OFF = "The provider's answer broke off before its end. What came is not the whole answer: ask again."
UNREADABLE = "The provider sent something that is no chunk of OpenAI's format. Is its address that of a /v1?"


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Function(_Read):
    name: str | None = None
    arguments: str | None = None


class _Call(_Read):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(_Read):
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Likely(_Read):
    token: str
    logprob: float


class _Token(_Likely):
    top_logprobs: list[_Likely] | None = None


class _Odds(_Read):
    content: list[_Token] | None = None


class _Choice(_Read):
    index: int = 0
    delta: _Delta | None = None
    logprobs: _Odds | None = None
    finish_reason: str | None = None


class _Usage(_Read):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(_Read):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


class Hearing:
    """One answer as it comes in: `events` of each chunk, `close` after the last, `bill` at any time."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._calls: dict[int, list[tuple[int, str]]] = {}  # choice -> (index, id) of each call, in our order
        self._ended: set[int] = set()
        self._open: set[int] = set()
        self._said: list[str] = []
        self._usage: _Usage | None = None

    def events(self, chunk: Any) -> Iterator[StreamEvent]:
        """Raises ProviderFailed for what is no chunk."""
        try:
            read = _Chunk.model_validate(chunk)
        except ValidationError as error:
            raise ProviderFailed(UNREADABLE) from error
        self._usage = read.usage or self._usage
        for choice in read.choices or ():
            if choice.index not in self._ended and 0 <= choice.index < self._request.n:
                yield from self._of(choice)

    def close(self) -> None:
        """Raises ProviderFailed where the stream ended without an end of each choice that had begun."""
        if self._open or not self._ended:
            raise ProviderFailed(BROKE_OFF)

    def bill(self, seconds: float = 0.0) -> Usage:
        """As the provider counted, or as we do where it has not (yet)."""
        said = self._usage or _Usage()
        asked = prompt_tokens(self._request.messages, self._request.tools)
        spoken = tokens.count("".join(self._said))
        return Usage(
            asked if said.prompt_tokens is None else said.prompt_tokens,
            spoken if said.completion_tokens is None else said.completion_tokens,
            round(seconds, 3),
        )

    def _of(self, choice: _Choice) -> Iterator[StreamEvent]:
        self._open.add(choice.index)
        delta = choice.delta or _Delta()
        if text := delta.content or delta.refusal:
            self._said.append(text)
            yield from _texts(text, choice)
        for call in delta.tool_calls or ():
            yield from self._call(call, choice.index)
        if choice.finish_reason:
            self._open.discard(choice.index)
            self._ended.add(choice.index)
            yield End(self._finish(choice), choice.index)

    def _finish(self, choice: _Choice) -> str:
        """Some end with `stop` after a call; `error` is OpenRouter's; what nobody knows is a stop."""
        reason = choice.finish_reason or ""
        if reason == "error":
            raise ProviderFailed("The provider's model failed in the middle of its answer. Ask again.")
        known = FINISHES.get(reason, "stop")
        return "tool_calls" if known == "stop" and self._calls.get(choice.index) else known

    def _call(self, call: _Call, choice: int) -> Iterator[StreamEvent]:
        """First the name alone, then the arguments. Some number every call 0 and tell them apart by their ids."""
        begun, said = self._calls.setdefault(choice, []), call.function or _Function()
        index = call.index or 0
        at = next((place for place in reversed(range(len(begun))) if begun[place][0] == index), None)
        if at is None or (said.name and call.id and begun[at][1] != call.id):
            if not said.name:
                raise ProviderFailed(UNREADABLE)
            at = len(begun)
            begun.append((index, call.id or ""))
            self._said.append(said.name)
            yield ToolCall(name=said.name, call=at, index=choice)
        if said.arguments:
            self._said.append(said.arguments)
            yield ToolCall(arguments=said.arguments, call=at, index=choice)


def _texts(text: str, choice: _Choice) -> Iterator[Text]:
    """One delta; or one per token, with its odds, where the odds spell the very text."""
    odds = (choice.logprobs and choice.logprobs.content) or []
    if not odds or "".join(token.token for token in odds) != text:
        yield Text(text, choice.index)
        return
    for token in odds:
        likely = ((one.token, one.logprob) for one in token.top_logprobs or ())
        yield Text(token.token, choice.index, ((token.token, token.logprob), *likely))
