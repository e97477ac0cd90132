"""What may be done with orders: place, annotate, advance, cancel; once per key. Knows rows; knows no HTTP."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col

from labserver.errors import Conflict, UnprocessableRequest
from labserver.store import notices
from labserver.store.life import SHIPPED, STATES
from labserver.store.tables import Order, Product, Reply, User
from labserver.store.world import World

# What a client may sort by -> the column behind it.
SORTS = {"id": "id", "quantity": "quantity", "created": "created"}


def matching(status: str | None = None, user_id: int | None = None) -> list[ColumnElement[bool]]:
    conditions = []
    if status is not None:
        conditions.append(col(Order.step) == STATES.index(status))
    if user_id is not None:
        conditions.append(col(Order.user_id) == user_id)
    return conditions


def place(world: World, product_id: int, quantity: int, *, user_id: int | None, note: str | None, when: int) -> Order:
    """Takes the goods out of stock. Raises UnprocessableRequest for what does not exist, Conflict for too little."""
    product = world.session.get(Product, (world.sandbox, product_id))
    if product is None:
        raise _unknown("product_id", f"there is no product {product_id}")
    _check_user(world, user_id)
    if product.stock < quantity:
        raise Conflict(
            f"Only {product.stock} of product {product_id} are in stock, not {quantity}.",
            details={"stock": product.stock},
        )
    product.stock -= quantity
    product.updated = when
    order = Order(
        sandbox=world.sandbox,
        id=world.new_number(Order, "orders"),
        created=when,
        updated=when,
        product_id=product_id,
        user_id=user_id,
        quantity=quantity,
        unit_cents=product.cents,
        note=note,
    )
    world.add(order)
    notices.order(world, order, when)
    notices.stock(world, product, product.stock + quantity, when)
    return order


def annotate(world: World, order: Order, user_id: int | None, note: str | None, when: int) -> Order:
    """The two fields that may change once an order stands. Raises UnprocessableRequest for an unknown user."""
    if (user_id, note) != (order.user_id, order.note):
        _check_user(world, user_id)
        order.user_id, order.note, order.updated = user_id, note, when
        world.add(order)
    return order


def advance(world: World, number: int, step: int, when: int) -> None:
    """The order has come this far; it never goes back. Raises NotFound for one that was cancelled meanwhile."""
    order = world.find(Order, number, "order")
    if step > order.step:
        order.step, order.updated = step, when
        world.add(order)
        notices.order(world, order, when)


def cancel(world: World, order: Order, when: int) -> None:
    """The goods go back into stock. Raises Conflict once they are on their way."""
    if order.step >= SHIPPED:
        raise Conflict(
            f"Order {order.id} is {STATES[order.step]}; only an order that is not yet shipped can be cancelled.",
            details={"status": STATES[order.step]},
        )
    product = world.find(Product, order.product_id, "product")
    product.stock += order.quantity
    product.updated = when
    world.remove(order)
    notices.order(world, order, when, cancelled=True)


def replayed(world: World, key: str, asked: str) -> dict[str, Any] | None:
    """The answer that this key got before. Raises UnprocessableRequest when it came with another body then."""
    reply = world.session.get(Reply, (world.sandbox, key))
    if reply is None:
        return None
    if reply.asked != asked:
        raise other_body(key)
    return reply.answer


def keep_reply(world: World, key: str, asked: str, answer: dict[str, Any]) -> None:
    world.session.add(Reply(sandbox=world.sandbox, key=key, asked=asked, answer=answer))


def other_body(key: str) -> UnprocessableRequest:
    return UnprocessableRequest(
        f"The Idempotency-Key {key!r} came with another body before. A new order wants a new key."
    )


def _check_user(world: World, user_id: int | None) -> None:
    if user_id is not None and world.session.get(User, (world.sandbox, user_id)) is None:
        raise _unknown("user_id", f"there is no user {user_id}")


def _unknown(field: str, problem: str) -> UnprocessableRequest:
    return UnprocessableRequest(
        f"The request does not fit: {field}: {problem}", details={"fields": {field: problem}}, param=field
    )
