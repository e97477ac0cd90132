"""The shop's notifications as server-sent events: `/shop/notifications`. Knows a log and its listeners; knows no SQL.

Everybody reads one bounded log of the sandbox, at a speed of one's own: a listener is a place in it, nobody waits for
anybody, and no queue grows. Who comes back with the last id he saw misses nothing and sees nothing twice. Where the log
no longer reaches back so far, that is said aloud: before the answer begins by 410, which also stops a browser's
EventSource; after the 200, where no status can say it any more, by an event `reset`.
"""

import json
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from labserver import sse
from labserver.errors import EventsGone, InvalidRequest, Unavailable
from labserver.racing import first_done
from labserver.stream import StreamResponse
from labserver.surfaces import promised, shop_fields
from labserver.surfaces.resource import complete
from labserver.surfaces.shop_fields import iso
from labserver.tail import Event, Tail
from labserver.visit import Visit, VisitDep

router = APIRouter(prefix="/shop", tags=["shop"], responses=shop_fields.ALWAYS)

MOST_LISTENERS = 100  # in one sandbox
LONGEST_ID = 15  # digits
FAREWELL = "the lab server is shutting down, or your sandbox has ended; come back with Last-Event-ID"
EVENTS = """event: order_placed
id: 1
data: {"order_id": 5, "product_id": 123, "quantity": 2, "at": "2024-01-01T00:00:01Z"}

event: low_stock
id: 2
data: {"product_id": 149, "product": "Sheng Pu-erh 普洱茶 2012", "stock": 3, "at": "2024-01-01T00:00:02Z"}

event: price_change
id: 3
data: {"product_id": 101, "product": "Sencha 煎茶", "old_price": 8.9, "new_price": 9.5, "at": "2024-01-01T00:00:03Z"}

"""
NEVER_GIVEN = InvalidRequest("Last-Event-ID is the id of a notification, a whole number, not 'tea'.")
TOO_LATE = EventsGone(
    "The log no longer reaches back to the id 3: it begins at 13. Read /shop/orders, then listen without an id.",
    details={"oldest": 13, "newest": 212},
)


class Knobs(BaseModel):
    """A misspelled knob is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    last_event_id: Annotated[
        str | None, Field(description="for a client that cannot set the header; 0 is all", examples=["0"])
    ] = None
    limit: Annotated[
        int | None, Field(ge=1, le=10_000, description="end in good order after so many events", examples=[2])
    ] = None
    retry: Annotated[int, Field(ge=0, le=600_000, description="milliseconds until a reconnect")] = 2000
    keep_alive: Annotated[float, Field(ge=0.05, le=60, description="seconds of silence before a comment")] = 15.0
    key: Annotated[
        str | None, Field(description="your sandbox's key, for a browser's EventSource", examples=["YOUR_API_KEY"])
    ] = None


@router.get(
    "/notifications",
    response_class=StreamResponse,
    response_model=None,
    responses=promised.as_stream(EVENTS) | promised.in_rest(promised.BAD_PACE, NEVER_GIVEN, TOO_LATE),
    openapi_extra={"x-endless": True},
)
async def notifications(
    visit: VisitDep,
    knobs: Annotated[Knobs, Query()],
    header: Annotated[
        str | None, Header(alias="Last-Event-ID", description="sent by a browser on reconnect", examples=["0"])
    ] = None,
) -> Response:
    """What happens in your shop, while it happens: `order_placed`, `order_packed`, `order_shipped`, `order_delivered`,
    `order_cancelled`, `low_stock`, `price_change`, each with an id; without end, or with `limit`.

    It begins now, or after Last-Event-ID: the newest 200 are kept. 410 where the log no longer reaches back so far, or
    has begun anew since. An event `reset` says on an open stream that some are lost: `why`, and how many were `missed`.
    """
    log = visit.sandbox.notices
    if log.listeners >= MOST_LISTENERS:
        raise Unavailable(f"{MOST_LISTENERS} listeners are the most that one shop has. Close one.", retry_after=1)
    return StreamResponse(_told(visit, log, (log.life, _start(log, header or knobs.last_event_id)), knobs))


def _start(log: Tail, said: str | None) -> int:
    """After which id to begin. Raises InvalidRequest for what is no id, EventsGone where the next one is not there."""
    if not said:
        return log.last
    if not (said.isascii() and said.isdigit() and len(said) <= LONGEST_ID):
        raise InvalidRequest(
            f"Last-Event-ID is the id of a notification, a whole number, not {said[:40]!r}.", param="Last-Event-ID"
        )
    missed, _ = log.since(int(said))
    if missed == 0:
        return int(said)
    why = (
        f"This log has given no id {int(said)}: it began anew, and its newest is {log.last}"
        if missed is None
        else f"The log no longer reaches back to the id {int(said)}: it begins at {int(said) + missed + 1}"
    )
    oldest = None if missed is None else int(said) + missed + 1
    raise EventsGone(
        f"{why}. Read /shop/orders, then listen without an id.",
        details={"oldest": oldest, "newest": log.last},
        param="Last-Event-ID",
    )


async def _told(visit: Visit, log: Tail, place: tuple[int, int], knobs: Knobs) -> AsyncGenerator[bytes, None]:
    """`place` is in which life of the log, and after which id."""
    (life, last), bell, left = place, visit.lab.bell, knobs.limit
    log.listeners += 1
    try:
        yield b"retry: %d\n" % knobs.retry + sse.comment("listening")
        while True:
            if log.life != life:
                life, last = log.life, 0
                yield _reset("the sandbox was reset", None, "")
            missed, events = log.since(last, most=1)
            if missed:
                last += missed
                yield _reset("you read too slowly", missed, str(last))
            elif events:
                last = events[0].id
                visit.exchange.worked()
                yield _event(events[0])
                left = None if left is None else left - 1
                if left == 0:
                    return
            elif log.closed or bell.rung:
                yield sse.comment(FAREWELL)
                return
            else:
                await first_done(log.news(last), bell.sleep(knobs.keep_alive))
                if (log.last, log.life) == (last, life) and not (log.closed or bell.rung):
                    yield sse.comment("ping")
    finally:
        log.listeners -= 1


def _event(event: Event) -> bytes:
    said = {**event.data, "at": iso(event.data["at"])}
    return sse.encode(json.dumps(said, ensure_ascii=False), event.name, str(event.id))


def _reset(why: str, missed: int | None, last_id: str) -> bytes:
    """Its id is the one to come back with; an empty one makes a client forget its own (WHATWG HTML, 9.2.6)."""
    said: dict[str, Any] = {"why": why, "missed": missed}
    return sse.encode(json.dumps(said), "reset", last_id)


complete(router)
