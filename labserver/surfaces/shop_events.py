"""An order's life as server-sent events: `/shop/orders/{id}/events`. Knows steps and resuming; knows no SQL.

Nobody drives a van here: the order moves on while somebody watches, at the pace that was asked for, and what was
reached stays reached. Who comes back with the last id he saw misses nothing and sees nothing twice.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from labserver import pacing, sse
from labserver.errors import InvalidRequest, NotFound
from labserver.events import StreamEvent, Text
from labserver.pace import Pace
from labserver.store import orders
from labserver.store.life import LAST, Step, steps
from labserver.store.tables import Order
from labserver.stream import StreamResponse
from labserver.surfaces import promised, shop_fields
from labserver.surfaces.resource import complete
from labserver.surfaces.shop_fields import NumberInPath, iso
from labserver.visit import Visit, VisitDep

router = APIRouter(prefix="/shop", tags=["shop"], responses=shop_fields.ALWAYS)

GO_ON = "the id of the last event that you have; the header wins over the query"
ALL_SEEN = promised.nothing(204, "You have every event: a browser's EventSource stops reconnecting")
UNHURRIED = Pace(ttft=1.0, tps=1.0, jitter=0.0)  # when no pace was asked for: a step a second


@router.get(
    "/orders/{order_id}/events",
    response_class=StreamResponse,
    response_model=None,
    responses=promised.as_stream() | ALL_SEEN | shop_fields.ONE,
)
async def order_events(
    visit: VisitDep,
    request: Request,
    order_id: NumberInPath,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=20, description=GO_ON, examples=["1"])
    ] = None,
    last_event_id_in_query: Annotated[
        str | None, Query(alias="last_event_id", max_length=20, description=GO_ON, examples=["1"])
    ] = None,
) -> Response:
    """`event: status` for each of placed, packed, shipped, delivered, ids 1 to 4; 204 when all of them were seen."""
    order = await visit.shop(lambda world: world.find(Order, order_id, "order"))
    seen = _seen(last_event_id or last_event_id_in_query, order.step + 1)
    if seen > LAST:
        return Response(status_code=204)
    pace = visit.pace if "x-lab-pace" in request.headers else UNHURRIED
    return StreamResponse(_life(visit, order, seen, pace))


def _seen(said: str | None, reached: int) -> int:
    """The number of the last event that the client has; 0 for none. Raises InvalidRequest for one it cannot have."""
    if not said:
        return 0
    if not said.isascii() or not said.isdigit() or int(said) > reached:
        raise InvalidRequest(
            f"Last-Event-ID must be the id of an event of this order, 1 to {reached} so far, not {said!r}.",
            param="Last-Event-ID",
        )
    return int(said)


async def _life(visit: Visit, order: Order, seen: int, pace: Pace) -> AsyncGenerator[bytes, None]:
    """What happened already comes at once; the rest when its moment has come."""
    bell = visit.lab.bell
    life = steps(order.created)
    for step in life[seen : order.step + 1]:
        yield _event(visit, order, step)
    to_come = life[max(seen, order.step + 1) :]
    held = pacing.paced(_announced(to_come), pace, seed=order.id, scale=visit.lab.settings.time_scale, sleep=bell.sleep)
    async with aclosing(cast("AsyncGenerator[Text, None]", held)) as moments:
        async for moment in moments:
            step = life[moment.index]
            if bell.rung:
                yield sse.comment("the lab server is shutting down; come back with Last-Event-ID")
                return
            try:
                await visit.shop(partial(orders.advance, number=order.id, step=step.number - 1, when=step.at))
            except NotFound:
                yield sse.encode(json.dumps({"order_id": order.id, "status": "cancelled"}), event="status")
                return
            yield _event(visit, order, step)


async def _announced(to_come: tuple[Step, ...]) -> AsyncIterator[StreamEvent]:
    """Each step as the pacer wants it: a Text, whose index says which."""
    for step in to_come:
        yield Text(step.status, step.number - 1)


def _event(visit: Visit, order: Order, step: Step) -> bytes:
    visit.exchange.produced += 1
    said: dict[str, Any] = {"order_id": order.id, "status": step.status, "at": iso(step.at)}
    return sse.encode(json.dumps(said), event="status", id=str(step.number))


complete(router)
