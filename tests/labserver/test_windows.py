"""Counters that end, on a clock that a test turns."""

import pytest

from labserver.windows import Windows


def test_a_window_begins_with_its_first_hit_and_ends_as_a_whole() -> None:
    windows = Windows()
    windows.now = 100.0
    assert [windows.incr("tea", 10) for _ in range(3)] == [1, 2, 3]
    windows.now = 109.9
    assert (windows.incr("tea", 10, amount=5), windows.get("tea"), windows.get_expiry("tea")) == (8, 8, 110.0)
    windows.now = 110.0
    assert (windows.get("tea"), windows.get_expiry("tea")) == (0, 110.0), "over, so nothing is left to end"
    assert (windows.incr("tea", 10), windows.get_expiry("tea")) == (1, 120.0)


def test_a_key_that_was_never_hit_has_a_count_of_nothing() -> None:
    windows = Windows()
    windows.now = 5.0
    assert (windows.get("tea"), windows.get_expiry("tea"), len(windows)) == (0, 5.0, 0)


@pytest.mark.parametrize("forget", [lambda windows: windows.clear("tea"), lambda windows: windows.reset()])
def test_a_forgotten_window_begins_anew(forget) -> None:
    windows = Windows()
    windows.incr("tea", 10, amount=7)
    forget(windows)
    assert windows.get("tea") == 0
    assert windows.incr("tea", 10) == 1


def test_room_is_bounded_what_is_over_goes_first_and_then_the_oldest() -> None:
    windows = Windows(most=3)
    windows.incr("long", 100)
    windows.incr("short", 1)
    windows.incr("longer", 200)
    windows.now = 2.0
    windows.incr("new", 100)
    assert (len(windows), windows.get("long"), windows.get("new")) == (3, 1, 1), "only the one that was over has gone"
    windows.incr("newer", 100)
    assert (len(windows), windows.get("long"), windows.get("longer"), windows.get("newer")) == (3, 0, 1, 1)


def test_a_window_that_begins_anew_is_the_youngest() -> None:
    windows = Windows(most=2)
    windows.incr("old", 1)
    windows.incr("other", 100)
    windows.now = 1.0
    windows.incr("old", 100)
    windows.incr("third", 100)
    assert (windows.get("old"), windows.get("other"), windows.get("third")) == (1, 0, 1)
