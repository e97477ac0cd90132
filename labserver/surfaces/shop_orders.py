"""The shop's orders: `/shop/orders`, each placed once per Idempotency-Key. Knows HTTP and an order's fields; no SQL.

Source for the key: IETF draft-ietf-httpapi-idempotency-key-header. Only an order that came about is remembered; a
refused one may be tried again under the same key.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from labserver import pacing
from labserver.errors import Conflict
from labserver.store import orders
from labserver.store.life import STATES
from labserver.store.tables import Order
from labserver.store.world import World
from labserver.surfaces import promised, shop_fields
from labserver.surfaces.conditional import answer
from labserver.surfaces.listing import PagingDep, listed
from labserver.surfaces.merging import patched
from labserver.surfaces.resource import complete
from labserver.surfaces.shop_fields import HIGHEST, NumberInPath, Wanted, iso
from labserver.surfaces.shop_rows import Kind
from labserver.visit import Visit, VisitDep

router = APIRouter(prefix="/shop", tags=["shop"], responses=shop_fields.ALWAYS)

Number = Annotated[int, Field(ge=1, le=HIGHEST)]
Note = Annotated[str | None, Field(max_length=500)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="yours; sent again with the same body it orders nothing twice",
        examples=["order-2024-001"],
    ),
]


class OrderWanted(Wanted):
    product_id: Annotated[Number, Field(examples=[123])]
    quantity: Annotated[int, Field(ge=1, le=100, examples=[2])]
    user_id: Number | None = None
    note: Note = None


class OrderChange(Wanted):
    """What may still change once an order stands."""

    user_id: Number | None = None
    note: Note = None


class OrderShown(BaseModel):
    """An order as every answer has it; `unit_price` and `total` are in euros."""

    id: int
    product_id: int
    quantity: int
    unit_price: float
    total: float
    user_id: int | None
    note: str | None
    status: str
    created: str
    updated: str


class OrderList(BaseModel):
    orders: list[OrderShown]
    total: int
    per_page: int
    page: int | None = None
    pages: int | None = None
    next_cursor: str | None


def shown(order: Order) -> dict[str, Any]:
    return OrderShown(
        **order.model_dump(include={"id", "product_id", "quantity", "user_id", "note"}),
        unit_price=order.unit_cents / 100,
        total=order.unit_cents * order.quantity / 100,
        status=STATES[order.step],
        created=iso(order.created),
        updated=iso(order.updated),
    ).model_dump()


ORDER = Kind(Order, "order", shown)


PLACED = promised.leads_to(
    promised.gives(201, OrderShown, "ETag", "Location", "Idempotency-Replayed"),
    "id",
    "order_id",
    *("get_order", "change_order", "cancel_order", "order_events"),
)


@contextmanager
def _flight(visit: Visit, key: str, asked: str) -> Iterator[None]:
    """One request per key at a time. Raises Conflict for a second one, UnprocessableRequest for another body."""
    flights, flight = visit.lab.store.in_flight, (visit.sandbox.id, key)
    if flights.get(flight, asked) != asked:
        raise orders.other_body(key)
    if flight in flights:
        raise Conflict(
            f"The first request with the Idempotency-Key {key!r} is still at work. Ask again in a second.",
            retry_after=1,
        )
    flights[flight] = asked
    try:
        yield
    finally:
        del flights[flight]


async def _place(visit: Visit, request: Request, wanted: OrderWanted, key: str | None, asked: str) -> dict[str, Any]:
    """A new order. It takes as long as `x-lab-pace` says to the first token, if the client sent one, else no time."""
    if "x-lab-pace" in request.headers:
        await pacing.think(visit.pace, scale=visit.lab.settings.time_scale, sleep=visit.lab.bell.sleep)
    when = visit.stamp("order", wanted.model_dump()).seconds

    def work(world: World) -> dict[str, Any]:
        made = shown(
            orders.place(world, wanted.product_id, wanted.quantity, user_id=wanted.user_id, note=wanted.note, when=when)
        )
        if key is not None:
            orders.keep_reply(world, key, asked, made)
        return made

    return await visit.shop(work)


@router.post(
    "/orders",
    status_code=201,
    response_model=None,
    responses=PLACED | shop_fields.MAKING,
)
async def place_order(visit: VisitDep, request: Request, wanted: OrderWanted, key: IdempotencyKey = None) -> Response:
    """Order a product. The same Idempotency-Key with the same body gives the same order, however often it is sent."""
    asked = hashlib.sha256(json.dumps(wanted.model_dump(), sort_keys=True).encode()).hexdigest()
    if key is None:
        made = await _place(visit, request, wanted, key, asked)
        return answer(request, made, 201, _place_of(made))
    with _flight(visit, key, asked):
        earlier = await visit.shop(lambda world: orders.replayed(world, key, asked))
        if earlier is not None:
            return answer(request, earlier, 201, _place_of(earlier) | {"idempotency-replayed": "true"})
        made = await _place(visit, request, wanted, key, asked)
        return answer(request, made, 201, _place_of(made))


def _place_of(order: dict[str, Any]) -> dict[str, str]:
    return {"location": f"/shop/orders/{order['id']}"}


@router.get(
    "/orders", response_model=None, responses=promised.gives(200, OrderList, "ETag", "Link") | shop_fields.UNCHANGED
)
async def list_orders(
    visit: VisitDep,
    request: Request,
    paging: PagingDep,
    status: Annotated[
        Literal["placed", "packed", "shipped", "delivered"] | None, Query(description="how far they are")
    ] = None,
    user_id: Annotated[int | None, Query(ge=1, le=HIGHEST, description="whose they are", examples=[1])] = None,
) -> Response:
    """The orders, ten at a time: filtered, sorted, by page or by cursor."""
    wanted = paging.slice(orders.SORTS)
    found = await visit.shop(lambda world: world.listed(Order, orders.matching(status, user_id), wanted))
    return listed(request, "orders", found, paging, sorts=orders.SORTS, shown=shown)


@router.get(
    "/orders/{order_id}",
    response_model=None,
    responses=promised.gives(200, OrderShown, "ETag") | shop_fields.UNCHANGED | shop_fields.ONE,
)
async def get_order(visit: VisitDep, request: Request, order_id: NumberInPath) -> Response:
    """One order, with the ETag of this state."""
    return await ORDER.show(visit, request, order_id)


@router.patch(
    "/orders/{order_id}", response_model=None, responses=promised.gives(200, OrderShown, "ETag") | shop_fields.CHANGING
)
async def change_order(
    visit: VisitDep,
    request: Request,
    order_id: NumberInPath,
    patch: Annotated[dict[str, Any], Body(examples=[{"note": "Ring twice"}])],
) -> Response:
    """Another note or another user, by JSON Merge Patch; goods and quantity stand once the order does."""
    when = visit.stamp("order", order_id).seconds

    def work(world: World, order: Order) -> Order:
        change = patched(OrderChange, {"user_id": order.user_id, "note": order.note}, patch)
        return orders.annotate(world, order, change.user_id, change.note, when)

    return await ORDER.change(visit, request, order_id, work)


@router.delete("/orders/{order_id}", status_code=204, responses=shop_fields.REMOVED | shop_fields.REMOVING)
async def cancel_order(visit: VisitDep, request: Request, order_id: NumberInPath) -> Response:
    """Cancel: the order is gone and its goods are back in stock. 409 once it was shipped."""
    when = visit.stamp("order", order_id).seconds
    return await ORDER.remove(visit, request, order_id, lambda world, order: orders.cancel(world, order, when))


complete(router)
