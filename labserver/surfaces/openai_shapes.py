"""What `/v1` answers, for its description; the answers themselves are written without a model, faster. A leaf."""

from typing import Any, Literal

from pydantic import BaseModel


class ModelShown(BaseModel):
    """A name that `model` may have; `owned_by` says which provider answers under it."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelShown]


class Said(BaseModel):
    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    tool_calls: list[dict[str, Any]] | None = None
    function_call: dict[str, Any] | None = None


class Choice(BaseModel):
    index: int
    message: Said
    logprobs: dict[str, Any] | None
    finish_reason: str


class TokensUsed(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    """The whole answer: `n` choices and the bill."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: TokensUsed
    system_fingerprint: str
