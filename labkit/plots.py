"""Pictures from measured data: matplotlib in, `<img alt>` out. Knows exchanges; knows no server."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from labkit.exchange import Exchange

INK, PALE, ACCENT = "#1b1b1b", "#b8b8b8", "#0060a8"  # tell apart in grey print and by the colour-blind
INCHES = 8.5
CLEARLY = 1.5  # one time against another: less is no difference that one would see


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a notebook. `alt` says what there is to see, never a measured number; the repr is the alt too."""

    png: bytes
    alt: str

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        return f'<img alt="{escape(self.alt)}" style="max-width:100%" src="data:image/png;base64,{data}">'

    def __repr__(self) -> str:
        return f"[picture: {self.alt}]"


def timeline(lanes: Mapping[str, Exchange]) -> Picture:
    """One lane per exchange, from the request's first byte: a tick for every delta as it left the server.

    Raises ValueError where there is no lane.
    """
    if not lanes:
        raise ValueError('There is nothing to draw. Give at least one exchange: plots.timeline({"name": exchange}).')
    figure = Figure(figsize=(INCHES, 0.75 * len(lanes) + 0.9), dpi=110, facecolor="white")
    axes = figure.add_subplot()
    spans = {name: Span.of(exchange) for name, exchange in lanes.items()}
    for row, span in enumerate(spans.values()):
        _lane(axes, -row, span)
    axes.set_yticks([-row for row in range(len(lanes))], labels=list(lanes), parse_math=False)
    axes.set_ylim(-len(lanes) + 0.4, 0.75)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the request arrived", color=INK)
    return Picture(_finished(figure, axes), _told(spans))


def sizes(bars: Mapping[str, Exchange]) -> Picture:
    """One bar per exchange: how many bytes of body its answer brought over the wire, compressed as they crossed.

    Raises ValueError where there is no bar.
    """
    if not bars:
        raise ValueError('There is nothing to draw. Give at least one exchange: plots.sizes({"name": exchange}).')
    figure = Figure(figsize=(INCHES, 0.55 * len(bars) + 0.9), dpi=110, facecolor="white")
    axes = figure.add_subplot()
    counts = {name: len(exchange.body) for name, exchange in bars.items()}
    rows = [-row for row in range(len(bars))]
    drawn = axes.barh(rows, list(counts.values()), color=ACCENT, height=0.55)
    axes.bar_label(drawn, padding=4, color=INK, fontsize=9)
    axes.set_yticks(rows, labels=list(bars), parse_math=False)
    axes.set_xlim(0, 1.1 * max(1, *counts.values()))
    axes.set_xlabel("bytes of answer on the wire", color=INK)
    return Picture(_finished(figure, axes), _weighed(counts))


def _finished(figure: Figure, axes: Axes) -> bytes:
    """The figure without frame and ticks, as a PNG."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.tight_layout()
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _weighed(counts: Mapping[str, int]) -> str:
    """The bars in words, the longest first; a bar that is clearly the longest is said to be so."""
    order = sorted(counts, key=lambda name: -counts[name])
    told = "Bars for the bytes of answer, from the longest to the shortest: " + ", ".join(f"“{name}”" for name in order)
    clear = len(order) > 1 and counts[order[0]] > CLEARLY * counts[order[1]]
    return f"{told}. " + (f"The bar “{order[0]}” is much longer than any other." if clear else "")


@dataclass(frozen=True, slots=True)
class Span:
    """When the pieces of one answer left, and when it was over; seconds since the request."""

    times: tuple[float, ...]
    end: float

    @classmethod
    def of(cls, exchange: Exchange) -> "Span":
        times = tuple(at for at, _ in exchange.deltas or exchange.chunks)
        return cls(times, exchange.seconds or max(times, default=0.0))

    @property
    def first(self) -> float:
        return self.times[0] if self.times else self.end


def _lane(axes: Axes, y: float, span: Span) -> None:
    axes.plot([0, span.end], [y, y], color=PALE, linewidth=2, zorder=1)
    axes.vlines(span.times, y - 0.2, y + 0.2, color=INK, linewidth=1.4, zorder=2)
    if span.times:
        axes.plot(span.first, y, "o", color=ACCENT, markersize=8, zorder=3)
        said = f"first words: {span.first:.1f} s"
        axes.annotate(said, (span.first, y + 0.27), color=ACCENT, fontsize=9, ha="center")


def _told(spans: Mapping[str, Span]) -> str:
    """The picture in words: what is drawn, and what it shows, in comparisons that every run shares."""
    names = " and ".join(f"“{name}”" for name in spans)
    told = [f"Timeline with a lane for {names}; each tick is a piece of the answer leaving the server."]
    early, *late = sorted(spans, key=lambda name: spans[name].first)
    if late and spans[late[0]].first > CLEARLY * spans[early].first:
        told.append(f"The first words come much earlier in the lane “{early}”.")
    ends = [span.end for span in spans.values()]
    if late:
        same = max(ends) <= CLEARLY * min(ends)
        told.append("The lanes end at about the same time." if same else "The lanes end at different times.")
    return " ".join(told)
