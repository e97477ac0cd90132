"""Pictures from labkit.plots.cascade import waterfall
from labkit.plots.connections import connections
from labkit.plots.ladder import retries
from labkit.plots.lanes import concurrency
from labkit.plots.picture import Picture
from labkit.plots.ticks import polls
from labkit.plots.timeline import timeline
from labkit.plots.ways import compare
from labkit.plots.weights import sizes

__all__ = ["Picture", "compare", "concurrency", "connections", "polls", "retries", "sizes", "timeline", "waterfall"]
