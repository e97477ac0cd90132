"""The FAULTS table and its little language: named, bounded ways to break an answer. Knows no socket and no dialect.

A plan is one short string, `cut;after=5` or `pings,slice;bytes=1`. How a fault strikes stands elsewhere: at the door in
`breaker`, in the answer on its way out in `answers`, in the model's events at the end of this file.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, cast

from labserver.errors import InvalidRequest, ProcessingFailed
from labserver.events import Delta, StreamEvent, Usage
from labserver.knobs import Choice, Knob, Setting, Word, plain

MAX_AFTER = 10_000
MAX_BYTES = 100_000_000
MAX_SECONDS = 30.0
DRIPS = 600.0  # seconds
UNSENDABLE = frozenset({1004, 1005, 1006, *range(1015, 3000)})  # close codes that never cross a wire (RFC 6455, 7.4)
NO_REDIRECTS = frozenset({304, 305, 306})  # RFC 9110, section 15.4: none of these sends a client on


# Where a fault can strike: before the surface is asked, in the model, in the shop behind the answer, or in one of the
# three kinds of answer.
REQUEST, HANDSHAKE, MODEL, WORLD = "request", "handshake", "model", "world"
STREAM, BODY, SOCKET = "stream", "body", "socket"


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table. Of the knobs named in `either` a plan sets one at most; one of `needs` wants another."""

    does: str
    strikes: tuple[str, ...]
    knobs: Mapping[str, Setting] = field(default_factory=dict)
    either: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)


def after(default: int | None = 3, low: int = 0) -> Knob:
    return Knob(low, MAX_AFTER, default)


def seconds(default: float = 1.0) -> Knob:
    return Knob(0.0, MAX_SECONDS, default)


WHERE = {"after": after(), "byte": Knob(0, MAX_BYTES, None), "fraction": Knob(0.0, 1.0, None)}
AGAIN: dict[str, Setting] = {"retry_after": Knob(0, 86_400, None), "as": Choice(("seconds", "date"), None)}
AGAIN_NEEDS = {"as": "retry_after"}
SPOT = "after `after` events, at `byte` of the body, or at a `fraction` of a body of known length"

FAULTS = {
    "latency": Fault("nothing happens for `seconds`", (REQUEST, HANDSHAKE), {"seconds": seconds()}),
    "barrier": Fault(
        "nobody is answered until `n` such requests are open; after `seconds` those that wait get 408",
        (REQUEST, HANDSHAKE),
        {"n": Knob(2, 1000, 2), "seconds": Knob(0.1, MAX_SECONDS, 5.0)},
    ),
    "status": Fault(
        "an error instead of the answer, in the dialect of the path; with `retry_after` in seconds, said as a date if "
        "you like",
        (REQUEST,),
        {"code": Knob(400, 599, 500), **AGAIN},
        needs=AGAIN_NEEDS,
    ),
    "rate_limit": Fault(
        "429 instead of the answer, in the dialect of the path, with `retry_after` in seconds, said as a date if you "
        "like; nothing is counted: it strikes when you say so",
        (REQUEST,),
        {"retry_after": Knob(0, 86_400, 1), "as": Choice(("seconds", "date"), None)},
    ),
    "redirect": Fault(
        "a redirect to the same path: at the sandbox's second origin, which POST /lab/stranger opens or this does, or "
        "here again with to=here",
        (REQUEST,),
        {
            "code": Knob(301, 308, 302, NO_REDIRECTS, "one that redirects"),
            "to": Choice(("stranger", "here"), "stranger"),
        },
    ),
    "refuse_upgrade": Fault(
        "a WebSocket handshake is answered with an error instead of 101; with `retry_after` in seconds, said as a "
        "date if you like",
        (HANDSHAKE,),
        {"code": Knob(400, 599, 403), **AGAIN},
        needs=AGAIN_NEEDS,
    ),
    "insert_row": Fault(
        "once this piece of /shop/products is put together, a new product comes in just before its first row",
        (WORLD,),
    ),
    "lose_reply": Fault("all is done as asked, then the connection closes before the first byte", (REQUEST,)),
    "late_error": Fault("the model fails after `after` deltas, long after the 200", (MODEL,), {"after": after()}),
    "no_usage": Fault(
        "the model sends no bill: no usage chunk under /v1, no `end` in the query dialect, zeros in a whole answer",
        (MODEL,),
    ),
    "rename_field": Fault(
        "in a JSON answer the field `field` is called `to`, however deep it lies; length and ETag are those of what "
        "is sent",
        (BODY,),
        {"field": Word("price"), "to": Word("unit_price")},
    ),
    "wrong_length": Fault(
        "Content-Length says `less` bytes than there are, or `more`; the bytes are as ever",
        (BODY,),
        {"less": Knob(1, MAX_BYTES, 1), "more": Knob(1, MAX_BYTES, None)},
        ("less", "more"),
    ),
    "bad_chunk": Fault(
        "where the body is chunked, the chunk after `after` chunks has a size that is no number",
        (STREAM, BODY),
        {"after": after()},
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
        {"code": Knob(1000, 4999, 1011, UNSENDABLE, "one that may cross the wire"), "after": after()},
    ),
    "silent": Fault(
        "a WebSocket says nothing more after `after` messages, not even pong", (SOCKET,), {"after": after()}
    ),
    "slice": Fault("every event leaves in pieces of `bytes` bytes", (STREAM, BODY), {"bytes": Knob(1, 4096, 1)}),
    "drip": Fault(
        f"`bytes` bytes at a time, and `seconds` between them, for {DRIPS:g} s at the most; then the rest at once",
        (STREAM, BODY),
        {"bytes": Knob(1, 65_536, 10), "seconds": seconds(0.1)},
    ),
    "split_utf8": Fault("every character of several bytes leaves in two pieces", (STREAM, BODY)),
    "limit": Fault(
        "from this request on the sandbox may make `requests` in `per` seconds, never more than its tier; "
        "with `tokens` in the same time, and so many `streams` or `sockets` at once",
        (WORLD,),
        {
            "requests": Knob(1, 100_000, 2),
            "per": Knob(1, 3600, 1),
            "tokens": Knob(1, 10_000_000, None),
            "streams": Knob(1, 10_000, None),
            "sockets": Knob(1, 10_000, None),
        },
    ),
}

