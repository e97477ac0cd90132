"""Durations counted into buckets, and the rhythm of one answer's deltas. Knows numbers; knows no metric. A leaf.

Plain lists and no lock: an answer counts for itself while it streams and is added up once, when it is over.
"""

import time
from bisect import bisect_left
from itertools import accumulate

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds
BOUNDS = (*(str(bound) for bound in BUCKETS), "+Inf")


class Tally:
    """How many durations there were, by bucket, and their sum in seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def take_in(self, other: "Tally") -> None:
        self.counts = [mine + theirs for mine, theirs in zip(self.counts, other.counts, strict=True)]
        self.total += other.total

    @property
    def count(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper bound, how many up to it) for each bucket, as Prometheus wants them."""
        return list(zip(BOUNDS, map(float, accumulate(self.counts)), strict=True))


class Rhythm:
    """When the deltas of one answer came: `first` is seconds until the first one, None before; `gaps` those between."""

    __slots__ = ("_last", "first", "gaps")

    def __init__(self) -> None:
        self._last = time.monotonic()
        self.first: float | None = None
        self.gaps = Tally()

    def beat(self) -> None:
        now = time.monotonic()
        waited, self._last = now - self._last, now
        if self.first is None:
            self.first = waited
        else:
            self.gaps.add(waited)
