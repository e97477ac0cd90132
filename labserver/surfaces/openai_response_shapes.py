"""What `/v1/responses` and `/v1/embeddings` answer, for the description; answers are written without them. A leaf."""

from typing import Any, Literal

from pydantic import BaseModel


class TokensBilled(BaseModel):
    input_tokens: int
    input_tokens_details: dict[str, int]
    output_tokens: int
    output_tokens_details: dict[str, int]
    total_tokens: int


class ResponseShown(BaseModel):
    """A response at some moment: what was asked is told again, `output` is what was said until then."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]
    completed_at: int | None
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None
    background: bool
    instructions: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None
    metadata: dict[str, str]
    model: str
    parallel_tool_calls: bool
    previous_response_id: str | None
    prompt_cache_key: str | None
    reasoning: dict[str, Any]
    safety_identifier: str | None
    service_tier: str
    temperature: float
    text: dict[str, Any]
    tool_choice: str | dict[str, Any]
    tools: list[dict[str, Any]]
    top_logprobs: int
    top_p: float
    truncation: str
    user: str | None
    output: list[dict[str, Any]]
    usage: TokensBilled | None


class Deleted(BaseModel):
    id: str
    object: Literal["response"]
    deleted: bool


class ItemList(BaseModel):
    """The ids are empty where the page is."""

    object: Literal["list"]
    data: list[dict[str, Any]]
    first_id: str
    last_id: str
    has_more: bool


class EmbeddingShown(BaseModel):
    """`embedding` has length 1; as base64 it is little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingTokens(BaseModel):
    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    object: Literal["list"]
    data: list[EmbeddingShown]
    model: str
    usage: EmbeddingTokens
