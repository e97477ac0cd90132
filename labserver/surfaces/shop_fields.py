"""What the shop's resources have in common at the edge: numbers in a path, times, and read-only fields. A leaf."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, model_validator

from labserver.errors import Conflict, NotFound, PreconditionFailed, Unavailable
from labserver.surfaces import promised

HIGHEST = 2**31 - 1

# What every route of the shop may refuse, then those of one resource, those that make one and those that change one.
ALWAYS = promised.in_rest(
    *promised.ANYWHERE, promised.MISFIT, Unavailable("The shop's database is busy. Ask again.", retry_after=1)
)
ONE = promised.in_rest(NotFound("There is no product 99 in this shop."))
TAKEN = Conflict("Product 1 has the SKU 'T-1' already.", details={"product_id": 1})
STALE = PreconditionFailed("It has changed since you read it.", details={"etag": '"0f3c"'})
MAKING = promised.in_rest(*promised.UNREADABLE, TAKEN)
REMOVING = ONE | promised.in_rest(TAKEN, STALE)
CHANGING = MAKING | REMOVING
REMOVED = promised.nothing(204, "Gone")
UNCHANGED = promised.nothing(304, "You have this state already", "ETag")


NumberInPath = Annotated[int, Path(ge=1, le=HIGHEST, description="the number of the resource", examples=[5])]


def iso(seconds: int) -> str:
    """RFC 3339 in UTC, to the second: 2024-01-01T00:00:01Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Wanted(BaseModel):
    """A body that may repeat what only the server sets, as one does who sends back what was read: it is ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def without_the_servers_own(cls, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if name not in ("id", "created", "updated")}
