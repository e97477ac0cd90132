"""Pictures from measured data: matplotlib in, `<img alt>` out. Knows exchanges; knows no server."""

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from matplotlib.figure import Figure

from labkit.witness import Exchange

INK, PALE, ACCENT = "#1b1b1b", "#b8b8b8", "#0060a8"  # tell apart in grey print and by the colour-blind
INCHES = 8.5


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


def timeline(lanes: Mapping[str, Exchange], *, note: str = "") -> Picture:
    """One lane per exchange, from the request's first byte: a tick for every delta as it left the server.

    `note` is added to the alt text: what the picture shows this time.
    """
    figure = Figure(figsize=(INCHES, 0.75 * len(lanes) + 0.9), dpi=110, facecolor="white")
    axes = figure.add_subplot()
    for row, (name, exchange) in enumerate(lanes.items()):
        _lane(axes, -row, name, exchange)
    axes.set_yticks([-row for row in range(len(lanes))], labels=list(lanes))
    axes.set_ylim(-len(lanes) + 0.4, 0.75)
    axes.set_xlim(left=0)
    axes.set_xlabel("seconds since the request arrived", color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.tight_layout()
    out = io.BytesIO()
    figure.savefig(out, format="png")
    names = " and ".join(f"“{name}”" for name in lanes)
    alt = f"Timeline with a lane for {names}; each tick is a piece of the answer leaving the server. {note}".strip()
    return Picture(out.getvalue(), alt)


def _lane(axes: object, y: float, name: str, exchange: Exchange) -> None:
    times = [at for at, _ in exchange.deltas] or [at for at, _ in exchange.chunks]
    end = exchange.seconds or (times[-1] if times else 0.0)
    axes.plot([0, end], [y, y], color=PALE, linewidth=2, zorder=1)  # type: ignore[attr-defined]
    axes.vlines(times, y - 0.2, y + 0.2, color=INK, linewidth=1.4, zorder=2)  # type: ignore[attr-defined]
    if times:
        axes.plot(times[0], y, "o", color=ACCENT, markersize=8, zorder=3)  # type: ignore[attr-defined]
        axes.annotate(  # type: ignore[attr-defined]
            f"first words: {times[0]:.1f} s", (times[0], y + 0.27), color=ACCENT, fontsize=9, ha="center"
        )
