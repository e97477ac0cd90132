"""What the requests carried in their headers: judgements in plain words. Knows exchanges; no exercise."""

from collections.abc import Sequence

from labkit.checks.proof import brief, counted, each, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong


def sent(exchange: Exchange, name: str, value: str = "", *, right: bool = False, look: str = "") -> str:
    """What the header says, if it was sent, and with this `value` where one is given. Raises Wrong."""
    found = exchange.request.get(name)
    if found and (not value or found == value):
        return found
    raise Wrong(
        verdict(right, f"the header {name} is {'not the right one' if found else 'missing'}."),
        expected=f"{name}: {value or '…'}",
        seen=f"{name}: {found}" if found else f"no {name} header",
        proof=brief(exchange, [name]),
        look=look or "the argument that takes a dict of headers: the spelling of the name, and where its value is from",
    )


def same(seen: Sequence[Exchange], name: str, *, right: bool = False, look: str = "") -> str:
    """The one value that all of them sent: an idempotency key through its retries. Raises Wrong."""
    values = {sent(one, name, right=right, look=look) for one in seen}
    if len(values) == 1:
        return values.pop()
    raise Wrong(
        verdict(right, f"{name} changed between {counted(len(seen), 'request')} that mean the same."),
        expected=f"one {name} for all of them",
        seen=counted(len(values), "different value"),
        proof=each(seen, most=6),
        look=look or "is its value made inside the loop, or before it?",
    )


def different(seen: Sequence[Exchange], name: str, *, right: bool = False, look: str = "") -> None:
    """Every one of them sent a value of its own: the next order is another order. Raises Wrong."""
    values = [sent(one, name, right=right, look=look) for one in seen]
    if len(set(values)) < len(values):
        raise Wrong(
            verdict(right, f"{name} is the same in requests that mean different things."),
            expected=f"a new {name} for each",
            seen=f"{counted(len(set(values)), 'value')} in {counted(len(values), 'request')}",
            proof=each(seen, most=6),
            look=look or "is its value made anew for each, or kept somewhere?",
        )


def no_secret(seen: Sequence[Exchange], *, right: bool = False, look: str = "", belief: str = "") -> None:
    """None of them carried a credential, of whatever kind: for strangers' journals. Raises Wrong.

    The journal masks keys and says by name what came along.
    """
    for one in seen:
        if one.carried:
            raise Wrong(
                verdict(right, f"a stranger was told a secret: {', '.join(one.carried)}."),
                expected="a request without any credential",
                seen=", ".join(one.carried),
                proof=brief(one, [name for name in one.carried if not name.startswith("?")]),
                look=look or "which headers does your client send along when it is sent elsewhere?",
                belief=belief,
            )
