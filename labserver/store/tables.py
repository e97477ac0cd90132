"""The rows of the store, each with the id of the sandbox that it belongs to. Knows SQLModel; asks nothing, a leaf.

Money is whole cents and time whole seconds since 1970, so that no sum and no comparison ever rounds. `search` holds the
words that `?q=` looks through, case-folded, because databases disagree about the case of ü.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKeyConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

SANDBOX_ID = 40


class Row(SQLModel):
    """What every shop row has: its sandbox and its number there."""

    sandbox: str = Field(primary_key=True, max_length=SANDBOX_ID)
    id: int = Field(primary_key=True)
    created: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)


class Ledger(SQLModel, table=True):
    """One sandbox's shop is furnished, and these are the last numbers given: a number is never given twice."""

    sandbox: str = Field(primary_key=True, max_length=SANDBOX_ID)
    products: int
    users: int
    orders: int


class Product(Row, table=True):
    __table_args__ = (UniqueConstraint("sandbox", "sku"),)

    sku: str | None = None
    name: str
    category: str
    cents: int
    stock: int
    description: str | None = None
    origin: str | None = None
    temperature_c: int | None = None
    tags: list[str] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    search: str


class User(Row, table=True):
    """`mailbox` is the address case-folded: one person, one mailbox."""

    __tablename__ = "customer"  # `user` is a reserved word in SQL
    __table_args__ = (UniqueConstraint("sandbox", "mailbox"),)

    name: str
    email: str
    mailbox: str
    phone: str | None = None
    city: str | None = None
    search: str


class Order(Row, table=True):
    """`step` counts how far it has come, from 0; `unit_cents` is the price on the day it was placed."""

    __tablename__ = "purchase"  # `order` is a reserved word in SQL
    __table_args__: Any = (
        ForeignKeyConstraint(["sandbox", "product_id"], ["product.sandbox", "product.id"]),
        ForeignKeyConstraint(["sandbox", "user_id"], ["customer.sandbox", "customer.id"]),
    )

    product_id: int
    user_id: int | None = None
    quantity: int
    unit_cents: int
    note: str | None = None
    step: int = 0


class Reply(SQLModel, table=True):
    """The answer that an idempotency key got: `asked` is a hash of the request's body."""

    sandbox: str = Field(primary_key=True, max_length=SANDBOX_ID)
    key: str = Field(primary_key=True, max_length=255)
    asked: str
    answer: dict[str, Any] = Field(sa_type=JSON)


class Named(SQLModel, table=True):
    """A sandbox with a name outlives the server. Its key does not stand here, only the hash of it."""

    __tablename__ = "sandbox"

    id: str = Field(primary_key=True, max_length=SANDBOX_ID)
    key_hash: str = Field(unique=True)
    name: str
    seed: int | None = None
    tier: str


class ApiKey(SQLModel, table=True):
    """A key that a sandbox has issued: only the hash of it. `scopes` have spaces between, `expires` is real seconds."""

    __tablename__ = "api_key"

    sandbox: str = Field(primary_key=True, max_length=SANDBOX_ID)
    id: str = Field(primary_key=True, max_length=SANDBOX_ID)
    key_hash: str = Field(unique=True)
    prefix: str
    name: str
    scopes: str
    created: int = Field(sa_type=BigInteger)
    expires: int | None = Field(default=None, sa_type=BigInteger)
    uses_left: int | None = None
    revoked: bool = False


# What a sandbox owns, children before parents: the order in which rows may go.
SHOP: tuple[type[SQLModel], ...] = (Reply, Order, Product, User, Ledger, ApiKey)
