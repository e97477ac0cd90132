"""What may be done with users: search, add, replace, remove. Knows rows and their rules; knows no HTTP."""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col

from labserver.errors import Conflict
from labserver.store.tables import Order, User
from labserver.store.words import folded, searchable
from labserver.store.world import World

# What a client may sort by -> the column behind it.
SORTS = {"id": "id", "name": "name", "email": "mailbox", "created": "created"}


def matching(q: str | None = None) -> list[ColumnElement[bool]]:
    return [col(User.search).contains(folded(q), autoescape=True)] if q else []


def add(world: World, fields: dict[str, Any], when: int) -> User:
    """Raises Conflict for an address that another user has."""
    _check_mailbox(world, fields["email"])
    number = world.new_number(User, "users")
    user = User(sandbox=world.sandbox, id=number, created=when, updated=when, **fields, **_derived(fields))
    world.add(user)
    return user


def replace(world: World, user: User, fields: dict[str, Any], when: int) -> User:
    """Every field becomes what `fields` says; where nothing differs, nothing changes. Raises Conflict as `add` does."""
    if all(getattr(user, name) == value for name, value in fields.items()):
        return user
    if fields["email"].casefold() != user.mailbox:
        _check_mailbox(world, fields["email"])
    for name, value in (fields | _derived(fields) | {"updated": when}).items():
        setattr(user, name, value)
    world.add(user)
    return user


def remove(world: World, user: User) -> None:
    """Raises Conflict for a user who has an order."""
    order = world.first(Order, col(Order.user_id) == user.id)
    if order is not None:
        raise Conflict(f"User {user.id} has order {order.id}. Delete it first.", details={"order_id": order.id})
    world.remove(user)


def _check_mailbox(world: World, email: str) -> None:
    other = world.first(User, col(User.mailbox) == email.casefold())
    if other is not None:
        raise Conflict(f"User {other.id} has the address {email} already.", details={"user_id": other.id})


def _derived(fields: dict[str, Any]) -> dict[str, str]:
    return {
        "mailbox": fields["email"].casefold(),
        "search": searchable(fields["name"], fields["email"], fields["city"]),
    }
