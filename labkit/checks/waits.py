"""Waits that a learner's code asked for, recorded instead of waited, and judgements of them. Knows one sandbox.

A function that waits takes `sleep=time.sleep`; the check hands it a `Sleep` (or its `later`, for an async one) and
reads after which request it waited how long.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from labkit.checks.bench import Crashed, Scene
from labkit.checks.proof import brief, each, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

LONGEST = 3600.0  # seconds: whoever waits longer than this between two requests means something else


class Sleep:
    """Stands where `time.sleep` stood. `waits` are seconds in order, `after[n]` those behind the n-th request."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.waits: list[float] = []
        self.after: dict[int, float] = defaultdict(float)

    def __call__(self, seconds: float) -> None:
        if not 0 <= seconds <= LONGEST:
            raise ValueError(f"sleep({seconds!r}): give it seconds, from 0 to {LONGEST:g}")
        self.waits.append(float(seconds))
        self.after[len(self._scene.exchanges(wait=0))] += seconds

    async def later(self, seconds: float) -> None:
        """The same, where `asyncio.sleep` stood."""
        self(seconds)


def retry_after_kept(
    sleep: Sleep, seen: Sequence[Exchange], *, right: bool = False, look: str = "", belief: str = ""
) -> None:
    """Whoever was told `Retry-After: n` (seconds) waited n at least before the next request. Raises Wrong."""
    for place, one in enumerate(seen[:-1], start=1):
        due = one.response.get("retry-after")
        if due.isdigit() and sleep.after[place] < int(due):
            raise Wrong(
                verdict(right, f"you came back after {sleep.after[place]:.3g} s, and the server had asked for {due}."),
                expected=f"a wait of {due} s or more after the {one.status}",
                seen=f"{sleep.after[place]:.3g} s",
                proof=each(seen, most=6) + f"\n← retry-after: {due}",
                look=look or "which header of the answer says when to come back? It is text, and a number",
                belief=belief,
            )


def between(sleep: Sleep, seen: Sequence[Exchange], *, right: bool = False, look: str = "", belief: str = "") -> None:
    """There was a wait between any two of these attempts, however long. Raises Wrong."""
    for place, one in enumerate(seen[:-1], start=1):
        if not sleep.after[place]:
            what = "no answer" if one.status is None else f"a {one.status}"
            raise Wrong(
                verdict(right, f"after {what} you asked again at once."),
                expected="a wait after every failed attempt, also where nobody says how long",
                seen=f"0 s after attempt {place}" if sleep.waits else "the `sleep` that you are given was never called",
                proof=each(seen, most=6),
                look=look
                or (
                    "a server in trouble says nothing about when to come back. What do you do then?"
                    if sleep.waits
                    else "what stands between two attempts? And if you wait there: is it with `sleep`, or `time.sleep`?"
                ),
                belief=belief,
            )


def grow(sleep: Sleep, *, right: bool = False, look: str = "") -> None:
    """No wait is shorter than half of the one before it, and the last is longer than the first. Raises Wrong.

    Half, because a backoff with jitter may dip.
    """
    waits = sleep.waits
    falls = any(after < before / 2 for before, after in pairwise(waits))
    if len(waits) > 1 and (falls or waits[-1] <= waits[0]):
        raise Wrong(
            verdict(right, "your waits do not grow."),
            expected="longer and longer waits: 1, 2, 4 … seconds, each with some chance in it",
            seen=", ".join(f"{wait:g}" for wait in waits[:6]) + " seconds",
            look=look or "where does the number of the attempt come into the wait?",
        )


def within(sleep: Sleep, seconds: float, *, right: bool = False, look: str = "") -> None:
    """All waits together stay inside the budget. Raises Wrong."""
    total = sum(sleep.waits)
    if total > seconds:
        raise Wrong(
            verdict(right, f"it waited {total:g} s where {seconds:g} s were all it had."),
            expected=f"{seconds:g} s of waiting at the most",
            seen=f"{total:g} s",
            look=look or "who compares the next wait with what is left of the deadline, before it waits?",
        )


def unsaid(scene: Scene, crash: Crashed) -> None:
    """Where the code fell over a Retry-After that is not there, say so instead of the crash. Raises Wrong."""
    last = next(reversed(scene.exchanges()), None)
    missing = last is not None and (last.status or 0) >= 400 and not last.response.get("retry-after")
    if (
        last is not None
        and missing
        and str(crash).startswith(("KeyError: 'retry-after'", "TypeError: int()", "TypeError: float()"))
    ):
        raise Wrong(
            "Not every refusal says when to come back.",
            expected="a wait of your own where there is no Retry-After",
            seen=str(crash),
            proof=brief(last) + "\n  (no Retry-After header)",
            look="what does `headers.get(name, default)` give where a header is missing?",
        ) from None
