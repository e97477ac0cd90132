"""Seed 002's two versions of one route: v1 takes a query parameter and is deprecated, v2 takes a body and can stream.

Source: seeds/002, "API Versioning Strategy". There the answers are placeholders; here the model gives them.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query
from fastapi.openapi.models import Example
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from labserver import sse
from labserver.errors import LabError
from labserver.events import ChatRequest, End, Message, Text
from labserver.sandbox import Stamp
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.deprecated import notices, replaced_by
from labserver.surfaces.refusals import rest_error
from labserver.visit import Visit, VisitDep

V1, V2 = "/api/v1/generate", "/api/v2/generate"
DEFAULT_MODEL = "gpt-4o-mini"

old = APIRouter(
    tags=["versions"],
    route_class=replaced_by(V2),
    deprecated=True,
    responses=promised.in_rest(
        *promised.ANYWHERE, promised.NO_PROMPT, promised.FAILED, promised.CLOSING, *promised.REAL
    ),
)
new = APIRouter(
    tags=["versions"],
    responses=promised.in_rest(
        *promised.ANYWHERE,
        *promised.UNREADABLE[1:],
        promised.NO_MODEL,
        promised.FAILED,
        promised.CLOSING,
        promised.NOT_FOR_ALL,
        *promised.REAL,
    ),
)

Prompt = Annotated[str, Field(min_length=1, max_length=100_000, examples=["What is tea?"])]


PromptInQuery = Annotated[
    str, Query(min_length=1, max_length=4000, description="what the model is asked", examples=["What is tea?"])
]


class GeneratedV1(BaseModel):
    text: Annotated[str, Field(examples=["Tea is a drink."])]


class GenerationRequest(BaseModel):
    """Enhanced generation with parameters. `metadata` comes back as `meta`, untouched."""

    prompt: Prompt
    metadata: Annotated[dict[str, Any], Field(examples=[{"user": "alice"}])] = {}
    model: str = DEFAULT_MODEL
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 1000
    stream: Annotated[bool, Field(description="server-sent events instead of one JSON object")] = False


class GeneratedV2(BaseModel):
    text: Annotated[str, Field(examples=["Tea is a drink."])]
    meta: Annotated[dict[str, Any], Field(examples=[{"user": "alice"}])]


NOTICES = {name.title(): {"schema": {"type": "string"}, "example": value} for name, value in notices(V2).items()}


@old.post(V1, responses={200: {"headers": NOTICES}})
async def generate_v1(visit: VisitDep, prompt: PromptInQuery) -> GeneratedV1:
    """The old way: the prompt is a query parameter, so it stands in every log on the way; no parameters, no stream.

    Deprecated in favour of `POST /api/v2/generate`: every answer says so in `Deprecation`, `Sunset` and `Link`.
    """
    request = ChatRequest(messages=(Message("user", prompt),), model=DEFAULT_MODEL)
    answer = await visit.complete(request, visit.stamp("generate", prompt))
    return GeneratedV1(text=answer.choices[0][0])


ASKED: dict[str, Example] = {
    "whole": {"summary": "One JSON object", "value": {"prompt": "What is tea?", "metadata": {"user": "alice"}}},
    "streamed": {
        "summary": "Server-sent events",
        "value": {"prompt": "Green| tea", "model": "script", "metadata": {"user": "alice"}, "stream": True},
    },
}
EVENTS = """data: {"text": "Tea "}

data: {"text": "", "meta": {"user": "alice"}, "finish_reason": "stop"}

data: [DONE]

"""


@new.post(V2, response_model=GeneratedV2, responses=promised.as_stream(EVENTS))
async def generate_v2(visit: VisitDep, request: Annotated[GenerationRequest, Body(openapi_examples=ASKED)]) -> Response:
    """The prompt and its parameters as JSON; the answer whole, or with `"stream": true` as server-sent events.

    Each event is `{"text": ...}`; the last one has `meta` and `finish_reason` too, then comes `[DONE]`. A failure of
    the model is one event `{"error": {...}}` and the last one.
    """
    visit.admit(request.model)
    stamp = visit.stamp(request.model_dump())
    if request.stream:
        await visit.begin(_as_chat(request), stamp)
        return StreamResponse(_events(visit, request, stamp))
    answer = await visit.complete(_as_chat(request), stamp)
    return JSONResponse({"text": answer.choices[0][0], "meta": request.metadata})


async def _events(visit: Visit, request: GenerationRequest, stamp: Stamp) -> AsyncGenerator[bytes, None]:
    finish = "stop"
    try:
        async with aclosing(visit.stream(_as_chat(request), stamp)) as events:
            async for event in events:
                match event:
                    case Text(text):
                        yield _event({"text": text})
                    case End(finish_reason):
                        finish = finish_reason
        yield _event({"text": "", "meta": request.metadata, "finish_reason": finish})
        yield sse.DONE
    except LabError as error:
        yield _event(rest_error(error))


def _event(message: dict[str, Any]) -> bytes:
    return sse.encode(json.dumps(message, ensure_ascii=False))


def _as_chat(request: GenerationRequest) -> ChatRequest:
    return ChatRequest(
        messages=(Message("user", request.prompt),),
        model=request.model,
        temperature=request.temperature,
        max_tokens=request.max_tokens,
    )
