"""What a run found, as plain numbers. Knows percentiles; knows no server. A leaf."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Streams:
    """Many paced streams at once: seconds unless a name says otherwise.

    `behind` is how far the 99th percentile of all gaps is above the pace; `cost` is processor seconds per event.
    """

    server: str
    kind: str
    asked: int
    complete: int
    events: int
    seconds: float
    first_p50: float
    first_p99: float
    gap_p50: float
    gap_p99: float
    gap_max: float
    bytes_each: int
    cost: float

    @property
    def rate(self) -> float:
        """Events per second, over all streams."""
        return self.events / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Posts:
    """Requests on some connections: `offered` so many a second, or as fast as they were taken (0)."""

    server: str
    connections: int
    answered: int
    failed: int
    seconds: float
    p50: float
    p99: float
    offered: int = 0

    @property
    def rate(self) -> float:
        return self.answered / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Idle:
    """WebSockets that are open and silent."""

    server: str
    asked: int
    held: int
    bytes_each: int


def percentile(values: Iterable[float], part: float) -> float:
    """The value that this part of all values does not pass; 0.0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
