"""Things that arrived against things that were sent: lost, doubled, changed, out of order. Pure; knows no exercise."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from labkit.checks.proof import counted, quoted
from labkit.outcome import Wrong

SHOWN = 3


def whole(
    due: Sequence[Any], got: Any, noun: str, *, proof: str = "", look: str = "", belief: str = "", ordered: bool = True
) -> None:
    """`got` is a list of exactly what is `due`, in its order. Raises Wrong, which says of each how it went astray."""
    if not isinstance(got, list | tuple):
        raise Wrong(
            f"What came back is no list of {noun}s.",
            expected=f"a list of {counted(len(due), noun)}",
            seen=quoted(got),
            look="the `return` line: what is collected, and what is given back?",
        )
    sent, here = Counter(map(repr, due)), Counter(map(repr, got))
    lost, extra = sent - here, here - sent
    if not lost and not extra:
        if not ordered or list(map(repr, due)) == list(map(repr, got)):
            return
        summary, seen = f"Every {noun} is there, in another order.", quoted(list(got), 90)
    elif not extra:
        summary, seen = f"{counted(lost.total(), noun).capitalize()} got lost.", f"missing: {_some(lost)}"
    elif not lost and all(sent[one] for one in extra):
        summary, seen = f"{counted(extra.total(), noun).capitalize()} came twice.", f"too many: {_some(extra)}"
    else:
        summary = f"These are not the {noun}s that were sent."
        seen = "; ".join(filter(None, [f"missing: {_some(lost)}" if lost else "", f"unknown: {_some(extra)}"]))
    raise Wrong(
        summary,
        expected=f"{counted(len(due), noun)}, each once" + (", in the order of the wire" if ordered else ""),
        seen=f"{counted(len(got), noun)}; {seen}",
        proof=proof,
        look=look or f"what does your code do with a {noun} when the connection ends, and when it begins again?",
        belief=belief,
    )


def _some(found: Counter[str]) -> str:
    shown = list(found.elements())[:SHOWN]
    return ", ".join(shown) + (", …" if found.total() > SHOWN else "")
