"""When a provider's words come: as its pace plans them, or as they came once. Knows moments; never sleeps.

What a mock says, and when, is known as soon as it is asked, and so it is with a recording: a job or a background answer
can be written down in advance. A real model has to be listened to.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import NamedTuple

from labserver import pacing
from labserver.errors import LabError
from labserver.events import ChatRequest, Delta, StreamEvent
from labserver.pace import Pace
from labserver.providers.base import Provider
from labserver.providers.delivery import to_read


class Row(NamedTuple):
    """What happened `at` seconds after the question."""

    at: float
    said: StreamEvent | LabError


class Timed:
    """A provider whose answers have moments of their own; `stream` tells them without."""

    paced = False

    def rows(self, request: ChatRequest) -> Sequence[Row]:
        """Each event with its moment, the last one perhaps an error. Raises LabError where there is no answer."""
        raise NotImplementedError


def is_foreseeable(provider: Provider) -> bool:
    return provider.paced or isinstance(provider, Timed)


def moments(provider: Provider, request: ChatRequest, pace: Pace, dice: int) -> Iterator[float]:
    """The moment of each delta in unscaled seconds, endlessly: behind a recording's last one its end, over and over."""
    if not isinstance(provider, Timed):
        return pacing.plan(pace, dice, to_read(request, pace))
    try:
        rows = provider.rows(request)
    except LabError:  # which its stream raises too, at once
        return repeat(0.0)
    spoken = [pacing.hurried(at, pace.speed) for at, said in rows if isinstance(said, Delta)]
    return chain(spoken, repeat(pacing.hurried(rows[-1].at, pace.speed)))


def end(provider: Provider, moments: Iterator[float], last: float, scale: float) -> float:
    """When an answer ends (scaled) whose last word came at `last`: a mock's there, a recording's when it ended."""
    return next(moments) * scale if isinstance(provider, Timed) else last
