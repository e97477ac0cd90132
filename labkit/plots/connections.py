"""A picture of connections: one lane each, and a block for every request on it. Knows exchanges; knows no server."""

import io
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import INCHES, INK, PALE, Picture

Lane = list[Exchange]
NARROWEST = 0.008  # of the picture's width: an answer of a tenth of a millisecond is still to be seen
HATCHES = ("", "////")  # groups differ in print, too


def connections(groups: Mapping[str, Sequence[Exchange]]) -> Picture:
    """Every group's connections below each other, in seconds since the first request of all.

    Raises ValueError where there is no exchange.
    """
    lanes = {name: _lanes(exchanges) for name, exchanges in groups.items()}
    every = [exchange for group in lanes.values() for lane in group for exchange in lane]
    if not every:
        raise ValueError('There is nothing to draw. Give exchanges: plots.connections({"name": [exchange, …]}).')
    start = min(exchange.opened for exchange in every)
    span = max(exchange.opened + (exchange.seconds or 0.0) for exchange in every) - start
    rows = sum(map(len, lanes.values()))
    figure = Figure(figsize=(INCHES, 0.34 * rows + 1.0), dpi=110, facecolor="white")
    axes = figure.add_subplot()
    row, labels = 0, []
    for place, (name, group) in enumerate(lanes.items()):
        for number, lane in enumerate(group, start=1):
            blocks = [(one.opened - start, max(one.seconds or 0.0, span * NARROWEST)) for one in lane]
            _lane(axes, -row, blocks, HATCHES[place % len(HATCHES)])
            labels.append(f"{name}, connection {number}")
            row += 1
    axes.set_yticks([-row for row in range(rows)], labels=labels, parse_math=False)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the first request", color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.tight_layout()
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return Picture(out.getvalue(), _told(lanes))


def _lanes(exchanges: Sequence[Exchange]) -> list[Lane]:
    """The exchanges by connection, in the order in which the connections were first used."""
    lanes: dict[int, Lane] = {}
    for exchange in exchanges:
        lanes.setdefault(exchange.connection, []).append(exchange)
    return list(lanes.values())


def _lane(axes: Axes, y: float, blocks: list[tuple[float, float]], hatch: str) -> None:
    last, width = blocks[-1]
    axes.plot([blocks[0][0], last + width], [y, y], color=PALE, linewidth=2, zorder=1)
    axes.broken_barh(blocks, (y - 0.28, 0.56), facecolor="white", edgecolor=INK, hatch=hatch, zorder=2)


def _told(lanes: Mapping[str, Sequence[Lane]]) -> str:
    """The picture in words. Its counts are what is shown; they are the same on every machine."""
    told = [f"{_counted(len(group), 'lane')} for “{name}”, with {_requests(group)}" for name, group in lanes.items()]
    return f"Connections as lanes, requests as blocks on them: {'; '.join(told)}."


def _requests(group: Sequence[Lane]) -> str:
    sizes = sorted({len(lane) for lane in group})
    each = " each" if len(group) > 1 else ""
    return f"{' to '.join(map(str, (sizes[0], sizes[-1])[: len(sizes)]))} request{'s' * (sizes[-1] > 1)}{each}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
