"""The waterfall: requests in the order in which they came, each with its waiting and its answering."""

import itertools
from collections.abc import Sequence

from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import (
    ACCENT,
    INK,
    PALE,
    SMALL,
    Picture,
    canvas,
    dress,
    finished,
    listed,
    room_on_the_right,
    table,
)
from labkit.plots.span import Mark, Span, last, mark, name, said

HATCH = "////"


def waterfall(exchanges: Sequence[Exchange]) -> Picture:
    """A row a request: hatched until the first piece of the answer, solid while it comes; then a shape and words.

    Raises ValueError where there is nothing to draw.
    """
    if not exchanges:
        raise ValueError("There is nothing to draw. Give exchanges: plots.waterfall(lab.witness.exchanges()).")
    rows = sorted(exchanges, key=lambda exchange: exchange.opened)
    return finished(drawn(rows), told(rows), table(_row(exchange, rows[0].opened) for exchange in rows))


def drawn(rows: Sequence[Exchange]) -> Figure:
    start = rows[0].opened
    figure, axes = canvas(0.42 * len(rows) + 1.1)
    end = 0.0
    for row, exchange in enumerate(rows):
        begin, first, over = exchange.opened - start, first_piece(exchange), last(exchange)
        axes.barh(-row, first, left=begin, height=0.5, facecolor="white", edgecolor=PALE, hatch=HATCH, zorder=2)
        axes.barh(-row, over - first, left=begin + first, height=0.5, color=ACCENT, zorder=2)
        mark(exchange).put(axes, begin + over, -row)
        axes.annotate(
            said(exchange), (begin + over, -row), xytext=(9, 0), textcoords="offset points",
            color=INK, fontsize=SMALL, va="center",
        )  # fmt: skip
        end = max(end, begin + over)
    dress(
        axes,
        [name(exchange) for exchange in rows],
        "seconds since the first request · hatched: waiting, solid: answering",
    )
    room_on_the_right(axes, end)
    return figure


def first_piece(exchange: Exchange) -> float:
    """Seconds until the first piece of the answer's body; without one, until the end. A stream's head comes earlier."""
    return min(Span.of(exchange).first, last(exchange))


def told(rows: Sequence[Exchange]) -> str:
    parts = [f"Waterfall of requests in the order in which they arrived: {listed(map(name, rows))}."]
    parts.append("Each row is hatched while the client waits and solid while the answer comes.")
    overlapping = any(later.opened < earlier.opened + last(earlier) for earlier, later in itertools.pairwise(rows))
    if len(rows) > 1:
        parts.append("Rows overlap in time." if overlapping else "Each request begins after the one before has ended.")
    marks: dict[Mark, None] = dict.fromkeys(map(mark, rows))
    parts.append(f"How they went: {', '.join(how.word for how in marks)}.")
    return " ".join(parts)


def _row(exchange: Exchange, start: float) -> dict[str, object]:
    return {
        "request": name(exchange),
        "begins": exchange.opened - start,
        "waits": first_piece(exchange),
        "takes": last(exchange),
        "went": said(exchange),
    }
