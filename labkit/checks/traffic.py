"""Which requests were made, how often, and in which order: judgements in plain words. Knows exchanges; no exercise.

A request is named as its request line begins: `GET /shop/products`, with a shell-style pattern for its path.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from labkit.checks.proof import brief, counted, each, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong


def named(seen: Sequence[Exchange], name: str) -> list[Exchange]:
    """Those that `name` names: `GET /shop/*`, or a path alone for any method."""
    method, _, path = name.rpartition(" ")
    return [one for one in seen if fnmatchcase(one.path, path) and method in ("", one.method)]


def times(
    seen: Sequence[Exchange], name: str, number: int, *, most: int | None = None, right: bool = False, look: str = ""
) -> list[Exchange]:
    """Those that `name` names, if there are `number` of them, or with `most` up to so many. Raises Wrong.

    `right` says that the value which the learner's code returned is right.
    """
    found = named(seen, name)
    if number <= len(found) <= (most or number):
        return found
    many = len(found) > number
    wanted = counted(number, "time") if most is None else f"{number} to {most} times"
    raise Wrong(
        verdict(right, f"{name} was asked {counted(len(found), 'time')}."),
        expected=f"{name}, {wanted}",
        seen=counted(len(found), "request") if found else _instead(seen),
        proof=each(found or seen),
        look=look or ("which line of yours sends the second one?" if many else "which line of yours should send it?"),
    )


def in_order(seen: Sequence[Exchange], *names: str, right: bool = False, look: str = "") -> list[Exchange]:
    """The first exchange for each name, if they began in this order; others may stand between. Raises Wrong."""
    found: list[Exchange] = []
    rest = list(seen)
    for name in names:
        step = next(iter(named(rest, name)), None)
        if step is None:
            late = bool(named(seen, name))
            raise Wrong(
                verdict(right, f"{name} came too early." if late else f"{name} never came."),
                expected=", then ".join(names),
                seen=_instead(seen),
                proof=each(seen, most=6),
                look=look or f"what must be known before {name} can be asked?",
            )
        rest = rest[rest.index(step) + 1 :]
        found.append(step)
    return found


def nothing_after(seen: Sequence[Exchange], last: Exchange, *, right: bool = False, look: str = "") -> None:
    """Nothing is asked once `last` was answered: no poll of what is over, no retry of what cannot be. Raises Wrong."""
    later = [one for one in seen if one.number > last.number]
    if later:
        raise Wrong(
            verdict(right, f"after {last.method} {last.path} there was nothing left to ask."),
            expected=f"no request after the {last.status}",
            seen=f"{counted(len(later), 'more request')}: {_instead(later)}",
            proof=brief(last) + "\n" + each(later),
            look=look or f"what does your code do with a {last.status}?",
        )


def _instead(seen: Sequence[Exchange]) -> str:
    return ", ".join(f"{one.method} {one.path}" for one in seen[:4]) + (", …" if len(seen) > 4 else "") or "no request"
