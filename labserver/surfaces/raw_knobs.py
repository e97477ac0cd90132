"""What the raw routes let a caller set, each bounded, and the one check across two of them. A leaf."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from labserver.errors import UnprocessableRequest
from labserver.surfaces import promised

MOST_SECONDS = 30.0
REFUSED = promised.in_rest(*promised.ANYWHERE, promised.MISFIT)
LONGEST = 3600.0  # seconds that one answer may take as planned

Count = Annotated[int, Field(ge=1, le=10_000, description="how many")]
Interval = Annotated[float, Field(ge=0, le=MOST_SECONDS, description="seconds from one to the next")]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00\r\n]+$")]


class Knobs(BaseModel):
    """A misspelled knob is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    key: Annotated[
        str | None, Field(description="your sandbox's key, for a browser's EventSource", examples=["YOUR_API_KEY"])
    ] = None


class Seeded(Knobs):
    seed: Annotated[
        int | None, Field(ge=0, lt=2**31, description="other content; else your sandbox's seed", examples=[7])
    ] = None


class Ticks(Seeded):
    """A stream of small messages."""

    count: Count = 5
    interval: Interval = 0.2


def check_length(count: int, interval: float) -> None:
    """Raises UnprocessableRequest where so many at such an interval would take all day."""
    seconds = (count - 1) * interval
    if seconds > LONGEST:
        told = f"This would take {seconds:g} s, and {LONGEST:g} is the most. Ask for fewer or for a shorter interval."
        raise UnprocessableRequest(told, details={"fields": {"interval": told}}, param="interval")