Plan = dict[str, dict[str, Any]]  # a fault's name -> its settings: numbers, or words where the row has Word or Choice


def parse(text: str) -> Plan:
    """Read a plan; the result is in the table's order. Raises InvalidRequest naming what exists."""
    asked: Plan = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, *settings = [piece.strip() for piece in part.split(";")]
        if name not in FAULTS:
            meant = "".join(f" Did you mean {close!r}?" for close in get_close_matches(name, FAULTS, n=1))
            raise InvalidRequest(f"x-lab-fault has no fault {name!r}. It has: {', '.join(FAULTS)}.{meant}")
        chosen: dict[str, Any] = {}
        for setting in settings:
            knob, _, value = setting.partition("=")
            chosen[knob] = _bounded(name, knob, value)
        asked[name] = _completed(name, chosen)
    return in_order(asked)


def in_order(plan: Plan) -> Plan:
    return {name: plan[name] for name in FAULTS if name in plan}


def _bounded(name: str, knob: str, text: str) -> float | str:
    knobs = FAULTS[name].knobs
    if knob not in knobs:
        has = f"It has: {', '.join(knobs)}." if knobs else "It has none."
        raise InvalidRequest(f"x-lab-fault: {name} has no setting {knob!r}. {has}")
    if (value := knobs[knob].read(text)) is None:
        raise InvalidRequest(f"x-lab-fault: {name};{knob} must be {knobs[knob].told()}, not {text!r}.")
    return value


def _completed(name: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """What was chosen and the defaults of the rest, in the row's order."""
    row = FAULTS[name]
    alternatives = [knob for knob in row.either if knob in chosen]
    if len(alternatives) > 1:
        raise InvalidRequest(f"x-lab-fault: {name} takes one of {', '.join(row.either)}, not {len(alternatives)}.")
    for knob, wanted in row.needs.items():
        if knob in chosen and wanted not in chosen:
            raise InvalidRequest(f"x-lab-fault: {name};{knob} says how; set {wanted} too.")
    defaults = {
        knob: bounds.default
        for knob, bounds in row.knobs.items()
        if bounds.default is not None and not (alternatives and knob in row.either)
    }
    return {knob: (defaults | chosen)[knob] for knob in row.knobs if knob in defaults | chosen}


def spell(plan: Plan) -> str:
    """The plan as text again, for the `x-lab-fault` answer header: the same plan always reads the same."""
    return ",".join(
        ";".join([name, *(f"{knob}={plain(value)}" for knob, value in knobs.items())]) for name, knobs in plan.items()
    )


def on_events(events: AsyncIterator[StreamEvent], plan: Plan) -> AsyncIterator[StreamEvent]:
    """Apply the faults that act on the model. Raises ProcessingFailed where `late_error` strikes."""
    return _struck(events, plan) if "late_error" in plan or "no_usage" in plan else events


async def _struck(events: AsyncIterator[StreamEvent], plan: Plan) -> AsyncIterator[StreamEvent]:
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
