"""An order's life: its states in order, and when each is reached on the shop's own clock. A leaf."""

from dataclasses import dataclass

# state -> seconds after the order was placed
LIFE = {"placed": 0, "packed": 1_200, "shipped": 7_200, "delivered": 86_400}
STATES = tuple(LIFE)
LAST = len(STATES) - 1
SHIPPED = STATES.index("shipped")


@dataclass(frozen=True, slots=True)
class Step:
    """One event of the life: `number` counts from 1, `at` is in seconds since 1970."""

    number: int
    status: str
    at: int


def steps(placed: int) -> tuple[Step, ...]:
    """The whole life of an order placed at this time; the same whenever it is asked for."""
    return tuple(Step(number, status, placed + after) for number, (status, after) in enumerate(LIFE.items(), 1))
