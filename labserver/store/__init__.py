"""The lab's database: one engine, short sessions, and a furnished shop for each sandbox. Knows SQL; knows no HTTP."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from sqlalchemy import Engine, create_engine, delete, event, insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, col, select

from labserver.errors import Conflict, Unavailable
from labserver.store import catalogue
from labserver.store.tables import SHOP, Ledger, Named, Order, Product, User
from labserver.store.world import World

IN_MEMORY = "sqlite://"
T = TypeVar("T")


def url_of(database: str, data_dir: Path | None) -> str:
    """The database that was asked for; else a file in the data folder; else memory, which leaves nothing behind."""
    if database:
        return database
    return IN_MEMORY if data_dir is None else f"sqlite:///{(data_dir / 'lab.sqlite').as_posix()}"


class Store:
    """Opens its database when the first row is wanted. One lock: SQLite has one writer, and memory one connection.

    Every method blocks for about a millisecond, so a surface calls it in a thread.
    """

    def __init__(self, url: str = IN_MEMORY) -> None:
        self._url = make_url(url)
        self._lock = RLock()
        self._engine: Engine | None = None
        self._claim: FileLock | None = None
        self.in_flight: dict[tuple[str, str], str] = {}  # (sandbox, idempotency key) -> hash of the body, while at work

    @property
    def lasting(self) -> bool:
        """Whether rows outlive the process."""
        return self._url.database not in (None, "", ":memory:") and self._url.query.get("mode") != "memory"

    def within(self, sandbox: str, work: Callable[[World], T]) -> T:
        """Do some work in one sandbox's shop, all of it or nothing. Raises what it raises; Conflict for a lost race."""
        with self._session() as session:
            ledger = session.get(Ledger, sandbox) or _furnish(session, sandbox)
            return work(World(session, ledger))

    def forget(self, sandbox: str) -> None:
        """The sandbox's rows go; its next visit finds a new shop."""
        if self._engine is not None or self.lasting:
            with self._session() as session:
                for table in SHOP:
                    session.exec(delete(table).where(col(table.sandbox) == sandbox))  # type: ignore[attr-defined]  # all have one

    def named(self, always: str) -> list[Named]:
        """The sandboxes that outlived the last server; rows of others, but for `always`, go."""
        if not self.lasting:
            return []
        with self._session() as session:
            kept = list(session.exec(select(Named)))
            ids = [always, *(row.id for row in kept)]
            for table in SHOP:
                session.exec(delete(table).where(col(table.sandbox).not_in(ids)))  # type: ignore[attr-defined]  # all have one
            return kept

    def remember(self, row: Named) -> None:
        if self.lasting:
            with self._session() as session:
                session.add(row)

    def kept(self, work: Callable[[Session], T], otherwise: T) -> T:
        """Do some work on rows that only matter where they outlive the process; elsewhere nothing is done."""
        if not self.lasting:
            return otherwise
        with self._session() as session:
            return work(session)

    def disown(self, sandbox: str) -> None:
        """A sandbox has ended: its rows go, and its name with them."""
        self.forget(sandbox)
        if self.lasting:
            with self._session() as session:
                session.exec(delete(Named).where(col(Named.id) == sandbox))

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None
            if self._claim is not None:
                self._claim.release()

    @contextmanager
    def _session(self) -> Iterator[Session]:
        with self._lock:
            if self._engine is None:
                self._engine = self._open()
            with Session(self._engine, expire_on_commit=False) as session:
                try:
                    yield session
                    session.commit()
                except IntegrityError as error:
                    raise Conflict("Another request changed the same thing first. Read it again and repeat.") from error

    def _open(self) -> Engine:
        """Raises Unavailable where the database cannot be reached, or its file is another server's."""
        try:
            engine = create_engine(self._url, hide_parameters=True, **self._manners())
            if engine.dialect.name == "sqlite":
                event.listen(engine, "connect", _set_pragmas)
            SQLModel.metadata.create_all(engine)
        except (SQLAlchemyError, ImportError, OSError) as error:
            shown = self._url.render_as_string(hide_password=True)
            reason = str(error).splitlines()[0]
            raise Unavailable(
                f"The database {shown} cannot be opened: {reason}. Choose another with --database."
            ) from error
        return engine

    def _manners(self) -> dict[str, Any]:
        if self._url.get_backend_name() != "sqlite":
            return {"pool_pre_ping": True}
        if self.lasting:
            self._claim = _claim(Path(str(self._url.database)))
            return {}
        return {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}


def _claim(file: Path) -> FileLock:
    """A file is one server's: at its start a server clears away what nobody can reach any more."""
    file.parent.mkdir(parents=True, exist_ok=True)
    claim = FileLock(f"{file}.lock", thread_local=False)
    try:
        claim.acquire(timeout=0)
    except Timeout:
        raise Unavailable(
            f"Another lab server uses {file}. Choose another place with --data-dir, or end that server."
        ) from None
    return claim


def _set_pragmas(connection: Any, _: object) -> None:
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _furnish(session: Session, sandbox: str) -> Ledger:
    """A new shop, as in the catalogue."""
    products, users = catalogue.product_rows(sandbox), catalogue.user_rows(sandbox)
    orders = catalogue.order_rows(sandbox)
    for table, rows in ((Product, products), (User, users), (Order, orders)):
        session.execute(insert(table), rows)
    ledger = Ledger(
        sandbox=sandbox,
        products=products[-1]["id"],
        users=users[-1]["id"],
        orders=orders[-1]["id"],
    )
    session.add(ledger)
    return ledger
