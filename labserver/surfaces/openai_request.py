"""What a chat completion request may say, and how it becomes a ChatRequest. Knows pydantic; answers nothing."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from labserver.events import ChatRequest, Message

MAX_TOKENS = 100_000


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    """One turn; `content` is text, or a list of text parts."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class StreamOptions(BaseModel):
    include_usage: bool = False


class ChatBody(BaseModel):
    """The request body. Fields that this lab has no use for are ignored."""

    model: Annotated[str, Field(min_length=1)]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1, le=MAX_TOKENS)] = None
    n: Annotated[int | None, Field(ge=1, le=16)] = None
    seed: Annotated[int | None, Field(ge=-(2**63), lt=2**63)] = None
    stop: str | list[str] | None = None

    @field_validator("stop")
    @classmethod
    def at_most_four(cls, stop: str | list[str] | None) -> str | list[str] | None:
        sequences = [stop] if isinstance(stop, str) else stop or []
        if len(sequences) > 4 or "" in sequences:
            raise ValueError("give 1 to 4 stop sequences, none of them empty")
        return stop

    @property
    def wants_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage

    def as_chat(self) -> ChatRequest:
        return ChatRequest(
            messages=tuple(Message(message.role, message.text) for message in self.messages),
            model=self.model,
            temperature=1.0 if self.temperature is None else self.temperature,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            n=self.n or 1,
            seed=(self.seed or 0) & 0xFFFFFFFF,
        )
