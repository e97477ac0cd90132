"""Lists in pieces, two ways: numbered pages, and cursors. Knows queries and links; knows nothing of what is listed.

A page says where in the list; a row that comes in before it moves everything. A cursor says after which row, so nothing
is lost or seen twice. Links are relative references (RFC 8288 and RFC 3986): `urljoin` them to the address you called.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from starlette.responses import Response

from labserver.errors import InvalidRequest
from labserver.store.world import Found, Slice
from labserver.surfaces.conditional import answer

MOST = 2**62


@dataclass(frozen=True, slots=True)
class Paging:
    """What a client asked for. `page` is None where a cursor leads; an empty cursor starts at the beginning."""

    sort: str
    per_page: int
    page: int | None
    cursor: str | None

    def slice(self, sorts: dict[str, str]) -> Slice:
        """Raises InvalidRequest for a sort key that is not in the table, or a cursor that is not ours."""
        name = self.sort.removeprefix("-")
        if name not in sorts:
            raise InvalidRequest(
                f"sort cannot be {self.sort!r}. Sort by {', '.join(sorts)}, or by -{next(iter(sorts))} to turn "
                "the order round.",
                param="sort",
            )
        return Slice(
            column=sorts[name],
            descending=self.sort.startswith("-"),
            limit=self.per_page,
            offset=((self.page or 1) - 1) * self.per_page,
            after=_read(self.cursor, self.sort) if self.cursor else None,
        )


def paging(
    page: Annotated[int | None, Query(ge=1, le=100_000, description="which page, from 1", examples=[2])] = None,
    per_page: Annotated[int, Query(ge=1, le=100, description="how many at once")] = 10,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next_cursor` of the piece before; empty begins", examples=[""])
    ] = None,
    sort: Annotated[str, Query(max_length=40, description="a field, or -field for the other way round")] = "id",
) -> Paging:
    if page is not None and cursor is not None:
        raise InvalidRequest("Give page or cursor, not both: they are two ways through the same list.", param="page")
    return Paging(sort, per_page, None if cursor is not None else page or 1, cursor)


PagingDep = Annotated[Paging, Depends(paging)]


def listed(
    request: Request, name: str, found: Found, paging: Paging, *, sorts: dict[str, str], shown: Callable[[Any], Any]
) -> Response:
    """`{name: [...], "total", "per_page", "page", "pages", "next_cursor"}`; a cursor's piece has no page numbers."""
    value: dict[str, Any] = {name: [shown(row) for row in found.rows], "total": found.total}
    value["per_page"] = paging.per_page
    links: dict[str, dict[str, Any]] = {}
    cursor = _written(found.rows[-1], paging.sort, sorts) if found.more else None
    if paging.page is None:
        if cursor is not None:
            links["next"] = {"cursor": cursor}
    else:
        pages = max(1, -(-found.total // paging.per_page))
        value |= {"page": paging.page, "pages": pages}
        neighbours = {"first": 1, "prev": min(paging.page - 1, pages), "next": paging.page + 1, "last": pages}
        links = {
            rel: {"page": number}
            for rel, number in neighbours.items()
            if (rel != "prev" or number >= 1) and (rel != "next" or number <= pages)
        }
    value["next_cursor"] = cursor
    headers = {"link": ", ".join(_link(request, rel, said) for rel, said in links.items())} if links else {}
    return answer(request, value, headers=headers)


def _link(request: Request, rel: str, said: dict[str, Any]) -> str:
    asked = [(name, value) for name, value in request.query_params.multi_items() if name not in ("page", "cursor")]
    return f'<{request.url.path}?{urlencode([*asked, *said.items()])}>; rel="{rel}"'


def _written(row: Any, sort: str, sorts: dict[str, str]) -> str:
    said = json.dumps([sort, getattr(row, sorts[sort.removeprefix("-")]), row.id], ensure_ascii=False)
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _read(cursor: str, sort: str) -> tuple[Any, int]:
    """Raises InvalidRequest for a cursor that this server did not write, or wrote for another order."""
    try:
        said = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        written_for, value, number = said
    except (ValueError, TypeError, RecursionError):
        raise _foreign() from None
    if written_for != sort:
        raise InvalidRequest(f"This cursor belongs to sort={written_for}; keep sort as it was.", param="cursor")
    fits = isinstance(value, str) or (isinstance(value, int) and abs(value) < MOST)
    if not fits or not isinstance(number, int) or abs(number) > MOST or _unwritable(value):
        raise _foreign()
    return value, number


def _unwritable(value: Any) -> bool:
    """Half a surrogate pair, which JSON can spell and no database can store."""
    return isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value)


def _foreign() -> InvalidRequest:
    return InvalidRequest(
        "This cursor is not one of ours. Take next_cursor as it is, or start with cursor=.", param="cursor"
    )
