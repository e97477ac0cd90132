"""The FAULTS table and its little language: named, bounded ways to break an answer. Knows no socket and no dialect.

A plan is one short string, `cut;after=5` or `pings,slice;bytes=1`. How a fault strikes stands elsewhere: at the door in
`breaker`, in the answer on its way out in `answers`, in the model's events at the end of this file.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from labserver.errors import InvalidRequest, ProcessingFailed
from labserver.events import Delta, StreamEvent, Usage

MAX_AFTER = 10_000
MAX_BYTES = 100_000_000
MAX_SECONDS = 30.0
UNSENDABLE = frozenset({1004, 1005, 1006, *range(1015, 3000)})  # close codes that never cross a wire (RFC 6455, 7.4)


class Knob(NamedTuple):
    """One setting: its bounds, and what holds when nobody sets it. Bounds that are floats make it a decimal."""

    low: float
    high: float
    default: float | None
    barred: frozenset[int] = frozenset()

    @property
    def kind(self) -> str:
        return "decimal" if isinstance(self.low, float) else "whole"

    def read(self, text: str) -> float | None:
        """The number, or None for what is none or lies outside the bounds."""
        whole, _, decimals = text.partition(".")
        digits = whole + decimals if self.kind == "decimal" and len(decimals) <= 6 else text
        if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
            return None
        value = float(text) if self.kind == "decimal" else int(text)
        return value if self.low <= value <= self.high and value not in self.barred else None


# Where a fault can strike: before the surface is asked, in the model, or in one of the three kinds of answer.
REQUEST, HANDSHAKE, MODEL = "request", "handshake", "model"
STREAM, BODY, SOCKET = "stream", "body", "socket"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. Of the knobs named in `either` a plan sets one at most."""

    does: str
    strikes: tuple[str, ...]
    knobs: dict[str, Knob] = field(default_factory=dict)
    either: tuple[str, ...] = ()


def after(default: int | None = 3, low: int = 0) -> Knob:
    return Knob(low, MAX_AFTER, default)


def seconds(default: float = 1.0) -> Knob:
    return Knob(0.0, MAX_SECONDS, default)


WHERE = {"after": after(), "byte": Knob(0, MAX_BYTES, None), "fraction": Knob(0.0, 1.0, None)}
SPOT = "after `after` events, at `byte` of the body, or at a `fraction` of a body of known length"

FAULTS = {
    "latency": Fault("nothing happens for `seconds`", (REQUEST, HANDSHAKE), {"seconds": seconds()}),
    "barrier": Fault(
        "nobody is answered until `n` such requests are open; after `seconds` those that wait get 408",
        (REQUEST, HANDSHAKE),
        {"n": Knob(2, 1000, 2), "seconds": Knob(0.1, MAX_SECONDS, 5.0)},
    ),
    "status": Fault(
        "an error instead of the answer, in the dialect of the path; with `retry_after` in seconds",
        (REQUEST,),
        {"code": Knob(400, 599, 500), "retry_after": Knob(0, 86_400, None)},
    ),
    "refuse_upgrade": Fault(
        "a WebSocket handshake is answered with an error instead of 101; with `retry_after` in seconds",
        (HANDSHAKE,),
        {"code": Knob(400, 599, 403), "retry_after": Knob(0, 86_400, None)},
    ),
    "lose_reply": Fault("all is done as asked, then the connection closes before the first byte", (REQUEST,)),
    "late_error": Fault("the model fails after `after` deltas, long after the 200", (MODEL,), {"after": after()}),
    "no_usage": Fault(
        "the model sends no bill: no usage chunk under /v1, no `end` in the query dialect, zeros in a whole answer",
        (MODEL,),
    ),
    "slow_first_byte": Fault(
        "the head comes at once, the body after `seconds`", (STREAM, BODY, SOCKET), {"seconds": seconds()}
    ),
    "stall": Fault(
        "silence for `seconds` after `after` events, then all goes on",
        (STREAM, BODY, SOCKET),
        {"after": after(), "seconds": seconds()},
    ),
    "no_done": Fault(
        "the stream ends cleanly but without [DONE]; with `after`, so many events come and then nothing",
        (STREAM,),
        {"after": after(None, low=1)},
    ),
    "bad_json": Fault(
        "the JSON of the event after `after` events lacks its second half", (STREAM, SOCKET), {"after": after()}
    ),
    "duplicate": Fault("the event after `after` events comes twice", (STREAM, SOCKET), {"after": after()}),
    "reorder": Fault("the two events after `after` events change places", (STREAM, SOCKET), {"after": after()}),
    "pings": Fault("a comment block (`: ping`) before every event", (STREAM,)),
    "crlf": Fault("lines end with CR LF instead of LF, as the standard allows", (STREAM,)),
    "cr": Fault("lines end with CR alone, as the standard allows too; wins over `crlf`", (STREAM,)),
    "bom": Fault("a byte order mark before the first event", (STREAM,)),
    "cut": Fault(f"the connection closes (FIN) {SPOT}", (STREAM, BODY, SOCKET), WHERE, tuple(WHERE)),
    "reset": Fault(f"the connection breaks (RST) {SPOT}", (STREAM, BODY, SOCKET), WHERE, tuple(WHERE)),
    "truncate": Fault(
        "a body of known length lacks its last `bytes` bytes, then the connection closes (FIN)",
        (BODY,),
        {"bytes": Knob(1, MAX_BYTES, 1)},
    ),
    "close": Fault(
        "a WebSocket closes with `code` (1000 to 1003, 1007 to 1014, 3000 to 4999) after `after` messages",
        (SOCKET,),
        {"code": Knob(1000, 4999, 1011, UNSENDABLE), "after": after()},
    ),
    "silent": Fault(
        "a WebSocket says nothing more after `after` messages, not even pong", (SOCKET,), {"after": after()}
    ),
    "slice": Fault("every event leaves in pieces of `bytes` bytes", (STREAM, BODY), {"bytes": Knob(1, 4096, 1)}),
    "split_utf8": Fault("every character of several bytes leaves in two pieces", (STREAM, BODY)),
}

