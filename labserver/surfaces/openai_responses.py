"""OpenAI's Responses dialect: `POST /v1/responses`, whole, streamed, or in the background. Knows events, not models.

Source: OpenAI's API reference for responses and the guide to background mode, as read by the `openai` SDK 3.x.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse
from starlette.responses import Response

from labserver import sse
from labserver.errors import Cancelled, LabError, Unavailable
from labserver.events import ChatRequest
from labserver.lean import LeanRoute
from labserver.stream import StreamResponse
from labserver.surfaces import openai_items, promised
from labserver.surfaces.openai_kept import KeptResponse, going_on_from
from labserver.surfaces.openai_narrator import Narrator, Payload, name
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_response_request import ResponseBody
from labserver.surfaces.openai_response_shapes import ResponseShown
from labserver.tally import Rhythm
from labserver.timetable import Timetable
from labserver.visit import Visit, VisitDep

router = APIRouter(
    route_class=LeanRoute, prefix="/v1", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE)
)

HELLO = {"model": "script", "input": "Green| tea| is| good"}
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
ASKED: dict[str, Example] = {
    "whole": {"summary": "One JSON object", "value": HELLO},
    "streamed": {"summary": "Server-sent events", "value": {**HELLO, "stream": True}},
    "background": {
        "summary": "In the background, as a stream that can be resumed",
        "value": {"model": "script", "input": "Black| tea", "background": True, "stream": True},
    },
    "function": {
        "summary": "A function to call",
        "value": {"model": "gpt-4o-mini", "input": "What is the weather in Oslo?", "tools": [WEATHER]},
    },
}
EITHER = promised.leads_to(
    promised.gives(200, ResponseShown, description='One object, or with `"stream": true` server-sent events'),
    "id",
    "response_id",
    "retrieve_response",
    "cancel_response",
    "delete_response",
    "list_input_items",
)
EITHER[200]["content"] = promised.as_stream()[200]["content"]
NO_PREVIOUS = Refused(
    "Previous response with id 'resp_42' not found.", "previous_response_id", "previous_response_not_found"
)
UNANSWERED = Refused("No tool output found for function call call_1.", "input")
UNDONE = (
    promised.NO_MODEL, promised.NOT_JSON, promised.OVERSIZE, promised.TOO_SLOW, promised.FAILED, promised.CLOSING,
    *promised.OF_A_MODEL,
)  # fmt: skip


@router.post(
    "/responses",
    response_model=None,
    responses=EITHER | promised.in_openai(promised.BAD_PACE, promised.BAD_JSON, NO_PREVIOUS, UNANSWERED, *UNDONE),
)
async def create_response(visit: VisitDep, body: Annotated[ResponseBody, Body(openapi_examples=ASKED)]) -> Response:
    """A response: one JSON object, or with `"stream": true` numbered events, the last of which tells how it ended.

    It is stored unless `"store": false`, and `previous_response_id` goes on from a stored one. With
    `"background": true` the answer comes at once and the work goes on without its client; who also asked for a stream
    and lost it gets the rest from `GET /v1/responses/{id}?stream=true&starting_after=N`. One who leaves any other
    response cancels it.
    """
    provider = visit.admit(body.model)
    lab, sandbox = visit.lab, visit.sandbox
    before = await going_on_from(sandbox.responses, body.previous_response_id)
    request = body.as_chat(before, seed=0)
    stamp = visit.stamp(body.asked())
    kept = KeptResponse(
        stamp=stamp,
        told=body.told(),
        spoken=before + openai_items.as_messages(body.items),
        items=openai_items.listed(body.items, partial(name, stamp)),
        streamed=bool(body.stream),
    )
    if body.background:
        if lab.bell.rung:
            raise Unavailable(promised.CLOSING.message)
        kept.times = Timetable(
            request=replace(request, seed=sandbox.words_seed << 32),
            provider=provider,
            pace=visit.pace_of(body.model),
            dice=stamp.dice,
            scale=lab.settings.time_scale,
            plan=visit.plan,
            bill=visit.bill,
        )
    elif body.stream:
        await visit.begin(request, stamp)
    if body.store is not False:
        sandbox.responses.add(kept)
    if body.stream:
        return StreamResponse(followed(visit, kept, -1) if body.background else live(visit, kept.narrator, request))
    if body.background:
        created = next(kept.narrator.opening())
        return JSONResponse(created["response"])
    return JSONResponse(await whole(visit, kept.narrator, request))


async def whole(visit: Visit, narrator: Narrator, request: ChatRequest) -> Payload:
    """Raises LabError; the stored response then knows of it too."""
    narrator.begin()
    try:
        answer = await visit.complete(request, narrator.stamp)
        narrator.hear(*answer.events)
        narrator.end()
    except LabError as error:
        narrator.hear(error)
        raise
    finally:
        _give_up(narrator)
    return narrator.response()


async def live(visit: Visit, narrator: Narrator, request: ChatRequest) -> AsyncGenerator[bytes, None]:
    """The events of an answer that is made while its client listens; one who leaves cancels it."""
    try:
        for payload in narrator.opening():
            yield encoded(payload)
        async with aclosing(visit.stream(request, narrator.stamp)) as events:
            async for event in events:
                for payload in narrator.take(event):
                    yield encoded(payload)
        for payload in narrator.closing():
            yield encoded(payload)
    except Unavailable as error:
        yield encoded(narrator.trouble(error))
    except LabError as error:
        for payload in narrator.take(error):
            yield encoded(payload)
    finally:
        _give_up(narrator)


def _give_up(narrator: Narrator) -> None:
    if narrator.status == "in_progress":
        narrator.hear(Cancelled("Its client left before the response was whole."))


async def followed(visit: Visit, kept: KeptResponse, after: int) -> AsyncGenerator[bytes, None]:
    """The events of a background response behind number `after`, those to come when they happen."""
    rhythm = Rhythm()
    try:
        async with aclosing(kept.follow(visit.lab.bell, after)) as payloads:
            async for payload in payloads:
                if payload["type"].endswith(".delta"):
                    visit.exchange.worked()
                    rhythm.beat()
                yield encoded(payload)
    except Unavailable as error:
        yield encoded((await kept.now()).trouble(error))
    finally:
        visit.lab.metrics.spoke(kept.told["model"], rhythm)


def encoded(payload: Payload) -> bytes:
    """One event, its name the `type` of its data, as OpenAI sends it."""
    return sse.encode(json.dumps(payload, ensure_ascii=False, separators=(",", ":")), payload["type"])
