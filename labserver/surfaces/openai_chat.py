"""OpenAI's chat dialect: `/v1/chat/completions`, streamed or whole. Knows events, not models.

Source: OpenAI's API reference for chat completions, as read by the `openai` SDK 3.x; see also seeds 000 and 003.
"""

import hashlib
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse
from starlette.responses import Response

from labserver import sse
from labserver.errors import LabError
from labserver.events import ChatRequest, End, Text, ToolCall, Usage
from labserver.lean import LeanRoute
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.openai_answer import Dialect, usage, whole
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_request import ChatBody
from labserver.surfaces.openai_shapes import ChatCompletion
from labserver.surfaces.refusals import openai_error
from labserver.visit import Visit, VisitDep

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_quoted = json.encoder.encode_basestring  # what that encoder writes for a string

router = APIRouter(
    route_class=LeanRoute, prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE)
)

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
    *promised.OF_A_MODEL,
)  # fmt: skip


MISFIT = Refused("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
UNANSWERED = Refused(
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
    "The following tool_call_ids did not have response messages: call_1",
    "messages",
)
SPEAKER, CALLER = '{"role":"assistant","content":""}', '{"role":"assistant","content":null}'  # how a choice begins
PADDED_TO = 16  # characters that a delta and its obfuscation have together, or a multiple of it


@router.post(
    "/chat/completions",
    response_model=None,
    responses=EITHER | promised.in_openai(promised.BAD_PACE, promised.BAD_JSON, MISFIT, UNANSWERED, *UNDONE),
)
async def chat_completions(visit: VisitDep, body: Annotated[ChatBody, Body(openapi_examples=ASKED)]) -> Response:
    """A chat completion: one JSON object, or with `"stream": true` a stream of chunks that ends with `[DONE]`.

    With `tools` the model may answer with calls instead of words; send their results back in messages of role `tool`.
    With `response_format` it answers with JSON.
    """
    visit.admit(body.model)
    request = body.as_chat()
    stamp = visit.stamp(body.asked())
    dialect = Dialect.of(body, stamp)
    if body.stream:
        await visit.begin(request, stamp)
        return StreamResponse(chunks(visit, request, dialect, usage_too=body.wants_usage, pad=body.wants_obfuscation))
    answer = await visit.complete(request, stamp)
    return JSONResponse(whole(answer.events, request.n, dialect))


async def chunks(
    visit: Visit, request: ChatRequest, dialect: Dialect, *, usage_too: bool, pad: bool
) -> AsyncGenerator[bytes, None]:
    """Per choice a role chunk, delta chunks and a finish chunk; then the usage chunk if asked for; then `[DONE]`.

    A failure of the model becomes one `data: {"error": ...}` and the stream ends there, without `[DONE]`.
    """
    head = _compact(dialect.head("chat.completion.chunk") | dialect.tail)[:-1]
    tail = ',"usage":null}' if usage_too else "}"
    silent = set(range(request.n))

    def chunk(index: int, delta: str, odds: Any = None, finish: str = "null") -> bytes:
        padding = f',"obfuscation":"{obfuscation(delta)}"' if pad else ""
        likely = "null" if odds is None else _compact(odds)
        choice = f'{{"index":{index},"delta":{delta},"logprobs":{likely},"finish_reason":{finish}}}'
        return f'data: {head},"choices":[{choice}]{padding}{tail}\n\n'.encode()

    # Nearly every event is a word of the first choice: all around it is made once.
    before = f'data: {head},"choices":[{{"index":0,"delta":{{"content":'.encode()
    after = f'}},"logprobs":null,"finish_reason":null}}]{tail}\n\n'.encode()
    plain = not pad and request.top_logprobs is None
    try:
        async with aclosing(visit.stream(request, dialect.stamp)) as events:
            async for event in events:
                if silent and isinstance(event, Text | ToolCall | End) and event.index in silent:
                    silent.remove(event.index)
                    yield chunk(event.index, CALLER if isinstance(event, ToolCall) else SPEAKER)
                match event:
                    case Text(text, 0) if plain:
                        yield b"%s%s%s" % (before, _quoted(text).encode(), after)
                    case Text(text, index):
                        yield chunk(index, f'{{"content":{_quoted(text)}}}', dialect.odds(event))
                    case ToolCall():
                        yield chunk(event.index, _compact(dialect.delta(event)))
                    case End(finish_reason, index):
                        yield chunk(index, "{}", finish=_quoted(dialect.finish(finish_reason)))
                    case Usage() as bill if usage_too:
                        yield f'data: {head},"choices":[],"usage":{_compact(usage(bill))}}}\n\n'.encode()
        yield sse.DONE
    except LabError as error:
        yield sse.encode(_compact(openai_error(error)))


def obfuscation(delta: str) -> str:
    """Letters that bring every delta to a multiple of PADDED_TO: who only sees lengths learns less of the words."""
    length = PADDED_TO - len(delta) % PADDED_TO
    return hashlib.sha256(delta.encode("utf-8", "replace")).hexdigest()[:length]
