"""OpenAI's chat dialect: `/v1/models` and `/v1/chat/completions`, streamed or whole. Knows events, not models.

Source: OpenAI's API reference for chat completions, as read by the `openai` SDK 3.x; see also seeds 000 and 003.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse
from starlette.responses import Response

from labserver import sse
from labserver.errors import InvalidRequest, LabError
from labserver.events import ChatRequest, End, Text, Usage
from labserver.sandboxes import EPOCH, Stamp
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.openai_request import ChatBody
from labserver.surfaces.openai_shapes import ChatCompletion, ModelList, ModelShown
from labserver.surfaces.refusals import openai_error
from labserver.visit import LabDep, Visit, VisitDep

router = APIRouter(prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE))

MISFIT = InvalidRequest("The request does not fit: messages: Field required", param="messages")
HELLO = {"model": "script", "messages": [{"role": "user", "content": "Green| tea| is| good"}]}
ASKED: dict[str, Example] = {
    "whole": {"summary": "One JSON object", "value": HELLO},
    "streamed": {
        "summary": "Server-sent events",
        "value": {**HELLO, "stream": True, "stream_options": {"include_usage": True}},
    },
}
EITHER = promised.gives(200, ChatCompletion, description='One object, or with `"stream": true` server-sent events')
EITHER[200]["content"] = promised.as_stream()[200]["content"]
UNDONE = (
    promised.NO_MODEL, promised.NOT_JSON, promised.OVERSIZE, promised.TOO_SLOW, promised.FAILED, promised.CLOSING,
)  # fmt: skip


@router.get("/models", response_model=None, responses=promised.gives(200, ModelList))
async def models(visit: VisitDep) -> dict[str, Any]:
    """Every model that this lab serves."""
    return {"object": "list", "data": [_model(name, visit.lab) for name in visit.lab.models]}


@router.get(
    "/models/{model}",
    response_model=None,
    responses=promised.gives(200, ModelShown) | promised.in_openai(promised.NO_MODEL),
)
async def model(
    visit: VisitDep, model: Annotated[str, Path(description="its name", examples=["script"])]
) -> dict[str, Any]:
    """One model, or 404 `model_not_found`."""
    visit.lab.provider_of(model)
    return _model(model, visit.lab)


def _model(name: str, lab: LabDep) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": EPOCH, "owned_by": f"wirelab-{lab.models[name].name}"}


@router.post(
    "/chat/completions",
    response_model=None,
    responses=EITHER | promised.in_openai(promised.BAD_PACE, promised.BAD_JSON, MISFIT, *UNDONE),
)
async def chat_completions(visit: VisitDep, body: Annotated[ChatBody, Body(openapi_examples=ASKED)]) -> Response:
    """A chat completion: one JSON object, or with `"stream": true` a stream of chunks that ends with `[DONE]`."""
    request = body.as_chat()
    visit.admit(request.model)
    stamp = visit.stamp(body.model_dump(exclude={"stream", "stream_options"}))
    if body.stream:
        return StreamResponse(chunks(visit, request, stamp, with_usage=body.wants_usage))
    answer = await visit.complete(request, stamp)
    return JSONResponse(
        {
            "id": _id(stamp),
            "object": "chat.completion",
            "created": stamp.seconds,
            "model": request.model,
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": text, "refusal": None},
                    "logprobs": None,
                    "finish_reason": finish_reason,
                }
                for index, (text, finish_reason) in enumerate(answer.choices)
            ],
            "usage": _usage(answer.usage),
            "system_fingerprint": "fp_wirelab",
        }
    )


async def chunks(visit: Visit, request: ChatRequest, stamp: Stamp, *, with_usage: bool) -> AsyncGenerator[bytes, None]:
    """Per choice a role chunk, content chunks and a finish chunk; then the usage chunk if asked for; then `[DONE]`.

    A failure of the model becomes one `data: {"error": ...}` and the stream ends there, without `[DONE]`.
    """
    head = _compact(
        {
            "id": _id(stamp),
            "object": "chat.completion.chunk",
            "created": stamp.seconds,
            "model": request.model,
            "system_fingerprint": "fp_wirelab",
        }
    )[:-1]
    tail = ',"usage":null}' if with_usage else "}"
    silent = set(range(request.n))

    def chunk(choices: str, tail: str = tail) -> bytes:
        return f'data: {head},"choices":[{choices}]{tail}\n\n'.encode()

    try:
        async with aclosing(visit.stream(request, stamp)) as events:
            async for event in events:
                if isinstance(event, Text | End) and event.index in silent:
                    silent.remove(event.index)
                    yield chunk(_choice(event.index, '{"role":"assistant","content":""}'))
                match event:
                    case Text(text, index):
                        yield chunk(_choice(index, f'{{"content":{json.dumps(text, ensure_ascii=False)}}}'))
                    case End(finish_reason, index):
                        yield chunk(_choice(index, "{}", f'"{finish_reason}"'))
                    case Usage() as usage if with_usage:
                        yield chunk("", f',"usage":{_compact(_usage(usage))}}}')
        yield sse.DONE
    except LabError as error:
        yield sse.encode(_compact(openai_error(error)))


def _choice(index: int, delta: str, finish_reason: str = "null") -> str:
    return f'{{"index":{index},"delta":{delta},"logprobs":null,"finish_reason":{finish_reason}}}'


def _compact(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _id(stamp: Stamp) -> str:
    return f"chatcmpl-{stamp.digest[:24]}"


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
