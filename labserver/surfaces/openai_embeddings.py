"""OpenAI's `/v1/embeddings`: texts or token numbers in, vectors out, as numbers or as base64. Knows no hash.

Source: OpenAI's API reference for embeddings; `CreateEmbeddingResponse` of the `openai` package.
"""

import base64
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from pydantic import Discriminator, Field, Tag
from starlette.concurrency import run_in_threadpool

from labserver import pacing
from labserver.errors import ModelNotFound
from labserver.lean import LeanRoute
from labserver.providers import tokens
from labserver.providers.embedding import EMBEDDERS, embed
from labserver.surfaces import promised
from labserver.surfaces.openai_model import Strict
from labserver.surfaces.openai_refusals import ONE_OF, Refused
from labserver.surfaces.openai_response_shapes import EmbeddingList
from labserver.visit import VisitDep

router = APIRouter(
    route_class=LeanRoute, prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE)
)

MOST_INPUTS = 2048
LONGEST = 8192  # tokens of one input
MOST_TOKENS = 300_000  # of one request
FIXED = "text-embedding-ada-002"  # older than `dimensions`


def _which(value: Any) -> str | None:
    """Of the four kinds of input, by what is first in it."""
    if isinstance(value, str):
        return "text"
    if not isinstance(value, list):
        return None
    first = value[0] if value else ""
    return "token arrays" if isinstance(first, list) else "tokens" if isinstance(first, int) else "texts"


Token = Annotated[int, Field(ge=0, lt=2**31)]
Tokens = Annotated[list[Token], Field(min_length=1, max_length=LONGEST)]
Input = Annotated[
    Annotated[str, Tag("text")]
    | Annotated[list[str], Tag("texts"), Field(min_length=1, max_length=MOST_INPUTS)]
    | Annotated[Tokens, Tag("tokens")]
    | Annotated[list[Tokens], Tag("token arrays"), Field(min_length=1, max_length=MOST_INPUTS)],
    Discriminator(
        _which,
        custom_error_type=ONE_OF,
        custom_error_message="a string, an array of strings, or an array of integers",
    ),
]


class EmbeddingBody(Strict):
    """`user` is accepted and means nothing here: nobody is watched."""

    model: Annotated[str, Field(min_length=1, examples=["text-embedding-3-small"])]
    input: Input
    dimensions: Annotated[int | None, Field(ge=1, description="how many numbers; the model's own count if absent")] = (
        None
    )
    encoding_format: Literal["float", "base64"] | None = None
    user: str | None = None

    def inputs(self) -> list[str] | list[list[int]]:
        """One per vector. Raises Refused."""
        one = isinstance(self.input, str) or isinstance(self.input[0], int)
        inputs: Any = [self.input] if one else self.input
        if "" in inputs:
            raise Refused("Invalid 'input': input cannot be an empty string.", "input", "invalid_value")
        return inputs  # type: ignore[no-any-return]  # the union is what it says

    def size(self) -> int:
        """How many numbers a vector has. Raises ModelNotFound or Refused."""
        if self.model not in EMBEDDERS:
            raise ModelNotFound(
                f"The model `{self.model}` gives no embeddings here. These do: {', '.join(EMBEDDERS)}.", param="model"
            )
        most = EMBEDDERS[self.model]
        if self.dimensions is None:
            return most
        if self.model == FIXED:
            raise Refused("This model does not support specifying dimensions.", "dimensions")
        if self.dimensions > most:
            raise Refused(
                f"Invalid value for 'dimensions' = {self.dimensions}. Must be less than or equal to {most}.",
                "dimensions",
            )
        return self.dimensions


ASKED: dict[str, Example] = {
    "text": {
        "summary": "One text, few numbers",
        "value": {"model": "text-embedding-3-small", "input": "green tea", "dimensions": 8},
    },
    "texts": {
        "summary": "Several texts, as base64",
        "value": {
            "model": "text-embedding-3-small",
            "input": ["green tea", "black tea"],
            "dimensions": 8,
            "encoding_format": "base64",
        },
    },
}
NO_EMBEDDER = ModelNotFound(
    "The model `gpt-4o` gives no embeddings here. These do: text-embedding-3-small.", param="model"
)
EMPTY = Refused("Invalid 'input': input cannot be an empty string.", "input", "invalid_value")
UNDONE = (NO_EMBEDDER, promised.NOT_JSON, promised.OVERSIZE, promised.TOO_SLOW, promised.CLOSING)


@router.post(
    "/embeddings",
    response_model=None,
    responses=promised.gives(200, EmbeddingList, description="One vector per input, in order")
    | promised.in_openai(promised.BAD_PACE, promised.BAD_JSON, EMPTY, *UNDONE),
)
async def create_embedding(
    visit: VisitDep, body: Annotated[EmbeddingBody, Body(openapi_examples=ASKED)]
) -> dict[str, Any]:
    """Vectors of length 1, the same for the same text everywhere: texts that share words lie close to each other.

    Their product is their similarity, from about 0 for strangers to 1 for the same words.
    """
    size, inputs = body.size(), body.inputs()
    visit.sandbox.limits.check_tokens(visit.who)
    used = _counted(inputs)
    await pacing.think(visit.pace, scale=visit.lab.settings.time_scale, sleep=visit.lab.bell.sleep)
    vectors = await run_in_threadpool(lambda: [embed(each, body.model, size) for each in inputs])
    visit.bill(used)
    told = _as_base64 if body.encoding_format == "base64" else list
    data = [{"object": "embedding", "index": at, "embedding": told(vector)} for at, vector in enumerate(vectors)]
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "data": data, "model": body.model, "usage": usage}


def _counted(inputs: Sequence[str | list[int]]) -> int:
    """Tokens of all inputs. Raises Refused where one has too many, or all together."""
    counts = [tokens.count(each) if isinstance(each, str) else len(each) for each in inputs]
    if (most := max(counts)) > LONGEST:
        raise Refused(
            f"This model's maximum context length is {LONGEST} tokens, however you requested {most} tokens "
            f"({most} in your prompt; 0 for the completion). Please reduce your prompt; or completion length."
        )
    if sum(counts) > MOST_TOKENS:
        raise Refused(
            f"Invalid 'input': maximum request size is {MOST_TOKENS} tokens per request.",
            "input",
            "max_tokens_per_request",
        )
    return sum(counts)


def _as_base64(vector: Sequence[float]) -> str:
    """Little-endian float32, as the SDK decodes it."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
