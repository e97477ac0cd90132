"""Durations in buckets, and the rhythm of deltas."""

import pytest

from labserver import tally
from labserver.tally import BUCKETS, Rhythm, Tally


def test_a_duration_counts_in_its_bucket_and_in_every_greater_one() -> None:
    counted = Tally()
    for seconds in (0.0004, 0.001, 0.0011, 59, 61):
        counted.add(seconds)
    shown = dict(counted.cumulative())
    assert (shown["0.001"], shown["0.0025"], shown["30.0"], shown["60.0"], shown["+Inf"]) == (2, 3, 3, 4, 5)
    assert list(shown) == [*map(str, BUCKETS), "+Inf"]
    assert counted.count == 5
    assert counted.total == pytest.approx(120.0025)


def test_one_takes_another_in_and_leaves_it_as_it_was() -> None:
    one, other = Tally(), Tally()
    one.add(0.2)
    other.add(0.2)
    other.add(7)
    one.take_in(other)
    assert (one.count, other.count, one.total) == (3, 2, pytest.approx(7.4))
    other.add(1)
    assert one.count == 3


def test_the_first_delta_is_no_gap(monkeypatch) -> None:
    moments = iter([10.0, 10.5, 10.75, 12.75])
    monkeypatch.setattr(tally.time, "monotonic", lambda: next(moments))
    rhythm = Rhythm()
    assert (rhythm.first, rhythm.gaps.count) == (None, 0)
    for _ in range(3):
        rhythm.beat()
    assert (rhythm.first, rhythm.gaps.count, rhythm.gaps.total) == (0.5, 2, 2.25)
