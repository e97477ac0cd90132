"""Connections as lanes: what the words say, and what must still draw."""

import pytest

from labkit import plots
from labkit.exchange import Exchange


def exchange(connection: int, opened: float, seconds: float | None = 0.01) -> Exchange:
    return Exchange(
        number=1,
        kind="http",
        connection=connection,
        nth=1,
        opened=opened,
        sent_by_client=((0.0, b"GET / HTTP/1.1\r\n\r\n"),),
        sent_by_server=((0.0, b"HTTP/1.1 200 OK\r\n\r\n"),),
        frames=(),
        ended="complete",
        seconds=seconds,
        fault="",
        produced=0,
    )


def test_the_words_count_lanes_and_requests() -> None:
    fresh = [exchange(number, number / 10) for number in range(1, 6)]
    kept = [exchange(6, 0.6 + number / 10) for number in range(5)]
    picture = plots.connections({"get": fresh, "session": kept})
    assert picture.alt == (
        "Connections as lanes, requests as blocks on them: 5 lanes for “get”, with 1 request each; "
        "1 lane for “session”, with 5 requests."
    )
    assert picture.png.startswith(b"\x89PNG")


def test_lanes_of_different_length_are_told_as_a_range() -> None:
    picture = plots.connections({"mixed": [exchange(1, 0.0), exchange(2, 0.1), exchange(1, 0.2)]})
    assert "2 lanes for “mixed”, with 1 to 2 requests each." in picture.alt


def test_an_exchange_that_is_still_open_draws() -> None:
    assert plots.connections({"open": [exchange(1, 0.0, None)]}).png


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        plots.connections({"nobody": []})
