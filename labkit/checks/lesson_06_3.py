"""Check of 06.3. TODO: what it judges. Knows the journal; knows no notebook."""

from collections.abc import Callable
from typing import Any

from labkit.checks.bench import Bench
from labkit.checks.proof import brief, each, quoted, verdict
from labkit.outcome import Wrong

SEED = 6031

HINTS = (
    "TODO: the idea, in the learner's words.",
    "TODO: where to look.",
    "Almost the code: TODO: its shape, with the decisive part left out.",
)


def accept(bench: Bench, answer: Callable[..., Any]) -> str:
    """TODO: what is asked for, and which traffic a right answer makes."""
    scene = bench.scene(SEED)  # TODO: the fault that the prompt promises
    value = bench.call(scene, answer, scene.base_url, scene.key)
    seen = scene.exchanges()
    right = isinstance(value, dict)  # TODO: whether the value is right
    if len(seen) != 1:
        raise Wrong(
            verdict(right, f"it took {len(seen)} requests."),
            expected="one request with your key",
            seen=f"{len(seen)} requests",
            proof=each(seen),
            look="TODO: one thing to look at next",
            belief="" if right else "accept-first",
        )
    if not right:
        raise Wrong(
            "TODO: what is not right, in one sentence.",
            expected="TODO: the value",
            seen=quoted(value),
            proof=brief(seen[0]),
            look="TODO: one thing to look at next",
            belief="accept-second",
        )
    return "TODO: one sentence of praise that names what was seen."
