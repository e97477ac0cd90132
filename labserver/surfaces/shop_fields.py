"""What the shop's resources have in common at the edge: numbers in a path, times, and read-only fields. A leaf."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, model_validator

HIGHEST = 2**31 - 1

NumberInPath = Annotated[int, Path(ge=1, le=HIGHEST, description="the number of the resource")]


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
