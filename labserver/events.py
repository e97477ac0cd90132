"""The currency between back doors and front doors: a chat request and the events that answer it. A leaf.

Providers yield these events and surfaces encode them, so a new provider works on every surface and the other way
round. All are frozen; text is exactly what a model produced, never trimmed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. `role` is system, developer, user, assistant or tool; `content` is plain text."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What any dialect asks of any model. `seed` already mixes the sandbox's seed with the request's own."""

    messages: tuple[Message, ...]
    model: str
    temperature: float = 1.0
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """The model has taken the request; nothing was said yet."""

    model: str


@dataclass(frozen=True, slots=True)
class Text:
    """One delta: the next piece of choice `index`."""

    text: str
    index: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """Choice `index` is over. `finish_reason` is stop, length or content_filter."""

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


StreamEvent = Start | Text | End | Usage
