"""Who came when: a mark for every request where it arrived, stacked where many come at once. For herds of clients."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import INK, SMALL, Picture, canvas, finished, shortened, table
from labkit.plots.span import ANSWERED, BROKEN, CLEARLY, LEFT, OPEN, REFUSED, Mark, mark

COLUMNS = 30  # how many stand side by side in the whole width
TOGETHER = 2.5  # columns: who comes within them comes at the same time, also on a busy machine
ORDER = (ANSWERED, REFUSED, BROKEN, LEFT, OPEN)

Rows = Sequence[Exchange]


def crowd(groups: Mapping[str, Rows]) -> Picture:
    """A panel for each group: its requests in columns over the time in which they came, each with its outcome's shape.

    Times are seconds since the group's first request. Raises ValueError where there is no request.
    """
    if not groups or not all(groups.values()):
        raise ValueError('There is nothing to draw. Give exchanges: plots.crowd({"name": lab.witness.exchanges()}).')
    sorted_groups = {name: sorted(rows, key=lambda row: row.opened) for name, rows in groups.items()}
    return finished(drawn(sorted_groups), told(sorted_groups), table(_rows(sorted_groups)))


def drawn(groups: Mapping[str, Rows]) -> Figure:
    wide = width(groups)
    placed = {name: columns(rows, wide) for name, rows in groups.items()}
    high = max(max(Counter(column for column, _ in spots).values()) for spots in placed.values())
    figure, first = canvas(1.9 * len(groups) + 0.5)
    first.remove()
    panels = figure.subplots(len(groups), 1, sharex=True, squeeze=False)[:, 0]
    for panel, (name, spots) in zip(panels, placed.items(), strict=True):
        _panel(panel, f"{shortened(name)}: {len(spots)} requests", spots, wide, high)
    panels[-1].set_xlabel("seconds since the first request · circle: answered · square: refused", color=INK)
    return figure


def _panel(axes: Axes, title: str, spots: Sequence[tuple[int, Mark]], wide: float, high: int) -> None:
    heights: Counter[int] = Counter()
    for column, how in spots:
        how.put(axes, (column + 0.5) * wide, heights[column] + 0.5, 6)
        heights[column] += 1
    axes.set_title(title, loc="left", fontsize=SMALL + 1, color=INK)
    axes.set_ylabel("at once", color=INK, fontsize=SMALL)
    axes.set_ylim(0, high + 1)
    axes.set_xlim(0, COLUMNS * wide)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def width(groups: Mapping[str, Rows]) -> float:
    """Seconds of one column: all groups have the same."""
    return max(max(since(rows)) for rows in groups.values()) * 1.02 / COLUMNS or 1.0


def since(rows: Rows) -> list[float]:
    return [row.opened - rows[0].opened for row in rows]


def columns(rows: Rows, wide: float) -> list[tuple[int, Mark]]:
    """(column, outcome) of each request, in the order in which they came."""
    return [(int(at / wide), mark(row)) for at, row in zip(since(rows), rows, strict=True)]


def later(rows: Rows, wide: float) -> int:
    """How many came together after the first rush, which ends with the first long pause; 0 where nobody came again."""
    times = since(rows)
    pauses = [after - before for before, after in pairwise(times)]
    first = next((n for n, pause in enumerate(pauses, 1) if pause > max(wide, max(pauses) / 2)), len(times))
    return max((sum(at <= one < at + TOGETHER * wide for one in times) for at in times[first:]), default=0)


def told(groups: Mapping[str, Rows]) -> str:
    names = " and ".join(f"“{name}”" for name in groups)
    seen = {mark(row) for rows in groups.values() for row in rows}
    marks = [how.word for how in ORDER if how in seen]  # who came first is chance
    parts = [
        f"Arrivals, in a panel each for {names}: a mark for every request, stacked where several came at once. "
        f"How they went: {', '.join(marks)}."
    ]
    wide = width(groups)
    heights = {name: later(rows, wide) for name, rows in groups.items()}
    high, low = max(heights, key=heights.__getitem__), min(heights, key=heights.__getitem__)
    if heights[high] > CLEARLY * max(heights[low], 1):
        parts.append(
            f"After the first rush those of “{high}” come again in tall columns; those of “{low}” come spread out."
        )
    return " ".join(parts)


def _rows(groups: Mapping[str, Rows]) -> list[dict[str, object]]:
    return [
        {"group": name, "request": f"#{row.number}", "came": at, "went": f"{row.status or ''} {mark(row).word}".strip()}
        for name, rows in groups.items()
        for at, row in zip(since(rows), rows, strict=True)
    ]
