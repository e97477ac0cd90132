"""What became of the connections: how many, left open, left in time. Judgements in plain words; knows no exercise."""

from collections.abc import Sequence

from labkit.checks.proof import brief, counted, each, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

LEFT = "client left"


def one(seen: Sequence[Exchange], *, right: bool = False, look: str = "", belief: str = "") -> None:
    """All of them crossed on one connection. Raises Wrong."""
    number = len({exchange.connection for exchange in seen})
    if number > 1:
        raise Wrong(
            verdict(right, f"{counted(len(seen), 'request')} took {counted(number, 'connection')}."),
            expected="one connection for all of them",
            seen=counted(number, "connection"),
            proof=each(seen, most=6),
            look=look or "who keeps a connection? A session does, if each answer was read to its end or closed",
            belief=belief,
        )


def all_ended(seen: Sequence[Exchange], *, right: bool = False, look: str = "", belief: str = "") -> None:
    """No answer is still open; `seen` is asked after the learner's code returned. Raises Wrong."""
    still = [exchange for exchange in seen if exchange.ended is None]
    if still:
        raise Wrong(
            verdict(right, f"{counted(len(still), 'answer')} of the server {_is(len(still))} still open."),
            expected="everything closed when your function returns",
            seen=", ".join(f"{exchange.method} {exchange.path}" for exchange in still[:3]),
            proof=brief(still[0]),
            look=look or "who closes it? `with` does, also where an exception leaves the block",
            belief=belief,
        )


def left(exchange: Exchange, *, right: bool = False, look: str = "", belief: str = "") -> None:
    """The client went away before the end: the server was told to stop. Raises Wrong."""
    if exchange.ended != LEFT:
        raise Wrong(
            verdict(right, "the server went on to the end: nobody told it that you are gone."),
            expected="`client left` in the journal",
            seen=(exchange.ended or "still open")
            + (f", after {counted(len(exchange.deltas), 'delta')}" if exchange.events else ""),
            proof=brief(exchange),
            look=look or "what closes the connection: the end of the loop, or something else?",
            belief=belief,
        )


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
