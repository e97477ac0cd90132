"""Whether requests were open at the same time. Proved by a barrier on the server, never inferred from a clock."""

from collections.abc import Sequence

from labkit.checks.bench import Scene
from labkit.checks.proof import counted, each, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

SECONDS = 3.0  # what a barrier waits for the others; who sends them side by side waits for nobody


def meet(scene: Scene, number: int, path: str = "*") -> None:
    """From now on nobody on this path is answered until `number` such requests are open; then all are."""
    scene.witness.add_fault(f"barrier;n={number};seconds={SECONDS:g}", path=path, first=number)


def together(seen: Sequence[Exchange], number: int, *, right: bool = False, look: str = "", belief: str = "") -> None:
    """The barrier of `number` let go: none of its requests was answered 408. Raises Wrong.

    A rule with a `ttl` may have ended before anybody came: whoever was never among so many did not meet either.
    """
    alone = [one for one in seen if one.fault.startswith("barrier") and one.status == 408]
    if alone or peak(seen) < number:
        came = "your requests came one after the other:" if peak(seen) < 2 else "too few of your requests met:"
        raise Wrong(
            verdict(right, f"{came} {number} were never open at once."),
            expected=f"{number} requests open at the same time",
            seen=f"at most {peak(seen)}: this server answers nobody before the others are there too",
            proof=each(seen, most=6),
            look=look or "which `await` stands inside the loop? Start all of them first, then wait for all",
            belief=belief,
        )


def at_most(seen: Sequence[Exchange], number: int, *, right: bool = False, look: str = "") -> None:
    """Never more than `number` of them open at once: a semaphore that holds. Raises Wrong."""
    if peak(seen) > number:
        raise Wrong(
            verdict(right, f"{counted(peak(seen), 'request')} were open at once."),
            expected=f"{number} at the most",
            seen=f"{peak(seen)}",
            proof=each(seen, most=6),
            look=look or "does every call pass the same valve, or does each make one of its own?",
        )


def peak(seen: Sequence[Exchange]) -> int:
    """How many were open at once, counted when each began."""
    return max((one.overlap + 1 for one in seen), default=0)
