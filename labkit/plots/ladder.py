"""The retry ladder: the attempts at one thing, a step each, the waits between them, and what the server asked for."""

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import (
    ACCENT,
    INK,
    PALE,
    SMALL,
    WARNING,
    Picture,
    canvas,
    dress,
    finished,
    room_on_the_right,
    table,
)
from labkit.plots.span import ANSWERED, CLEARLY, Mark, last, mark, said

SLACK = 0.02  # seconds: a clock of the client and one of the server


def retries(attempts: Sequence[Exchange]) -> Picture:
    """Attempts from the top, each with the shape of its outcome; dashes are the client's waits.

    An upright bar stands where the server's Retry-After would have let it come again. Raises ValueError where there is
    no attempt.
    """
    if not attempts:
        raise ValueError("There is nothing to draw. Give exchanges: plots.retries(lab.witness.exchanges()).")
    rows = sorted(attempts, key=lambda exchange: exchange.opened)
    return finished(drawn(rows), told(rows), table(_rows(rows)))


def drawn(rows: Sequence[Exchange]) -> Figure:
    start, ends = rows[0].opened, []
    figure, axes = canvas(0.55 * len(rows) + 1.1)
    for row, exchange in enumerate(rows):
        begin, over, how = exchange.opened - start, exchange.opened - start + last(exchange), mark(exchange)
        axes.plot([begin, over], [-row, -row], color=INK, linewidth=4, solid_capstyle="butt", zorder=2)
        how.put(axes, over, -row, 10)
        axes.annotate(
            said(exchange), (over, -row), xytext=(10, 4), textcoords="offset points", color=INK, fontsize=SMALL
        )
        ends.append(over)
    for row, (before, after) in enumerate(pairwise(rows)):
        left, right = before.opened - start + last(before), after.opened - start
        axes.plot([left, right, right], [-row, -row, -row - 1], color=PALE, linewidth=1.6, linestyle="--", zorder=1)
        axes.annotate(
            f"waits {max(right - left, 0):.2f} s", ((left + right) / 2, -row), xytext=(0, -12),
            textcoords="offset points", color=ACCENT, fontsize=SMALL, ha="center",
        )  # fmt: skip
        asked = retry_after(before)
        if asked is not None:
            ends.append(left + asked)
            axes.plot(left + asked, -row, "|", color=WARNING, markersize=18, markeredgewidth=2.5, zorder=3)
    dress(
        axes,
        [f"attempt {row + 1}" for row in range(len(rows))],
        "seconds since the first attempt · upright bar: Retry-After",
    )
    room_on_the_right(axes, max(ends))
    return figure


def retry_after(exchange: Exchange) -> float | None:
    """Seconds that the server asked for; None where it asked for nothing, or named a date."""
    for field, factor in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said_ = exchange.response.get(field)
        if said_.replace(".", "", 1).isdigit():
            return float(said_) * factor
    return None


def waits(rows: Sequence[Exchange]) -> list[float]:
    """Seconds from the end of each attempt to the next one's first byte."""
    return [max(0.0, after.opened - before.opened - last(before)) for before, after in pairwise(rows)]


def told(rows: Sequence[Exchange]) -> str:
    marks: dict[Mark, None] = dict.fromkeys(map(mark, rows))
    parts = [
        f"Retry ladder: one step for each attempt, from the top. How they went: {', '.join(m.word for m in marks)}."
    ]
    parts.append("The last attempt was answered." if mark(rows[-1]) == ANSWERED else "The last attempt failed too.")
    pauses = waits(rows)
    asked = [(pause, retry_after(row)) for pause, row in zip(pauses, rows, strict=False)]
    kept = [pause + SLACK >= wish for pause, wish in asked if wish is not None]
    if kept:
        parts.append(
            "Every wait is as long as the server's Retry-After asked for."
            if all(kept)
            else "A wait is shorter than the server's Retry-After asked for."
        )
    if len(pauses) > 1:
        grows = all(later > CLEARLY * earlier for earlier, later in pairwise(pauses))
        parts.append("Each wait is clearly longer than the one before." if grows else "The waits do not keep growing.")
    return " ".join(parts)


def _rows(rows: Sequence[Exchange]) -> list[dict[str, object]]:
    pauses: list[float | str] = [*waits(rows), ""]
    wishes = [retry_after(row) for row in rows]
    return [
        {"attempt": at + 1, "went": said(row), "asked to wait": "" if wish is None else wish, "waited": pause}
        for at, (row, wish, pause) in enumerate(zip(rows, wishes, pauses, strict=True))
    ]
