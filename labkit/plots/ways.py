"""First words and the whole, compared over ways of asking: plain REST, polling, server-sent events, a WebSocket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from labkit.exchange import Exchange
from labkit.plots.picture import ACCENT, INK, PALE, SMALL, Picture, canvas, dress, finished, room_on_the_right, table
from labkit.plots.span import Span, clearly, last


@dataclass(frozen=True, slots=True)
class Way:
    """Seconds from the question to the first words and to the end, and how many requests it took."""

    first: float
    end: float
    requests: int

    @classmethod
    def of(cls, exchanges: Sequence[Exchange]) -> "Way":
        """One exchange speaks for itself. Of several, as in polling, the last one brings the answer."""
        rows = sorted(exchanges, key=lambda exchange: exchange.opened)
        before = rows[-1].opened - rows[0].opened
        asked = _asked(rows[0])
        first = before + Span.of(rows[-1]).first - asked
        return cls(max(0.0, first), max(0.0, before + last_word(rows[-1]) - asked), len(rows))


def compare(ways: Mapping[str, Exchange | Sequence[Exchange]]) -> Picture:
    """A row a way: hatched until the first words, solid until the last. A WebSocket's clock starts with its question.

    Raises ValueError where there is no way, or one without an exchange.
    """
    if not ways or not all(isinstance(found, Exchange) or found for found in ways.values()):
        raise ValueError(
            'There is nothing to draw. Say plots.compare({"REST": exchange, "polling": [first, …, last]}).'
        )
    found = {name: Way.of([on] if isinstance(on, Exchange) else on) for name, on in ways.items()}
    rows = (
        {"way": name, "first words": way.first, "all": way.end, "requests": way.requests} for name, way in found.items()
    )
    return finished(drawn(found), told(found), table(rows))


def drawn(found: Mapping[str, Way]) -> Figure:
    figure, axes = canvas(0.75 * len(found) + 1.1)
    for row, way in enumerate(found.values()):
        axes.barh(-row, way.first, height=0.42, facecolor="white", edgecolor=PALE, hatch="////", zorder=2)
        axes.barh(-row, way.end - way.first, left=way.first, height=0.42, color=ACCENT, zorder=2)
        axes.plot(way.first, -row, "o", color=ACCENT, markersize=9, markeredgecolor="white", zorder=3)
        axes.plot([way.end, way.end], [-row - 0.3, -row + 0.3], color=INK, linewidth=2.5, zorder=3)
        axes.annotate(
            f"first words: {way.first:.2f} s", (way.first, -row + 0.3), color=ACCENT, fontsize=SMALL, ha="left"
        )
        many = f"\n{way.requests} requests" if way.requests > 1 else ""
        axes.annotate(
            f"{way.end:.2f} s{many}", (way.end, -row), xytext=(10, 0), textcoords="offset points",
            color=INK, fontsize=SMALL, va="center",
        )  # fmt: skip
    dress(axes, found, "seconds since the question · hatched: nothing to read yet, solid: words come")
    room_on_the_right(axes, max(way.end for way in found.values()))
    return figure


def last_word(exchange: Exchange) -> float:
    """When the answer was whole. A socket may stay open long after it."""
    times = Span.of(exchange).times
    return max(times, default=last(exchange)) if exchange.kind == "websocket" else last(exchange)


def _asked(exchange: Exchange) -> float:
    """When the question came: at once, or over a WebSocket with its first message."""
    return next(
        (frame.at for frame in exchange.frames if frame.direction == "received" and frame.opcode == "text"), 0.0
    )


def told(ways: Mapping[str, Way]) -> str:
    names = " and ".join(f"“{name}”" for name in ways)
    parts = [f"For {names}: a bar, hatched until the first words come and solid until the last."]
    order = sorted(ways, key=lambda name: ways[name].first)
    early = [name for name in order if not clearly(ways[order[0]].first, ways[name].first)]
    if len(early) < len(order):
        parts.append(
            f"The first words come clearly earlier over {' and '.join(f'“{name}”' for name in sorted(early))}."
        )
    elif len(order) > 1:
        parts.append("The first words come at about the same time.")
    ends = [way.end for way in ways.values()]
    if len(ends) > 1:
        same = not clearly(min(ends), max(ends))
        parts.append("The whole answer takes about as long." if same else "The whole answer takes longer over some.")
    return " ".join(parts)
