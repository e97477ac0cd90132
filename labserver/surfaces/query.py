"""Seed 001's dialect: one query as plain JSON, as server-sent events, and over a WebSocket. Knows events, not models.

The same three messages everywhere, `start`, `content` (one per delta) and `end`, or `error` where it goes wrong.
Source: seeds/001, "Stream Response Format".
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from labserver import sse
from labserver.errors import LabError
from labserver.events import ChatRequest, End, Message, Start, Text, Usage
from labserver.lean import LeanRoute
from labserver.sandbox import Stamp
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.refusals import query_error
from labserver.visit import Visit, VisitDep

router = APIRouter(
    route_class=LeanRoute,
    prefix="/api/v1/query",
    tags=["query"],
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


class Query(BaseModel):
    """What a client sends on all three routes."""

    query: Annotated[str, Field(min_length=1, max_length=100_000, examples=["What is artificial intelligence?"])]
    model: str = "gpt-4o-mini"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    max_tokens: Annotated[int, Field(ge=1, le=100_000)] = 1000

    def as_chat(self) -> ChatRequest:
        return ChatRequest(
            messages=(Message("user", self.query),),
            model=self.model,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
        )


class QueryAnswer(BaseModel):
    """The whole answer at once; `tokens_used` counts prompt and answer, `processing_time` is in seconds."""

    response: str
    model_used: str
    tokens_used: int
    processing_time: float
    finish_reason: str


async def messages(visit: Visit, query: Query, stamp: Stamp) -> AsyncGenerator[dict[str, Any], None]:
    """The answer as seed 001's messages. A failure of the model becomes an `error` message and the last one."""
    spoken: list[str] = []
    length, finish = 0, "stop"
    try:
        async with aclosing(visit.stream(query.as_chat(), stamp)) as events:
            async for event in events:
                match event:
                    case Text(text):
                        spoken.append(text)
                        length += len(text)
                        yield {"type": "content", "chunk": text, "accumulated_length": length}
                    case Start(model):
                        yield {"type": "start", "model": model, "timestamp": stamp.time}
                    case End(finish_reason):
                        finish = finish_reason
                    case Usage() as usage:
                        yield {
                            "type": "end",
                            "full_response": "".join(spoken),
                            "model_used": query.model,
                            "tokens_used": usage.total_tokens,
                            "processing_time": usage.seconds,
                            "finish_reason": finish,
                        }
    except LabError as error:
        yield query_error(error)


@router.post("", responses=promised.gives(200, QueryAnswer))
async def ask(visit: VisitDep, query: Query) -> QueryAnswer:
    """Ask and wait: the whole answer in one JSON object."""
    answer = await visit.complete(query.as_chat(), visit.stamp(query.model_dump()))
    text, finish_reason = answer.choices[0]
    return QueryAnswer(
        response=text,
        model_used=query.model,
        tokens_used=answer.usage.total_tokens,
        processing_time=answer.usage.seconds,
        finish_reason=finish_reason,
    )


@router.post("/stream", response_class=StreamResponse, responses=promised.as_stream())
async def ask_streaming(visit: VisitDep, query: Query) -> StreamResponse:
    """Ask and listen: server-sent events, one `data:` line of JSON per message, then `data: [DONE]`."""
    visit.admit(query.model)
    stamp = visit.stamp(query.model_dump())
    await visit.begin(query.as_chat(), stamp)
    return StreamResponse(_as_events(visit, query, stamp))


async def _as_events(visit: Visit, query: Query, stamp: Stamp) -> AsyncGenerator[bytes, None]:
    async with aclosing(messages(visit, query, stamp)) as source:
        async for message in source:
            yield sse.encode(json.dumps(message, ensure_ascii=False))
    yield sse.DONE
