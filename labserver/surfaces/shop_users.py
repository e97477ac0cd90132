"""The shop's users, as seed 000 has them: `/users`. Knows HTTP and a user's fields; knows no SQL."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from labserver.store import users
from labserver.store.tables import User
from labserver.store.world import World
from labserver.surfaces import promised, shop_fields
from labserver.surfaces.conditional import answer
from labserver.surfaces.listing import PagingDep, listed
from labserver.surfaces.merging import patched
from labserver.surfaces.resource import complete
from labserver.surfaces.shop_fields import NumberInPath, Wanted, iso
from labserver.surfaces.shop_rows import Kind
from labserver.visit import VisitDep

router = APIRouter(prefix="/users", tags=["users"], responses=shop_fields.ALWAYS)

ADDRESS = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"  # enough to catch a slip; only a letter proves an address


class UserWanted(Wanted):
    """All of a user that a client may say. A PUT without an optional field sets it to null."""

    name: Annotated[str, Field(min_length=1, max_length=120, examples=["Rajesh"])]
    email: Annotated[str, Field(pattern=ADDRESS, max_length=200, examples=["rajesh@example.com"])]
    phone: Annotated[str | None, Field(max_length=40)] = None
    city: Annotated[str | None, Field(max_length=80)] = None


class UserShown(BaseModel):
    id: int
    name: str
    email: str
    phone: str | None
    city: str | None
    created: str
    updated: str


class UserList(BaseModel):
    users: list[UserShown]
    total: int
    per_page: int
    page: int | None = None
    pages: int | None = None
    next_cursor: str | None


def shown(user: User) -> dict[str, Any]:
    return UserShown(
        **user.model_dump(exclude={"sandbox", "mailbox", "search", "created", "updated"}),
        created=iso(user.created),
        updated=iso(user.updated),
    ).model_dump()


USER = Kind(User, "user", shown)


@router.get("", response_model=None, responses=promised.gives(200, UserList, "ETag", "Link") | shop_fields.UNCHANGED)
async def list_users(
    visit: VisitDep,
    request: Request,
    paging: PagingDep,
    q: Annotated[
        str | None, Query(max_length=100, description="text in the name, the address or the city", examples=["ra"])
    ] = None,
) -> Response:
    """The users, ten at a time: sorted, by page or by cursor."""
    wanted = paging.slice(users.SORTS)
    found = await visit.shop(lambda world: world.listed(User, users.matching(q), wanted))
    return listed(request, "users", found, paging, sorts=users.SORTS, shown=shown)


@router.post(
    "",
    status_code=201,
    response_model=None,
    responses=promised.gives(201, UserShown, "ETag", "Location") | shop_fields.MAKING,
)
async def add_user(visit: VisitDep, request: Request, wanted: UserWanted) -> Response:
    """A new user; `Location` says where. 409 for an e-mail address that another one has."""
    when = visit.stamp("user", wanted.model_dump()).seconds
    made = await visit.shop(lambda world: shown(users.add(world, wanted.model_dump(), when)))
    return answer(request, made, 201, {"location": f"/users/{made['id']}"})


@router.get(
    "/{user_id}",
    response_model=None,
    responses=promised.gives(200, UserShown, "ETag") | shop_fields.UNCHANGED | shop_fields.ONE,
)
async def get_user(visit: VisitDep, request: Request, user_id: NumberInPath) -> Response:
    """One user, with the ETag of this state."""
    return await USER.show(visit, request, user_id)


@router.put("/{user_id}", response_model=None, responses=promised.gives(200, UserShown, "ETag") | shop_fields.CHANGING)
async def replace_user(visit: VisitDep, request: Request, user_id: NumberInPath, wanted: UserWanted) -> Response:
    """The whole user anew: what the body leaves out is gone. 412 where If-Match names an older state."""
    when = visit.stamp("user", user_id, wanted.model_dump()).seconds
    fields = wanted.model_dump()
    return await USER.change(visit, request, user_id, lambda world, row: users.replace(world, row, fields, when))


@router.patch(
    "/{user_id}", response_model=None, responses=promised.gives(200, UserShown, "ETag") | shop_fields.CHANGING
)
async def change_user(
    visit: VisitDep,
    request: Request,
    user_id: NumberInPath,
    patch: Annotated[dict[str, Any], Body(examples=[{"city": "Pune"}])],
) -> Response:
    """Some fields anew, by JSON Merge Patch (RFC 7396)."""
    when = visit.stamp("user", user_id).seconds

    def work(world: World, user: User) -> User:
        return users.replace(world, user, patched(UserWanted, shown(user), patch).model_dump(), when)

    return await USER.change(visit, request, user_id, work)


@router.delete("/{user_id}", status_code=204, responses=shop_fields.REMOVED | shop_fields.REMOVING)
async def remove_user(visit: VisitDep, request: Request, user_id: NumberInPath) -> Response:
    """No such user any more. 409 for one who has an order."""
    return await USER.remove(visit, request, user_id, users.remove)


complete(router)