Plan = dict[str, dict[str, float]]


def parse(text: str) -> Plan:
    """Read a plan; the result is in the table's order. Raises InvalidRequest naming what exists."""
    asked: Plan = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, *settings = [piece.strip() for piece in part.split(";")]
        if name not in FAULTS:
            raise InvalidRequest(f"x-lab-fault has no fault {name!r}. It has: {', '.join(FAULTS)}.")
        chosen: dict[str, float] = {}
        for setting in settings:
            knob, _, value = setting.partition("=")
            chosen[knob] = _bounded(name, knob, value)
        asked[name] = _completed(name, chosen)
    return in_order(asked)


def in_order(plan: Plan) -> Plan:
    return {name: plan[name] for name in FAULTS if name in plan}


def _bounded(name: str, knob: str, text: str) -> float:
    knobs = FAULTS[name].knobs
    if knob not in knobs:
        has = f"It has: {', '.join(knobs)}." if knobs else "It has none."
        raise InvalidRequest(f"x-lab-fault: {name} has no setting {knob!r}. {has}")
    row = knobs[knob]
    if (value := row.read(text)) is None:
        number = "a number" if row.kind == "decimal" else "a whole number"
        barred = " (and one that may cross the wire)" if row.barred else ""
        raise InvalidRequest(
            f"x-lab-fault: {name};{knob} must be {number} from {row.low:g} to {_plain(row.high)}{barred}, not {text!r}."
        )
    return value


def _completed(name: str, chosen: dict[str, float]) -> dict[str, float]:
    """What was chosen and the defaults of the rest, in the row's order."""
    row = FAULTS[name]
    alternatives = [knob for knob in row.either if knob in chosen]
    if len(alternatives) > 1:
        raise InvalidRequest(f"x-lab-fault: {name} takes one of {', '.join(row.either)}, not {len(alternatives)}.")
    defaults = {
        knob: bounds.default
        for knob, bounds in row.knobs.items()
        if bounds.default is not None and not (alternatives and knob in row.either)
    }
    return {knob: (defaults | chosen)[knob] for knob in row.knobs if knob in defaults | chosen}


def spell(plan: Plan) -> str:
    """The plan as text again, for the `x-lab-fault` answer header: the same plan always reads the same."""
    return ",".join(
        ";".join([name, *(f"{knob}={_plain(value)}" for knob, value in knobs.items())]) for name, knobs in plan.items()
    )


def _plain(value: float) -> str:
    """0.5, 30 and 100000000: never an exponent, never a needless `.0`."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


async def on_events(events: AsyncIterator[StreamEvent], plan: Plan) -> AsyncIterator[StreamEvent]:
    """Apply the faults that act on the model. Raises ProcessingFailed where `late_error` strikes."""
    last = plan.get("late_error", {}).get("after")
    spoken = 0
    async with aclosing(cast("AsyncGenerator[StreamEvent, None]", events)) as source:
        async for event in source:
            if isinstance(event, Delta):
                if last is not None and spoken == last:
                    raise ProcessingFailed("The model stopped working in the middle of its answer. Ask again.")
                spoken += 1
            if not (isinstance(event, Usage) and "no_usage" in plan):
                yield event
