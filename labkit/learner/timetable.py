"""A schedule as text, as JSON, and as Markdown for a handout. Pure; knows neither lessons nor clocks that run."""

import json
from collections.abc import Iterator

from labkit.learner.route import Route
from labkit.schedule import EXERCISES, MEAL, PAUSE, TEACHING, Schedule, Slot, clock

WORDS = {TEACHING: "lesson", EXERCISES: "exercises", PAUSE: "Break", MEAL: "Lunch"}


def text(plan: Schedule, route: Route) -> str:
    """A line a slot, then when it ends and what it adds up to."""
    lines: list[str] = []
    for number, day in enumerate(plan.days, start=1):
        if len(plan.days) > 1:
            lines += [*([""] if lines else []), f"Day {number}"]
        lines += [f"{clock(slot.begin)}-{clock(slot.end)}  {slot.minutes:>3} min  {_what(slot)}" for slot in day]
    lines += ["", _end(plan), _sum(plan), *([route.told] if route.told else [])]
    return "\n".join(lines)


def markdown(plan: Schedule, route: Route, title: str) -> str:
    """A handout: one table a day."""
    lines = [f"# {title}: the schedule", "", f"{_end(plan)} {_sum(plan)}"]
    for number, day in enumerate(plan.days, start=1):
        lines += ["", f"## Day {number}"] if len(plan.days) > 1 else []
        lines += ["", "| Time | Minutes | What |", "|---|---:|---|"]
        lines += [f"| {clock(slot.begin)} to {clock(slot.end)} | {slot.minutes} | {_what(slot)} |" for slot in day]
    lines += ["", route.told] if route.told else []
    return "\n".join(lines)


def as_json(plan: Schedule, route: Route) -> str:
    """{"begin", "end", "days": [[{"begin", "end", "minutes", "kind", "lesson", "title"}]], "minutes", "left_out"}"""
    told = {
        "begin": clock(plan.begin),
        "end": clock(plan.end),
        "days": [[_slot(slot) for slot in day] for day in plan.days],
        "minutes": dict(_minutes(plan)),
        "left_out": list(route.left_out),
    }
    return json.dumps(told, indent=1, ensure_ascii=False)


def _what(slot: Slot) -> str:
    if not slot.is_work:
        return WORDS[slot.kind]
    more = ", continued" if slot.goes_on else ""
    return f"{slot.lesson} {slot.title}: {WORDS[slot.kind]}{more}"


def _end(plan: Schedule) -> str:
    day = f" on day {len(plan.days)}" if len(plan.days) > 1 else ""
    return f"It begins at {clock(plan.begin)} and ends at {clock(plan.end)}{day}."


def _sum(plan: Schedule) -> str:
    counted = dict(_minutes(plan))
    parts = f"{counted['teaching']} of teaching, {counted['exercises']} of exercises"
    rest = f", {counted['breaks']} of breaks" if counted["breaks"] else ""
    lunch = f", {counted['lunch']} of lunch" if counted["lunch"] else ""
    return f"Together {counted['total']} minutes: {parts}{rest}{lunch}."


def _minutes(plan: Schedule) -> Iterator[tuple[str, int]]:
    for name, kind in (("teaching", TEACHING), ("exercises", EXERCISES), ("breaks", PAUSE), ("lunch", MEAL)):
        yield name, plan.minutes(kind)
    yield "total", plan.minutes()


def _slot(slot: Slot) -> dict[str, object]:
    return {
        "begin": clock(slot.begin),
        "end": clock(slot.end),
        "minutes": slot.minutes,
        "kind": slot.kind,
        "lesson": slot.lesson or None,
        "title": slot.title or None,
    }
