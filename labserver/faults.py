"""The FAULTS table: named, bounded ways to break an answer on purpose. Knows ASGI and events; knows no dialect.

A plan is one short string, `cut;after=5` or `pings,slice;bytes=1`. Some faults act on the model's events, the others on
the answer as the surface wrote it: there each non-empty ASGI body message (or WebSocket message) is one event.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, cast

from labserver import sse
from labserver.errors import InvalidRequest, ProcessingFailed
from labserver.events import StreamEvent, Text

MAX_AFTER = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table: what it does, and its knobs as name -> (lowest, highest, default)."""

    does: str
    knobs: dict[str, tuple[int, int, int | None]] = field(default_factory=dict)


FAULTS = {
    "late_error": Fault("the model fails after `after` deltas, long after the 200", {"after": (0, MAX_AFTER, 3)}),
    "no_done": Fault(
        "the stream ends cleanly but without [DONE]; with `after`, so many events come and then nothing",
        {"after": (1, MAX_AFTER, None)},
    ),
    "pings": Fault("a comment block (`: ping`) before every event"),
    "crlf": Fault("lines end with CR LF instead of LF, as the standard allows"),
    "cut": Fault("the connection closes (FIN) after `after` events", {"after": (0, MAX_AFTER, 3)}),
    "slice": Fault("every event leaves in pieces of `bytes` bytes", {"bytes": (1, 4096, 1)}),
}

ANY_ANSWER = frozenset({"cut", "slice"})  # the others only make sense in an event stream

Plan = dict[str, dict[str, int | None]]


def parse(text: str) -> Plan:
    """Read a plan; the result is in the table's order. Raises InvalidRequest naming what exists."""
    asked: Plan = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, *settings = [piece.strip() for piece in part.split(";")]
        if name not in FAULTS:
            raise InvalidRequest(f"x-lab-fault has no fault {name!r}. It has: {', '.join(FAULTS)}.")
        asked[name] = {knob: default for knob, (_, _, default) in FAULTS[name].knobs.items()}
        for setting in settings:
            knob, _, value = setting.partition("=")
            asked[name][knob] = _bounded(name, knob, value)
    return {name: asked[name] for name in FAULTS if name in asked}


def _bounded(name: str, knob: str, value: str) -> int:
    knobs = FAULTS[name].knobs
    if knob not in knobs:
        has = f"It has: {', '.join(knobs)}." if knobs else "It has none."
        raise InvalidRequest(f"x-lab-fault: {name} has no setting {knob!r}. {has}")
    low, high, _ = knobs[knob]
    if not value.isascii() or not value.isdigit() or len(value) > 9 or not low <= int(value) <= high:
        raise InvalidRequest(f"x-lab-fault: {name};{knob} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def spell(plan: Plan) -> str:
    """The plan as text again, for the `x-lab-fault` answer header: the same plan always reads the same."""
    return ",".join(
        ";".join([name, *(f"{knob}={value}" for knob, value in knobs.items() if value is not None)])
        for name, knobs in plan.items()
    )


@dataclass(slots=True)
class Rule:
    """A plan that a sandbox applies by itself to its next `first` requests whose path matches `path`."""

    plan: Plan
    path: str = "*"
    first: int = 1


class Rules:
    """The rules of one sandbox, spent in the order in which they were made."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        self._rules.append(rule)

    def clear(self) -> None:
        self._rules.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [{"plan": spell(rule.plan), "path": rule.path, "first": rule.first} for rule in self._rules]

    def take(self, path: str) -> Plan:
        """The first rule that fits this path, spent by one."""
        for rule in self._rules:
            if fnmatchcase(path, rule.path):
                rule.first -= 1
                if rule.first == 0:
                    self._rules.remove(rule)
                return rule.plan
        return {}


async def on_events(events: AsyncIterator[StreamEvent], plan: Plan) -> AsyncIterator[StreamEvent]:
    """Apply the faults that act on the model. Raises ProcessingFailed where `late_error` strikes."""
    after = plan.get("late_error", {}).get("after")
    spoken = 0
    async with aclosing(cast("AsyncGenerator[StreamEvent, None]", events)) as source:
        async for event in source:
            if isinstance(event, Text):
                if after is not None and spoken == after:
                    raise ProcessingFailed("The model stopped working in the middle of its answer. Ask again.")
                spoken += 1
            yield event


class Answer:
    """One answer on its way out: `through` turns each event into the pieces that really leave.

    After each event ask `cut_now` (close the connection) and `over` (end the answer cleanly, and say nothing more).
    """

    def __init__(self, plan: Plan, *, event_stream: bool) -> None:
        self._plan = plan if event_stream else {name: knobs for name, knobs in plan.items() if name in ANY_ANSWER}
        self._seen = 0

    @property
    def cut_now(self) -> bool:
        return self._reached("cut")

    @property
    def over(self) -> bool:
        return self._reached("no_done")

    def _reached(self, name: str) -> bool:
        after = self._plan.get(name, {}).get("after")
        return after is not None and self._seen >= after

    def through(self, event: bytes) -> Iterator[bytes]:
        if "no_done" in self._plan and event == sse.DONE:
            return
        self._seen += 1
        if "pings" in self._plan:
            event = sse.comment("ping") + event
        if "crlf" in self._plan:
            event = event.replace(b"\n", b"\r\n")
        width = cast(int, self._plan["slice"]["bytes"]) if "slice" in self._plan else len(event)
        yield from (event[at : at + width] for at in range(0, len(event), width))
