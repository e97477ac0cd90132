"""The wire timeline: exchanges as lanes on one axis of time. Knows lanes; asks no server."""

from typing import Any, Protocol

import traitlets

from labkit.exchange import Exchange
from labkit.widgets import lanes
from labkit.widgets.shown import HERE, Shown


class Wired(Protocol):
    """What `lab.wire()` gives back."""

    @property
    def exchange(self) -> Exchange: ...


class WireTimeline(Shown):
    """`lanes` as `lanes.lane` makes them; `together` puts them by the server's clock, not each from its own start."""

    _esm = HERE / "wire_timeline.js"
    lanes: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    together = traitlets.Bool(False).tag(sync=True)

    @property
    def says(self) -> str:
        count = len(self.lanes)
        title = f"Wire timeline, {count} lane{'' if count == 1 else 's'}:"
        return "\n".join([title, *(f"  {lanes.says(lane)}" for lane in self.lanes)])


def timeline(*exchanges: Exchange | Wired, together: bool = False, **named: Exchange | Wired) -> WireTimeline:
    """Draw exchanges, what `lab.wire()` gives, as lanes: `timeline(lab.wire(-2), lab.wire())`.

    A keyword names a lane: `timeline(rest=lab.wire(-2), stream=lab.wire())`. Each lane begins with its own request;
    `together` puts them all on the server's clock instead. Raises ValueError where there is no exchange.
    """
    given = [(each, "") for each in exchanges] + [(each, name) for name, each in named.items()]
    if not given:
        raise ValueError("There is nothing to draw. Give at least one exchange: timeline(lab.wire()).")
    drawn = [lanes.lane(each if isinstance(each, Exchange) else each.exchange, name) for each, name in given]
    return WireTimeline(lanes=drawn, together=together)
