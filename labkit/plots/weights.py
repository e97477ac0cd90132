"""How many bytes each answer brought: one bar each. Knows exchanges."""

from collections.abc import Mapping

from labkit.exchange import Exchange
from labkit.plots.picture import ACCENT, INK, SMALL, Picture, canvas, dress, finished, table
from labkit.plots.span import CLEARLY


def sizes(bars: Mapping[str, Exchange]) -> Picture:
    """One bar per exchange: how many bytes of body its answer brought over the wire, compressed as they crossed.

    Raises ValueError where there is no bar.
    """
    if not bars:
        raise ValueError('There is nothing to draw. Give at least one exchange: plots.sizes({"name": exchange}).')
    counts = {name: len(exchange.body) for name, exchange in bars.items()}
    figure, axes = canvas(0.55 * len(bars) + 0.9)
    dress(axes, counts, "bytes of answer on the wire")
    drawn = axes.barh([-row for row in range(len(bars))], list(counts.values()), color=ACCENT, height=0.55)
    axes.bar_label(drawn, padding=4, color=INK, fontsize=SMALL)
    axes.set_xlim(0, 1.1 * max(1, *counts.values()))
    return finished(figure, _told(counts), table({"answer": name, "bytes": count} for name, count in counts.items()))


def _told(counts: Mapping[str, int]) -> str:
    """The bars in words, the longest first; a bar that is clearly the longest is said to be so."""
    order = sorted(counts, key=lambda name: -counts[name])
    told = "Bars for the bytes of answer, from the longest to the shortest: " + ", ".join(f"“{name}”" for name in order)
    clear = len(order) > 1 and counts[order[0]] > CLEARLY * counts[order[1]]
    return f"{told}. " + (f"The bar “{order[0]}” is much longer than any other." if clear else "")
