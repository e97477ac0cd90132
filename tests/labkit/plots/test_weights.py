"""Bars of bytes: what the words say, and what they must not."""

import pytest
from made import exchange

from labkit import plots
from labkit.exchange import Exchange


def with_body(count: int) -> Exchange:
    """An answer with so many bytes of body."""
    return exchange(answered=b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * count)


def test_bars_are_told_from_the_longest_to_the_shortest_and_without_a_number() -> None:
    picture = plots.sizes({"little": with_body(100), "all of it": with_body(1000)})
    assert picture.png.startswith(b"\x89PNG")
    assert picture.alt == (
        "Bars for the bytes of answer, from the longest to the shortest: “all of it”, “little”. "
        "The bar “all of it” is much longer than any other."
    )


@pytest.mark.parametrize("bars", [{"one": 10}, {"one": 100, "other": 90}, {"none": 0, "nothing": 0}])
def test_no_bar_is_called_much_longer_that_is_not(bars: dict[str, int]) -> None:
    assert "much longer" not in plots.sizes({name: with_body(count) for name, count in bars.items()}).alt


def test_no_bars_are_refused_with_what_to_give() -> None:
    with pytest.raises(ValueError, match="Give at least one exchange"):
        plots.sizes({})
