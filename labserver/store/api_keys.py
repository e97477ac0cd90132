"""The rows of issued keys, for a database that outlives the server. Knows SQL; knows no hash and no clock."""

from collections.abc import Iterable

from sqlmodel import Session, col, delete, select

from labserver.store.tables import ApiKey


def everyone(session: Session) -> list[ApiKey]:
    """In the order in which they were issued."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.created), col(ApiKey.id))))


def keep(session: Session, row: ApiKey, forgotten: Iterable[str] = ()) -> None:
    """Write it, new or changed, and let go of others of its sandbox."""
    session.merge(row)
    ids = list(forgotten)
    if ids:
        session.exec(delete(ApiKey).where(col(ApiKey.sandbox) == row.sandbox, col(ApiKey.id).in_(ids)))
