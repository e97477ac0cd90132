"""Concurrency lanes: which exchanges were open at the same time, and how many at once."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import ACCENT, INK, SMALL, Picture, canvas, dress, finished, listed, table
from labkit.plots.span import last, mark, name

NARROW = 0.05  # of the whole width


def concurrency(exchanges: Sequence[Exchange]) -> Picture:
    """As few lanes as it takes, each exchange in the first one that is free; the line above counts those open at once.

    Raises ValueError where there is nothing to draw.
    """
    if not exchanges:
        raise ValueError("There is nothing to draw. Give exchanges: plots.concurrency(lab.witness.exchanges()).")
    rows = sorted(exchanges, key=lambda exchange: exchange.opened)
    packed = lanes(rows)
    return finished(drawn(rows, packed), told(rows, packed), table(_rows(rows, packed)))


def drawn(rows: Sequence[Exchange], packed: Sequence[int]) -> Figure:
    """Below the lanes, above them the count."""
    start = rows[0].opened
    deep = max(packed) + 1
    whole = max(exchange.opened - start + last(exchange) for exchange in rows)
    figure, axes = canvas(0.42 * deep + 2.1)
    axes.remove()
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.1, 0.42 * deep + 0.3])
    for exchange, lane in zip(rows, packed, strict=True):
        begin, over, how = exchange.opened - start, last(exchange), mark(exchange)
        below.barh(-lane, over, left=begin, height=0.55, color=ACCENT, alpha=0.25, edgecolor=ACCENT, linewidth=1)
        how.put(below, begin + over, -lane)
        if over > NARROW * whole:  # else its number would lie over the next one's
            below.annotate(
                f"#{exchange.number}", (begin, -lane), xytext=(4, 0), textcoords="offset points",
                color=INK, fontsize=SMALL, va="center",
            )  # fmt: skip
    dress(below, [f"lane {lane + 1}" for lane in range(deep)], "seconds since the first request")
    times, counts = steps(rows)
    above.step([at - start for at in times], counts, where="post", color=INK, linewidth=1.6)
    above.fill_between([at - start for at in times], counts, step="post", color=INK, alpha=0.12)
    above.set_ylim(0, max(counts) + 0.5)
    above.set_yticks(range(0, max(counts) + 1, max(1, max(counts) // 4)))
    above.set_ylabel("open\nat once", color=INK, fontsize=SMALL)
    for side in ("top", "right"):
        above.spines[side].set_visible(False)
    return figure


def lanes(rows: Sequence[Exchange]) -> list[int]:
    """The lane of each exchange, from 0; `rows` are in the order of their beginnings."""
    free: list[float] = []  # when each lane is free again
    found = []
    for exchange in rows:
        lane = next((lane for lane, at in enumerate(free) if at <= exchange.opened), len(free))
        free[lane : lane + 1] = [exchange.opened + last(exchange)]
        found.append(lane)
    return found


def steps(rows: Sequence[Exchange]) -> tuple[list[float], list[int]]:
    """(when the number of open exchanges changes, how many are open from then on); an end counts before a beginning."""
    changes = sorted([(row.opened, 1) for row in rows] + [(row.opened + last(row), -1) for row in rows])
    times, counts, now = [], [], 0
    for at, change in changes:
        now += change
        times.append(at)
        counts.append(now)
    return times, counts


def told(rows: Sequence[Exchange], packed: Sequence[int]) -> str:
    parts = [f"Concurrency lanes of {listed(map(name, rows))}, and above them a line of how many were open at once."]
    if max(packed) == 0:
        parts.append("One lane is enough: they came one after another.")
    elif max(packed) + 1 == len(rows):
        parts.append("Every exchange has a lane of its own: all were open at the same time.")
    else:
        parts.append("Some were open at the same time; lanes are used again as they become free.")
    return " ".join(parts)


def _rows(rows: Sequence[Exchange], packed: Sequence[int]) -> list[dict[str, object]]:
    start = rows[0].opened
    return [
        {"exchange": f"#{row.number}", "lane": lane + 1, "begins": row.opened - start, "takes": last(row)}
        for row, lane in zip(rows, packed, strict=True)
    ]
