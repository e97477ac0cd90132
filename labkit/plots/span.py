"""When the pieces of one answer left, how it went, and how that is marked. Knows exchanges."""

from dataclasses import dataclass

from matplotlib.axes import Axes

from labkit.exchange import Exchange
from labkit.plots.picture import ACCENT, INK, WARNING

CLEARLY = 1.5  # one time against another: less is no difference that one would see
ENOUGH = 0.02  # seconds: and between two that are nearly nothing there is none either


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


@dataclass(frozen=True, slots=True)
class Mark:
    """How an exchange went, as a word, a shape and a colour."""

    word: str
    shape: str
    colour: str

    def put(self, axes: Axes, x: float, y: float, size: int = 8) -> None:
        axes.plot(
            x, y, self.shape, color=self.colour, markersize=size, markeredgecolor="white", zorder=3, clip_on=False
        )


ANSWERED = Mark("answered", "o", ACCENT)
REFUSED = Mark("refused", "s", WARNING)
BROKEN = Mark("broken off", "X", WARNING)
LEFT = Mark("client left", "<", INK)
OPEN = Mark("still open", ">", INK)


def mark(exchange: Exchange) -> Mark:
    if exchange.ended is None:
        return OPEN
    if exchange.ended == "client left":
        return LEFT
    if exchange.ended != "complete" or exchange.status is None:
        return BROKEN
    return REFUSED if exchange.status >= 400 else ANSWERED


def said(exchange: Exchange) -> str:
    """`429 refused`: the words beside a mark."""
    return f"{exchange.status or ''} {mark(exchange).word}".strip()


def name(exchange: Exchange) -> str:
    return f"{exchange.method} {exchange.path}"


def last(exchange: Exchange) -> float:
    """Seconds from the request to the end; of one that is open, to the last byte so far."""
    if exchange.seconds is not None:
        return exchange.seconds
    return max((at for at, _ in (*exchange.sent_by_client, *exchange.sent_by_server)), default=0.0)


def clearly(small: float, large: float) -> bool:
    """Whether one sees the difference."""
    return large > CLEARLY * small and large - small > ENOUGH
