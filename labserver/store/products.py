"""What may be done with products: search, add, replace, remove. Knows rows and their rules; knows no HTTP.

`fields` are a product's own columns but `search`, which follows from them.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col

from labserver.errors import Conflict
from labserver.store import notices
from labserver.store.tables import Order, Product
from labserver.store.words import folded, searchable
from labserver.store.world import World

NEWCOMER = "1001 Nights"

# What a client may sort by -> the column behind it.
SORTS = {"id": "id", "name": "name", "price": "cents", "stock": "stock", "created": "created"}


def matching(
    category: str | None = None, max_cents: int | None = None, q: str | None = None
) -> list[ColumnElement[bool]]:
    conditions = []
    if category is not None:
        conditions.append(col(Product.category) == category)
    if max_cents is not None:
        conditions.append(col(Product.cents) <= max_cents)
    if q:
        conditions.append(col(Product.search).contains(folded(q), autoescape=True))
    return conditions


def add(world: World, fields: dict[str, Any], when: int) -> Product:
    """Raises Conflict for a SKU that another product has."""
    _check_sku(world, fields["sku"])
    number = world.new_number(Product, "products")
    product = Product(sandbox=world.sandbox, id=number, created=when, updated=when, **fields, search=_search(fields))
    world.add(product)
    return product


def squeeze_in(world: World, first: Product, column: str, descending: bool, when: int) -> Product:
    """A new product just before this one, in a list sorted by this column and then by id, by whatever it was filtered.

    It is as good as its neighbour's twin: the same category, words and value to sort by, with a name of its own.
    """
    name = f"{NEWCOMER} II" if first.name == NEWCOMER else NEWCOMER
    if column == "name":
        name = f"{first.name} II" if descending else first.name[:-1] or first.name
    fields = {
        **first.model_dump(include={"category", "cents", "stock", "origin", "temperature_c", "tags"}),
        "sku": None,
        "name": name,
        "description": " ".join(filter(None, (f"New, next to {first.name}.", first.description)))[:2000],
    }
    number = world.new_number(Product, "products") if descending else world.number_before(Product, "products")
    created = first.created if column == "created" else when
    made = Product(sandbox=world.sandbox, id=number, created=created, updated=when, **fields, search=_search(fields))
    world.add(made)
    return made


def replace(world: World, product: Product, fields: dict[str, Any], when: int) -> Product:
    """Every field becomes what `fields` says; where nothing differs, nothing changes. Raises Conflict as `add` does."""
    if all(getattr(product, name) == value for name, value in fields.items()):
        return product
    if fields["sku"] != product.sku:
        _check_sku(world, fields["sku"])
    stock, cents = product.stock, product.cents
    for name, value in (fields | {"search": _search(fields), "updated": when}).items():
        setattr(product, name, value)
    world.add(product)
    notices.price(world, product, cents, when)
    notices.stock(world, product, stock, when)
    return product


def remove(world: World, product: Product) -> None:
    """Raises Conflict for a product that stands in an order."""
    order = world.first(Order, col(Order.product_id) == product.id)
    if order is not None:
        raise Conflict(
            f"Product {product.id} stands in order {order.id}. Set its stock to 0 instead of deleting it.",
            details={"order_id": order.id},
        )
    world.remove(product)


def _check_sku(world: World, sku: str | None) -> None:
    other = world.first(Product, col(Product.sku) == sku) if sku is not None else None
    if other is not None:
        raise Conflict(f"Product {other.id} has the SKU {sku!r} already.", details={"product_id": other.id})


def _search(fields: dict[str, Any]) -> str:
    return searchable(fields["name"], fields["description"], fields["tags"])
