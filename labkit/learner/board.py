"""A learner's standing as text and as JSON. Pure; status in words, never by colour or sign alone."""

import json
from collections.abc import Sequence
from pathlib import Path

from labkit.learner.standing import Mark, Standing, Step

SIGNS = {"passed": "[x]", "tried": "[~]", "not started": "[ ]"}
WIDTH = 20  # signs of a bar


def listed(standings: Sequence[Standing]) -> str:
    """Every lesson with its exercises, a line each."""
    lines: list[str] = []
    for standing in standings:
        lesson = standing.lesson
        lines += ["", f"{lesson.id}  {lesson.title}  ({_of(standing)})"]
        lines += [f"  {_line(mark)}" for mark in standing.marks]
    return "\n".join([*lines, "", "What to do now: wirelab next"]).lstrip("\n")


def listed_as_json(standings: Sequence[Standing]) -> str:
    return json.dumps([_lesson(standing) for standing in standings], indent=1, ensure_ascii=False)


def next_up(step: Step | None, standings: Sequence[Standing], work: Path, file: str) -> str:
    """What to do now, the file to open, and the commands that help. `file` is where the exercise stands in `work`."""
    if step is None:
        return f"All {sum(len(each.marks) for each in standings)} exercises are passed. Well done."
    exercise, lesson, mark = step.mark.exercise, step.lesson, step.mark
    lines = [f"Next: {exercise.id}  {exercise.title}  (about {exercise.minutes} minutes)"]
    if step.fresh and not exercise.guided:
        reading = work / "notebooks" / lesson.notebook
        lines.append(f"  read first:  {reading}  ({lesson.title}, {lesson.minutes_teaching} minutes)")
    lines.append(f"  open:        {work / file}")
    if exercise.guided:
        lines.append("               it is solved together, inside the lesson")
    lines.append(f"  where:       {_told(mark)}")
    lines.append(f"  then:        wirelab check {exercise.id}   (or run its last cell)")
    if mark.status == "tried":
        lines.append(f"  stuck?       wirelab hint {exercise.id}")
    return "\n".join(lines)


def progress(standings: Sequence[Standing], streak: int) -> str:
    """A bar and the minutes of every lesson, and how many passes came in a row."""
    width = max((len(standing.lesson.title) for standing in standings), default=0)
    lines = [
        f"{standing.lesson.id}  {standing.lesson.title:<{width}}  {_bar(standing)}  {_of(standing)}, "
        f"{standing.minutes_passed} of {standing.minutes} minutes"
        for standing in standings
        if standing.marks
    ]
    passed, there = sum(each.passed for each in standings), sum(len(each.marks) for each in standings)
    row = (
        "no streak yet" if not streak else f"the last {streak} passed in a row" if streak > 1 else "the last one passed"
    )
    return "\n".join([*lines, "", f"All in all: {passed} of {there} exercises; {row}."])


def progress_as_json(standings: Sequence[Standing], streak: int) -> str:
    told = {
        "passed": sum(each.passed for each in standings),
        "exercises": sum(len(each.marks) for each in standings),
        "minutes_passed": sum(each.minutes_passed for each in standings),
        "minutes": sum(each.minutes for each in standings),
        "streak": streak,
        "lessons": [_lesson(standing) for standing in standings],
    }
    return json.dumps(told, indent=1, ensure_ascii=False)


def _lesson(standing: Standing) -> dict[str, object]:
    exercises = [
        {
            "id": mark.exercise.id,
            "title": mark.exercise.title,
            "status": mark.status,
            "tries": mark.tries,
            "hints": mark.hints,
            "minutes": mark.exercise.minutes,
        }
        for mark in standing.marks
    ]
    return {
        "id": standing.lesson.id,
        "title": standing.lesson.title,
        "passed": standing.passed,
        "minutes_passed": standing.minutes_passed,
        "minutes": standing.minutes,
        "exercises": exercises,
    }


def _line(mark: Mark) -> str:
    return f"{SIGNS[mark.status]} {mark.exercise.id}  {mark.exercise.title}: {_told(mark)}"


def _told(mark: Mark) -> str:
    """The status in words: `tried twice, not passed yet`."""
    times = {0: "", 1: "once", 2: "twice"}.get(mark.tries, f"{mark.tries} times")
    if mark.status == "tried":
        return f"tried {times}, not passed yet"
    if mark.status == "passed":
        later = f"; the latest attempt: {mark.last}" if mark.last != "passed" else ""
        return f"passed{later}"
    return "not started"


def _of(standing: Standing) -> str:
    return f"{standing.passed} of {len(standing.marks)} passed"


def _bar(standing: Standing) -> str:
    full = WIDTH * standing.passed // max(1, len(standing.marks))
    return f"[{'#' * full}{'-' * (WIDTH - full)}]"
