"""The currency between back doors and front doors: a chat request and the events that answer it. A leaf.

Providers yield these events and surfaces encode them, so a new provider works on every surface and the other way
round. All are frozen; text is exactly what a model produced, never trimmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call of an earlier turn, as the client sent it back; `arguments` is JSON text, or what should be."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `role` is system, developer, user, assistant or tool; `content` is plain text.

    An assistant's turn may hold `calls`; a tool's names the one that it answers in `call_id`. Of pictures only the
    number is kept.
    """

    role: str
    content: str
    calls: tuple[Called, ...] = ()
    call_id: str = ""
    images: int = 0


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask the client to call; `parameters` is its JSON Schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """JSON instead of words: an object that fits `schema`, or any object where there is none."""

    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What any dialect asks of any model. `seed` already mixes the sandbox's seed with the request's own.

    `tools` are those that may be called now; with `must_call` one of them has to be, with `parallel` several may be.
    `top_logprobs` is how many likely tokens each delta comes with, None for no odds at all.
    """

    messages: tuple[Message, ...]
    model: str
    temperature: float = 1.0
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    seed: int = 0
    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    parallel: bool = True
    format: Format | None = None
    top_logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """The model has taken the request; nothing was said yet."""

    model: str


class Delta:
    """What a model says, a piece at a time: each piece is a token of its own. Asked for at every step of its way."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Text(Delta):
    """One delta: the next piece of choice `index`.

    `odds` are (token, log probability) pairs: the token that was said, then what was likely there, likeliest first.
    """

    text: str
    index: int = 0
    odds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCall(Delta):
    """One delta of call number `call` of choice `index`: first its `name` alone, then its arguments piece by piece."""

    name: str = ""
    arguments: str = ""
    call: int = 0
    index: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """Choice `index` is over. `finish_reason` is stop, length, tool_calls or content_filter."""

    finish_reason: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """The bill in tokens, once per request, after the last `End`. `seconds` is the planned (unscaled) duration."""

    prompt_tokens: int
    completion_tokens: int
    seconds: float = 0.0

    @property
    def total_tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


StreamEvent = Start | Text | ToolCall | End | Usage
