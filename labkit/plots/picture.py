"""A picture for a notebook, and the one style of all of them. Knows matplotlib's Figure and never pyplot."""

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# They tell apart in grey print and by the colour-blind; and none of them stands for anything alone.
INK, PALE, ACCENT, WARNING = "#1b1b1b", "#b8b8b8", "#0060a8", "#b04a00"
INCHES = 8.5
SMALL = 9  # points
LABEL = 30  # characters


@dataclass(frozen=True, slots=True)
class Picture:
    """`alt` says what there is to see, never a measured number; the repr is the alt too. `text` has the numbers."""

    png: bytes
    alt: str
    text: str = ""

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        return f'<img alt="{escape(self.alt)}" style="max-width:100%" src="data:image/png;base64,{data}">'

    def __repr__(self) -> str:
        return f"[picture: {self.alt}]"


def canvas(height: float) -> tuple[Figure, Axes]:
    """An empty picture, `height` inches high, with one set of axes in our style."""
    figure = Figure(figsize=(INCHES, height), dpi=110, facecolor="white")
    return figure, figure.add_subplot()


def dress(axes: Axes, names: Iterable[str], xlabel: str) -> None:
    """A row a name, from the top; the axis below begins at 0."""
    labels = [shortened(name) for name in names]
    axes.set_yticks([-row for row in range(len(labels))], labels=labels, parse_math=False)
    axes.set_ylim(-len(labels) + 0.4, 0.75)
    axes.set_xlim(left=0)
    axes.set_xlabel(xlabel, color=INK)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=9)


def room_on_the_right(axes: Axes, end: float) -> None:
    """For words beside the last mark."""
    axes.set_xlim(0, (end or 1) * 1.22)


def finished(figure: Figure, alt: str, text: str = "") -> Picture:
    figure.tight_layout()
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return Picture(out.getvalue(), alt, text)


def shortened(name: str) -> str:
    return name if len(name) <= LABEL else f"{name[: LABEL - 1]}…"


def table(rows: Iterable[Mapping[str, object]]) -> str:
    """Rows of the same fields as aligned text; a float is seconds."""
    lines = [
        {key: f"{value:.3f} s" if isinstance(value, float) else str(value) for key, value in row.items()}
        for row in rows
    ]
    if not lines:
        return ""
    wide = {key: max(len(key), *(len(line[key]) for line in lines)) for key in lines[0]}
    head = {key: key for key in wide}
    return "\n".join("  ".join(line[key].ljust(wide[key]) for key in wide).rstrip() for line in (head, *lines))


def listed(names: Iterable[str], most: int = 4) -> str:
    """“a”, “b” and more, for an alt."""
    quoted = [f"“{name}”" for name in dict.fromkeys(names)]
    shown = [*quoted[:most], *(["more"] if len(quoted) > most else [])]
    return " and ".join(shown)
