"""Stored responses: `/v1/responses/{id}` to fetch, resume, cancel, delete, and what went into one. Knows no model."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.openapi.models import Example
from fastapi.responses import JSONResponse
from starlette.responses import Response

from labserver.errors import NotFound
from labserver.lean import LeanRoute
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.openai_kept import find
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_response_shapes import Deleted, ItemList, ResponseShown
from labserver.surfaces.openai_responses import followed
from labserver.visit import VisitDep

router = APIRouter(
    route_class=LeanRoute, prefix="/v1/responses", tags=["openai"], responses=promised.in_openai(*promised.ANYWHERE)
)

EXAMPLE_ID = "resp_bf82123c8398940ec1ae19bbaca6030a"
ResponseId = Annotated[str, Path(description="the `id` of a stored response", examples=[EXAMPLE_ID])]
GONE = promised.in_openai(
    NotFound("Response with id 'resp_42' not found."),
    NotFound(
        "Response with id 'resp_42' not found: it was evicted. A sandbox keeps its newest 1000 responses. Ask again."
    ),
)
NOT_IN_BACKGROUND = Refused("This response cannot be streamed because it was not created with background=true.")
NOT_STREAMED = Refused("This response cannot be streamed because it was not created with stream=true.")
SYNCHRONOUS = Refused("Cannot cancel a synchronous response.")
WHOLE = promised.gives(200, ResponseShown, description="The response; with `stream=true` server-sent events")
WHOLE[200]["content"] = promised.as_stream()[200]["content"]
STREAMED: dict[str, Example] = {
    "whole": {"summary": "One JSON object", "value": False},
    "streamed": {"summary": "Its events", "value": True},
}


@router.get(
    "/{response_id}",
    response_model=None,
    responses=WHOLE | GONE | promised.in_openai(promised.BAD_PACE, NOT_IN_BACKGROUND, NOT_STREAMED),
)
async def retrieve_response(
    visit: VisitDep,
    response_id: ResponseId,
    stream: Annotated[
        bool, Query(description="its events, if it was made with background and stream", openapi_examples=STREAMED)
    ] = False,
    starting_after: Annotated[
        int | None,
        Query(
            ge=0,
            le=2**31,
            description="the `sequence_number` of the last event that you have",
            json_schema_extra={"examples": [3]},
        ),
    ] = None,
) -> Response:
    """A response as far as it has come; or its events, the old ones at once and the new ones as they happen.

    Only what was created with `background` and `stream` can be streamed again. With `starting_after` the first event is
    the one behind that number, so nothing comes twice and nothing is left out.
    """
    kept = find(visit.sandbox.responses, response_id)
    if not stream:
        if starting_after is not None:
            raise Refused("The 'starting_after' parameter is only allowed when 'stream' is enabled.", "starting_after")
        return JSONResponse((await kept.now()).response())
    if kept.times is None:
        raise Refused(NOT_IN_BACKGROUND.message)
    if not kept.streamed:
        raise Refused(NOT_STREAMED.message)
    after = -1 if starting_after is None else starting_after
    if after >= (count := (await kept.now()).sequence):
        raise Refused(
            f"Invalid 'starting_after': this response has sent no event with the number {after}. "
            f"Its newest is {count - 1}.",
            "starting_after",
            "invalid_value",
        )
    return StreamResponse(followed(visit, kept, after))


@router.post(
    "/{response_id}/cancel",
    response_model=None,
    responses=promised.gives(200, ResponseShown, description="The response as it is now")
    | GONE
    | promised.in_openai(promised.BAD_PACE, SYNCHRONOUS),
)
async def cancel_response(visit: VisitDep, response_id: ResponseId) -> dict[str, Any]:
    """Stop a background response where it is. One that is over stays as it is, so asking twice is safe.

    Whoever follows its stream sees it end without a last event.
    """
    kept = find(visit.sandbox.responses, response_id)
    if kept.times is None:
        raise Refused(SYNCHRONOUS.message)
    await kept.times.cancel()
    return (await kept.now()).response()


@router.delete("/{response_id}", response_model=None, responses=promised.gives(200, Deleted) | GONE)
async def delete_response(visit: VisitDep, response_id: ResponseId) -> dict[str, Any]:
    """Forget a response. What went on from it keeps its own memory of it; if it is still at work, it is cancelled."""
    kept = find(visit.sandbox.responses, response_id)
    if kept.times is not None:
        await kept.times.cancel()
    visit.sandbox.responses.remove(response_id)
    return {"id": response_id, "object": "response", "deleted": True}


@router.get("/{response_id}/input_items", response_model=None, responses=promised.gives(200, ItemList) | GONE)
async def list_input_items(
    visit: VisitDep,
    response_id: ResponseId,
    limit: Annotated[int, Query(ge=1, le=100, description="how many at most")] = 20,
    order: Annotated[Literal["asc", "desc"], Query(description="by place in the input")] = "desc",
    after: Annotated[
        str | None,
        Query(description="the id of the last item that you have", json_schema_extra={"examples": ["msg_0"]}),
    ] = None,
) -> dict[str, Any]:
    """What a response was asked, the newest item first unless you say otherwise."""
    items = find(visit.sandbox.responses, response_id).items
    items = items if order == "asc" else items[::-1]
    if after is not None:
        places = [place for place, item in enumerate(items) if item["id"] == after]
        if not places:
            raise Refused(f"No item with id '{after[:64]}' is in the input of this response.", "after", "invalid_value")
        items = items[places[0] + 1 :]
    page = items[:limit]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else "",
        "last_id": page[-1]["id"] if page else "",
        "has_more": len(items) > len(page),
    }
