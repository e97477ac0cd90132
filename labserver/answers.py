"""One answer on its way out, broken as planned: bytes in, steps out. Knows plans and bytes; sends and sleeps nothing.

Each non-empty body message, or WebSocket message, that the surface sends is one event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from labserver import sse
from labserver.faults import DRIPS, FAULTS, Plan

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Wait:
    """Send nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Over:
    """End the answer cleanly here, and say nothing more."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Close the connection here: with FIN, or with RST where `abrupt`."""

    abrupt: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Close the WebSocket here, with this code."""

    code: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Send nothing more at all, and stay."""


Step = bytes | Wait | Over | Cut | Close | Silence

AFTER: dict[str, Callable[[dict[str, float]], Step]] = {  # what happens once `after` events have left
    "stall": lambda knobs: Wait(knobs["seconds"]),
    "no_done": lambda _: Over(),
    "close": lambda knobs: Close(int(knobs["code"])),
    "silent": lambda _: Silence(),
    "cut": lambda _: Cut(),
    "reset": lambda _: Cut(abrupt=True),
}


class Answer:
    """What really leaves: `opening` right after the head, `through` for each event, `closing` before the end."""

    def __init__(self, plan: Plan, kind: str, length: int | None = None) -> None:
        """`kind` is `stream`, `body` or `socket`; `length` that of the body, where the head says it."""
        self._plan = {name: knobs for name, knobs in plan.items() if kind in FAULTS[name].strikes}
        self._due = {name: self._plan[name]["after"] for name in AFTER if "after" in self._plan.get(name, {})}
        self._end = _end_of_bytes(self._plan, length)
        self._came = self._left = self._bytes = 0
        self._dripped = 0.0
        self._held: bytes | None = None

    def opening(self) -> Iterator[Step]:
        if "slow_first_byte" in self._plan:
            yield Wait(self._plan["slow_first_byte"]["seconds"])
        yield from self._now_due()
        if self._end is not None and self._end[0] == 0:
            yield self._end[1]

    def through(self, event: bytes) -> Iterator[Step]:
        if "no_done" in self._plan and event == sse.DONE:
            return
        self._came += 1
        swap = self._place("reorder")
        if swap is not None and self._came == swap + 1:
            self._held = event
            return
        yield from self._copies(event)
        yield from self.closing()

    def closing(self) -> Iterator[Step]:
        """What was held back for another place in the order."""
        if self._held is not None:
            event, self._held = self._held, None
            yield from self._copies(event)

    def _copies(self, event: bytes) -> Iterator[Step]:
        twice = self._left == self._place("duplicate")
        yield from self._one(event)
        if twice:
            yield from self._one(event)

    def _one(self, event: bytes) -> Iterator[Step]:
        if self._left == self._place("bad_json"):
            event = half_json(event)
        first, self._left = self._left == 0, self._left + 1
        for piece in self._pieces(self._dressed(event, first)):
            yield from self._before_a_drop()
            yield from self._up_to_the_end(piece)
        yield from self._now_due()

    def _before_a_drop(self) -> Iterator[Step]:
        seconds = self._plan["drip"]["seconds"] if "drip" in self._plan else 0.0
        if seconds and self._bytes and self._dripped + seconds <= DRIPS:
            self._dripped += seconds
            yield Wait(seconds)

    def _place(self, name: str) -> float | None:
        return self._plan.get(name, {}).get("after")

    def _dressed(self, event: bytes, first: bool) -> bytes:
        if "pings" in self._plan:
            event = sse.comment("ping") + event
        if "cr" in self._plan:
            event = event.replace(b"\n", b"\r")
        elif "crlf" in self._plan:
            event = event.replace(b"\n", b"\r\n")
        return BOM + event if first and "bom" in self._plan else event

    def _pieces(self, event: bytes) -> Iterator[bytes]:
        widths = [int(self._plan[name]["bytes"]) for name in ("slice", "drip") if name in self._plan]
        width = min(widths, default=max(1, len(event)))
        starts = range(0, max(1, len(event)), width)  # an empty WebSocket message is a piece too
        if "split_utf8" not in self._plan:
            return (event[at : at + width] for at in starts)
        cuts = {*starts, *(at for at in range(1, len(event)) if event[at - 1] >= 0xC0)}
        edges = [*sorted(cuts), len(event)]
        return (event[start:end] for start, end in pairwise(edges))

    def _up_to_the_end(self, piece: bytes) -> Iterator[Step]:
        self._bytes += len(piece)
        if self._end is None or self._bytes < self._end[0]:
            yield piece
            return
        if kept := piece[: len(piece) - (self._bytes - self._end[0])]:
            yield kept
        yield self._end[1]

    def _now_due(self) -> Iterator[Step]:
        for name, place in list(self._due.items()):
            if self._left >= place:
                del self._due[name]
                yield AFTER[name](self._plan[name])


def _end_of_bytes(plan: Plan, length: int | None) -> tuple[int, Cut] | None:
    """The byte of the body before which the connection breaks, and how; None where no fault says one."""
    ends: list[tuple[int, Cut]] = []
    for name, how in (("cut", Cut()), ("reset", Cut(abrupt=True))):
        knobs = plan.get(name, {})
        if "byte" in knobs:
            ends.append((int(knobs["byte"]), how))
        if "fraction" in knobs and length is not None:
            ends.append((int(knobs["fraction"] * length), how))
    if "truncate" in plan and length is not None:
        ends.append((max(0, length - int(plan["truncate"]["bytes"])), Cut()))
    return min(ends, key=lambda end: end[0], default=None)


def half_json(event: bytes) -> bytes:
    """The event without the second half of its JSON object, never cut inside a character."""
    start, end = event.find(b"{"), event.rfind(b"}") + 1
    if not 0 <= start < end:
        return event
    half = (start + end) // 2
    while event[half] & 0xC0 == 0x80:
        half -= 1
    return event[:half] + event[end:]
