"""The herd: who came when, in columns; what is drawn against what was measured, and what the words say."""

import pytest

from labkit import plots
from labkit.exchange import Exchange
from labkit.plots import herd


def came(at: float, status: int = 200) -> Exchange:
    head = f"HTTP/1.1 {status} OK\r\n\r\n".encode()
    asked = ((0.0, b"GET /shop/products HTTP/1.1\r\n\r\n"),)
    return Exchange(1, "http", 1, 1, at, asked, ((0.0, head),), (), "complete", 0.01, "", 0)


HERD = [*(came(10.0, 429) for _ in range(6)), *(came(11.0) for _ in range(6))]
SPREAD = [*(came(10.0, 429) for _ in range(6)), *(came(11.0 + step / 4) for step in range(6))]


def test_every_request_is_a_mark_stacked_where_many_come_at_once() -> None:
    upper, lower = herd.drawn({"herd": HERD, "spread": SPREAD}).axes
    heights = [[float(line.get_ydata()[0]) for line in panel.lines] for panel in (upper, lower)]  # type: ignore[index]
    assert [len(found) for found in heights] == [12, 12]
    assert sorted(heights[0]) == sorted(2 * [0.5, 1.5, 2.5, 3.5, 4.5, 5.5])
    assert sorted(heights[1]) == sorted([0.5, 1.5, 2.5, 3.5, 4.5, 5.5] + 6 * [0.5])
    places = sorted({round(float(line.get_xdata()[0]), 1) for line in upper.lines})  # type: ignore[index]
    assert places == [0.0, 1.0], "seconds since the group's first request"
    assert [line.get_marker() for line in upper.lines] == 6 * ["s"] + 6 * ["o"], "refused, then answered"
    assert (upper.get_title(loc="left"), upper.get_ylim()) == ("herd: 12 requests", lower.get_ylim())


def test_the_words_say_who_comes_back_in_columns() -> None:
    alt = herd.told({"exactly": HERD, "with chance": SPREAD})
    assert "“exactly” and “with chance”" in alt and "How they went: answered, refused." in alt
    assert "those of “exactly” come again in tall columns; those of “with chance” come spread out" in alt


def test_what_hardly_differs_is_not_told() -> None:
    assert "tall columns" not in herd.told({"one": HERD, "other": HERD})
    assert "tall columns" not in herd.told({"alone": SPREAD})


def test_the_first_rush_is_everybodys_and_is_not_counted() -> None:
    wide = herd.width({"herd": HERD})
    assert herd.later(HERD, wide) == 6
    assert herd.later(SPREAD, wide) == 1
    assert herd.later(HERD[:6], wide) == 0, "nobody came again"


def test_a_group_without_anybody_is_said_with_what_to_give() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        plots.crowd({"herd": HERD, "nobody": []})


def test_a_busy_machine_lets_nobody_come_at_quite_the_same_time() -> None:
    blurred = [came(10 + step / 30, 429) for step in range(6)] + [came(11 + step / 30) for step in range(6)]
    tail = [*SPREAD, came(14.0)]
    assert herd.later(blurred, herd.width({"herd": blurred, "tail": tail})) == 6
    assert herd.told({"a": blurred, "b": tail}) == herd.told({"a": HERD, "b": tail})
