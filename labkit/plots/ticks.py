"""Polls as ticks: when a client asked about one job, lane by lane, and how many requests that took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import ACCENT, INK, PALE, SMALL, Picture, canvas, dress, finished, room_on_the_right, table
from labkit.plots.span import CLEARLY

NOT_YET = 202


@dataclass(frozen=True, slots=True)
class Asking:
    """When one client asked, in seconds since its first poll; `answered` is whether the last poll brought the end."""

    times: tuple[float, ...]
    answered: bool

    @classmethod
    def of(cls, polls: Sequence[Exchange]) -> "Asking":
        rows = sorted(polls, key=lambda exchange: exchange.opened)
        return cls(tuple(one.opened - rows[0].opened for one in rows), rows[-1].status != NOT_YET)

    @property
    def count(self) -> int:
        return len(self.times)


def polls(lanes: Mapping[str, Sequence[Exchange]]) -> Picture:
    """One lane a client: a tick for every poll, a dot on the one that brought the end, the number of requests beside.

    Raises ValueError where there is no lane, or one without a poll.
    """
    if not lanes or not all(lanes.values()):
        raise ValueError(
            'There is nothing to draw. Give each client\'s polls: plots.polls({"every 0.1 s": [first, …]}).'
        )
    found = {name: Asking.of(asked) for name, asked in lanes.items()}
    rows = ({"client": name, "requests": one.count, "last": one.times[-1]} for name, one in found.items())
    return finished(drawn(found), told(found), table(rows))


def drawn(found: Mapping[str, Asking]) -> Figure:
    figure, axes = canvas(0.7 * len(found) + 0.9)
    for row, asking in enumerate(found.values()):
        _lane(axes, -row, asking)
    dress(axes, found, "seconds since the first poll · tick: asked, dot: the answer was there")
    room_on_the_right(axes, max(asking.times[-1] for asking in found.values()))
    return figure


def _lane(axes: Axes, y: float, asking: Asking) -> None:
    last = asking.times[-1]
    axes.plot([0, last], [y, y], color=PALE, linewidth=2, zorder=1)
    axes.vlines(asking.times, y - 0.2, y + 0.2, color=INK, linewidth=1.4, zorder=2)
    if asking.answered:
        axes.plot(last, y, "o", color=ACCENT, markersize=8, zorder=3)
    axes.annotate(
        f"{asking.count} request{'' if asking.count == 1 else 's'}", (last, y), xytext=(10, 0),
        textcoords="offset points", color=INK, fontsize=SMALL, va="center",
    )  # fmt: skip


def told(found: Mapping[str, Asking]) -> str:
    """What is drawn, and who asked most and least, in comparisons that every run shares."""
    names = " and ".join(f"“{name}”" for name in found)
    said = [f"Polls of {names}: a lane each, a tick for every request, the number of requests beside it."]
    order = sorted(found, key=lambda name: found[name].count)
    few, many = found[order[0]], found[order[-1]]
    if many.count > CLEARLY * few.count:
        said.append(f"The lane “{order[-1]}” has by far the most ticks, “{order[0]}” the fewest.")
    else:
        said.append("The lanes have about as many ticks.")
    ended = all(asking.answered for asking in found.values())
    said.append(
        "A dot ends each lane: the answer was there." if ended else "A lane without a dot never got its answer."
    )
    return " ".join(said)
