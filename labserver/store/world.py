"""One sandbox's rows within one session: find, list, add, count. Knows SQL; knows no field of any row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from labserver.errors import Conflict, NotFound
from labserver.store.tables import Ledger, Row

MOST_ROWS = 5_000

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list: sorted by `column` and then by id; after (value, id), or else past `offset` rows."""

    column: str
    descending: bool
    limit: int
    offset: int = 0
    after: tuple[Any, int] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One slice of a list; `total` counts the whole list, `more` tells whether anything comes after the slice."""

    rows: Sequence[Any]
    total: int
    more: bool


@dataclass(frozen=True, slots=True)
class World:
    """`notices` are what listeners are told when the work is done: (name, fields)."""

    session: Session
    ledger: Ledger
    notices: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def sandbox(self) -> str:
        return self.ledger.sandbox

    def tell(self, name: str, **said: Any) -> None:
        self.notices.append((name, said))

    def find(self, table: type[R], number: int, what: str) -> R:
        """Raises NotFound, which calls the thing by the name `what`."""
        row = self.session.get(table, (self.sandbox, number))
        if row is None:
            raise NotFound(f"There is no {what} {number} in this shop.")
        return row

    def first(self, table: type[R], *conditions: ColumnElement[bool]) -> R | None:
        return self.session.exec(select(table).where(self._mine(table), *conditions).limit(1)).first()

    def new_number(self, table: type[R], counter: str) -> int:
        """The next number of `counter` in the ledger. Raises Conflict when the shop is full."""
        self._check_room(table, counter)
        number = int(getattr(self.ledger, counter)) + 1
        setattr(self.ledger, counter, number)
        return number

    def number_before(self, table: type[R], counter: str) -> int:
        """One less than the lowest there is, for a row that shall come first; a new number where that would be 0."""
        lowest = self.session.exec(select(func.min(table.id)).where(self._mine(table))).one()
        if lowest is None or lowest <= 1:
            return self.new_number(table, counter)
        self._check_room(table, counter)
        return int(lowest) - 1

    def add(self, row: Row) -> None:
        self.session.add(row)
        self.session.flush()

    def remove(self, row: Row) -> None:
        self.session.delete(row)
        self.session.flush()

    def listed(self, table: type[R], conditions: Sequence[ColumnElement[bool]], wanted: Slice) -> Found:
        """A cursor looks for what sorts after a known row, so rows that come or go before it move nothing."""
        column, number = col(getattr(table, wanted.column)), col(table.id)
        order = [column.desc(), number.desc()] if wanted.descending else [column.asc(), number.asc()]
        query = select(table).where(self._mine(table), *conditions).order_by(*order).limit(wanted.limit + 1)
        if wanted.after is None:
            query = query.offset(wanted.offset)
        else:
            value, last = wanted.after
            past = column < value if wanted.descending else column > value
            past_twin = number < last if wanted.descending else number > last
            query = query.where(or_(past, and_(column == value, past_twin)))
        rows = self.session.exec(query).all()
        return Found(rows[: wanted.limit], self._count(table, conditions), len(rows) > wanted.limit)

    def _check_room(self, table: type[R], counter: str) -> None:
        if self._count(table, []) >= MOST_ROWS:
            raise Conflict(f"This shop is full: {MOST_ROWS} {counter}. Delete some, or reset the sandbox.")

    def _count(self, table: type[R], conditions: Sequence[ColumnElement[bool]]) -> int:
        query = select(func.count()).select_from(table).where(self._mine(table), *conditions)
        return int(self.session.exec(query).one())

    def _mine(self, table: type[R]) -> ColumnElement[bool]:
        return col(table.sandbox) == self.sandbox
