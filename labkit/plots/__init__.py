"""Pictures from measured exchanges, in one style: matplotlib in, `<img alt>` out. Knows exchanges; knows no server.

They are made for print and for every eye: shape, hatching and words say what colour says. The alt text tells what there
is to see and holds no measured number, so that a lesson's stored outputs stay the same; `picture.text` has the numbers.
"""

from labkit.plots.cascade import waterfall
from labkit.plots.connections import connections
from labkit.plots.herd import crowd
from labkit.plots.ladder import retries
from labkit.plots.lanes import concurrency
from labkit.plots.picture import Picture
from labkit.plots.ticks import polls
from labkit.plots.timeline import timeline
from labkit.plots.ways import compare
from labkit.plots.weights import sizes

__all__ = [
    "Picture",
    "compare",
    "concurrency",
    "connections",
    "crowd",
    "polls",
    "retries",
    "sizes",
    "timeline",
    "waterfall",
]
