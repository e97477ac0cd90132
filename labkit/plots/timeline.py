"""The token timeline: one lane an answer, a tick for every piece as it left the server."""

from collections.abc import Mapping

from matplotlib.axes import Axes

from labkit.exchange import Exchange
from labkit.plots.picture import ACCENT, INK, PALE, SMALL, Picture, canvas, dress, finished, table
from labkit.plots.span import CLEARLY, Span


def timeline(lanes: Mapping[str, Exchange]) -> Picture:
    """One lane per exchange, from the request's first byte: a tick for every delta as it left the server.

    Raises ValueError where there is no lane.
    """
    if not lanes:
        raise ValueError('There is nothing to draw. Give at least one exchange: plots.timeline({"name": exchange}).')
    spans = {name: Span.of(exchange) for name, exchange in lanes.items()}
    figure, axes = canvas(0.75 * len(lanes) + 0.9)
    for row, span in enumerate(spans.values()):
        _lane(axes, -row, span)
    dress(axes, lanes, "seconds since the request arrived")
    rows = (
        {"lane": name, "pieces": len(span.times), "first words": span.first, "end": span.end}
        for name, span in spans.items()
    )
    return finished(figure, told(spans), table(rows))


def _lane(axes: Axes, y: float, span: Span) -> None:
    axes.plot([0, span.end], [y, y], color=PALE, linewidth=2, zorder=1)
    axes.vlines(span.times, y - 0.2, y + 0.2, color=INK, linewidth=1.4, zorder=2)
    if span.times:
        axes.plot(span.first, y, "o", color=ACCENT, markersize=8, zorder=3)
        said = f"first words: {span.first:.1f} s"
        axes.annotate(said, (span.first, y + 0.27), color=ACCENT, fontsize=SMALL, ha="center")


def told(spans: Mapping[str, Span]) -> str:
    """The picture in words: what is drawn, and what it shows, in comparisons that every run shares."""
    names = " and ".join(f"“{name}”" for name in spans)
    said = [f"Timeline with a lane for {names}; each tick is a piece of the answer leaving the server."]
    early, *late = sorted(spans, key=lambda name: spans[name].first)
    if late and spans[late[0]].first > CLEARLY * spans[early].first:
        said.append(f"The first words come much earlier in the lane “{early}”.")
    ends = [span.end for span in spans.values()]
    if late:
        same = max(ends) <= CLEARLY * min(ends)
        said.append("The lanes end at about the same time." if same else "The lanes end at different times.")
    return " ".join(said)
