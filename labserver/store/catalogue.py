"""What a new shop holds: the rows of catalogue.toml, checked once. Knows their shape; knows no database."""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from labserver.store.life import STATES
from labserver.store.words import searchable

FILE = Path(__file__).with_name("catalogue.toml")
FIRST_PRODUCT = 101
OPENED = 1_701_388_800  # 2023-12-01T00:00:00Z: the shop is a month older than the seeded clock
HOUR = 3600


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sku: str
    name: str
    category: str
    price: Annotated[Decimal, Field(gt=0, decimal_places=2)]
    stock: Annotated[int, Field(ge=0)]
    description: str | None = None
    origin: str | None = None
    temperature_c: int | None = None
    tags: list[str] | None = None


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    email: str
    city: str | None = None
    phone: str | None = None


class Purchase(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    product_id: int
    quantity: int
    user_id: int
    status: str
    note: str | None = None


class Catalogue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    products: list[Item]
    users: list[Person]
    orders: list[Purchase]


@cache
def load() -> Catalogue:
    return Catalogue.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8"), parse_float=Decimal))


def product_rows(sandbox: str) -> list[dict[str, Any]]:
    return [
        {
            **item.model_dump(exclude={"price"}),
            **_born(sandbox, number, OPENED),
            "cents": int(item.price * 100),
            "search": searchable(item.name, item.description, item.tags),
        }
        for number, item in enumerate(load().products, FIRST_PRODUCT)
    ]


def user_rows(sandbox: str) -> list[dict[str, Any]]:
    return [
        {
            **person.model_dump(),
            **_born(sandbox, number, OPENED),
            "mailbox": person.email.casefold(),
            "search": searchable(person.name, person.email, person.city),
        }
        for number, person in enumerate(load().users, 1)
    ]


def order_rows(sandbox: str) -> list[dict[str, Any]]:
    prices = {row["id"]: row["cents"] for row in product_rows(sandbox)}
    return [
        {
            **purchase.model_dump(exclude={"status"}),
            **_born(sandbox, number, OPENED + number * HOUR),
            "unit_cents": prices[purchase.product_id],
            "step": STATES.index(purchase.status),
        }
        for number, purchase in enumerate(load().orders, 1)
    ]


def _born(sandbox: str, number: int, when: int) -> dict[str, Any]:
    return {"sandbox": sandbox, "id": number, "created": when, "updated": when}
