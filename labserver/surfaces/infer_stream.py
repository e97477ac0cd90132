"""Seed 004's event stream of one job, resumable at every event. Knows logs and Last-Event-ID; knows no model.

`start`, a `token` each, then `complete`, or `failed` or `cancelled` with the REST error: never the name `error`, which
a browser's EventSource also uses for its own troubles. Each event's `id` is its place in the log, from 0.
Source: seeds/004, "Server-Sent Events (SSE)"; resume as in WHATWG HTML 9.2.
"""

import json
import time
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from labserver import sse
from labserver.bell import Bell
from labserver.errors import Cancelled, EventsGone, InvalidRequest, ProcessingFailed
from labserver.job import ENDS, Event, Job
from labserver.lean import LeanRoute
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.infer import UNKNOWN, JobId
from labserver.surfaces.refusals import rest_error
from labserver.tally import Rhythm
from labserver.visit import Visit, VisitDep

router = APIRouter(
    route_class=LeanRoute, prefix="/api/v1", tags=["infer"], responses=promised.in_rest(*promised.ANYWHERE)
)

KEEP_ALIVE = 15.0  # seconds of silence after which a comment leaves
FAREWELL = "the lab server is shutting down"
LONGEST_ID = 9  # digits


def payload(job: Job, place: int, event: Event) -> dict[str, Any]:
    """The `data` of an event; a token's `chunk` counts from 0, as in the seed."""
    match event.kind:
        case "start":
            return {"request_id": job.id}
        case "token":
            return {"chunk": place - 1, "data": event.text}
        case "complete":
            return {"status": "done"}
        case "cancelled":
            return rest_error(Cancelled(event.text))
        case _:
            return rest_error(ProcessingFailed(event.text))


ALL_SEEN = promised.nothing(204, "You have every event: a browser's EventSource stops reconnecting")
NOT_THERE = promised.in_rest(
    promised.BAD_PACE,
    InvalidRequest("This stream has sent no event with the id '99'."),
    EventsGone("The log no longer reaches back to the id '3'."),
)


@router.get(
    "/stream/{request_id}",
    response_class=StreamResponse,
    responses=promised.as_stream() | UNKNOWN | ALL_SEEN | NOT_THERE,
)
async def stream(
    visit: VisitDep,
    request_id: JobId,
    last_event_id: Annotated[
        str | None, Query(description="for a client that cannot set the header", examples=["0"])
    ] = None,
    header: Annotated[
        str | None, Header(alias="last-event-id", description="sent by a browser on reconnect", examples=["0"])
    ] = None,
) -> Response:
    """A job's events from the first, or from the one after Last-Event-ID; 204 when that was the last of all.

    The header wins over the query: a browser that reconnects sends the newer one there. 410 when the log no longer
    reaches back so far, 400 for an id that this stream has not sent.
    """
    job = visit.sandbox.jobs.find(request_id)
    first = await _first_wanted(job, header or last_event_id or "")
    if first == len(await job.log()):
        return Response(status_code=204)
    return StreamResponse(_told(visit, job, first))


async def _first_wanted(job: Job, last_id: str) -> int:
    """The place of the first event to send. Raises InvalidRequest or EventsGone."""
    count = await job.happened()
    known = last_id.isascii() and last_id.isdigit() and len(last_id) <= LONGEST_ID
    if last_id and not (known and int(last_id) < count):
        raise InvalidRequest(
            f"This stream has sent no event with the id {last_id[:40]!r}. Its newest is {count - 1}.",
            details={"last_event_id": last_id[:40], "newest": count - 1},
            param="last_event_id",
        )
    first = int(last_id) + 1 if last_id else 0
    oldest = max(0, count - job.keep)
    if first < oldest:
        raise EventsGone(
            f"This log keeps its newest {job.keep} events, so it begins at {oldest}, and you want {first}. "
            f"GET /api/v1/result/{job.id} has the whole answer when the job is over.",
            details={"oldest": oldest, "newest": count - 1, "wanted": first},
        )
    return first


async def _told(visit: Visit, job: Job, place: int) -> AsyncGenerator[bytes, None]:
    rhythm, bells = Rhythm(), [Bell(under=visit.lab.bell)]

    def news() -> None:
        bells[0].ring()

    job.watchers.add(news)
    try:
        while True:
            bell = bells[0] = Bell(under=visit.lab.bell)  # before the log is read: what comes after it rings this one
            event = (await job.log())[place]
            wait = job.moment_of(event) - time.monotonic()
            if wait > 0:
                await bell.sleep(min(wait, KEEP_ALIVE))
                if visit.lab.bell.rung:
                    yield sse.comment(FAREWELL)
                    return
                if wait > KEEP_ALIVE and not bell.rung:
                    yield sse.comment("still working")
                continue
            await bell.sleep(0)  # a whole log may be due at once: others want the loop too
            if event.kind == "token":
                visit.exchange.worked()
                rhythm.beat()
            yield sse.encode(json.dumps(payload(job, place, event), ensure_ascii=False), event.kind, str(place))
            if event.kind in ENDS:
                return
            place += 1
    finally:
        job.watchers.discard(news)
        visit.lab.metrics.spoke(visit.lab.label_of(job.request.model), rhythm)
