"""Where on the wire a fault struck: its plan, read against what was recorded. Pure; knows exchanges, asks nobody.

The journal keeps the plan and every byte, not the moment. Where plan and bytes together do not say, nothing is marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from labkit.exchange import Exchange

ENDS = ("cut", "reset", "truncate", "lose_reply")
AT_THE_DOOR = ("status", "rate_limit", "redirect", "refuse_upgrade")  # the head is already the fault's
AFTER_EVENTS = ("stall", "no_done", "close", "silent")  # once so many events have left
ONLY_ON = {"no_done": "http", "close": "websocket", "silent": "websocket"}
ON_AN_EVENT = ("bad_json", "duplicate", "reorder")  # the event after so many
THROUGHOUT = ("pings", "crlf", "cr", "bom", "slice", "drip", "split_utf8")  # not on a WebSocket


@dataclass(frozen=True, slots=True)
class Strike:
    """`at` is in seconds since the request began, or None where nobody can say; `where` says it in words."""

    plan: str
    at: float | None
    where: str

    @property
    def says(self) -> str:
        return f"fault {self.plan} {f'struck {self.where}' if self.at is not None else 'was in the plan'}"


def strikes(exchange: Exchange) -> list[Strike]:
    """One for each fault of the exchange's plan."""
    return [_strike(exchange, plan) for plan in exchange.fault.split(",") if plan]


def _strike(exchange: Exchange, plan: str) -> Strike:
    name, *knobs = plan.split(";")
    found = _found(exchange, name, dict(knob.partition("=")[::2] for knob in knobs))
    return Strike(plan, *found) if found else Strike(plan, None, "")


def _found(exchange: Exchange, name: str, knobs: Mapping[str, str]) -> tuple[float, str] | None:
    if name == "latency":
        return 0.0, "before the answer"
    if name in ENDS:
        broken = (exchange.ended or "").endswith("by a fault") and exchange.seconds is not None
        return (exchange.seconds or 0.0, "at the end") if broken else None
    if not exchange.sent_by_server:
        return None
    answered = exchange.sent_by_server[0][0]
    if knobs.get("after", "").isdigit():
        return _after(exchange, name, answered, int(knobs["after"]))
    where = _at_the_head(exchange, name)
    return (answered, where) if where else None


def _at_the_head(exchange: Exchange, name: str) -> str:
    if name in AT_THE_DOOR:
        return "instead of the answer" if (exchange.status or 0) >= 300 else ""
    if name == "slow_first_byte":
        return "before the body"
    return "throughout" if name in THROUGHOUT and exchange.kind == "http" else ""


def _after(exchange: Exchange, name: str, answered: float, after: int) -> tuple[float, str] | None:
    """Behind a piece, or on the one that follows it."""
    noun, times = "event", [event.at for event in exchange.events]
    if name == "late_error":
        noun, times = "delta", [at for at, _ in exchange.deltas]
    elif name == "bad_chunk" and exchange.chunked:
        noun, times = "chunk", [at for at, _ in exchange.chunks]
    elif name not in AFTER_EVENTS + ON_AN_EVENT or ONLY_ON.get(name, exchange.kind) != exchange.kind:
        return None
    place = after + (name in ON_AN_EVENT)
    if not times or place > len(times):
        return None
    return ([answered, *times][place], f"after {after} {noun}{'' if after == 1 else 's'}")
