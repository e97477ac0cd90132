"""Where a learner stands, from the manifest and the log of attempts. Pure: opens no file, prints nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from labkit.manifest import Course, Exercise, Lesson

Status = Literal["passed", "tried", "not started"]
JUDGED = ("passed", "wrong", "crashed")  # the stub and a silent server say nothing about a learner


@dataclass(frozen=True, slots=True)
class Mark:
    """One exercise as it stands. `tries` counts the attempts that did not pass; `last` is the latest one's status."""

    exercise: Exercise
    status: Status
    tries: int = 0
    last: str = ""
    hints: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One lesson as it stands."""

    lesson: Lesson
    marks: tuple[Mark, ...]

    @property
    def passed(self) -> int:
        return sum(mark.status == "passed" for mark in self.marks)

    @property
    def minutes(self) -> int:
        """The minutes that the course plans for its exercises."""
        return sum(mark.exercise.minutes for mark in self.marks)

    @property
    def minutes_passed(self) -> int:
        return sum(mark.exercise.minutes for mark in self.marks if mark.status == "passed")


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now: this exercise of this lesson. `fresh`: nothing of the lesson was tried, so it is read first."""

    lesson: Lesson
    mark: Mark
    fresh: bool


def standings(course: Course, entries: Iterable[Mapping[str, Any]]) -> tuple[Standing, ...]:
    """Every lesson, in order. Entries of exercises that the course does not know are passed over."""
    noted: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        noted.setdefault(entry["exercise"], []).append(entry)
    return tuple(
        Standing(lesson, tuple(_mark(exercise, noted.get(exercise.id, [])) for exercise in lesson.exercises))
        for lesson in course.lessons
    )


def next_step(all_of_it: Iterable[Standing]) -> Step | None:
    """The first exercise, in the order of the course, that is not passed. None when there is none left."""
    for standing in all_of_it:
        fresh = all(mark.status == "not started" and not mark.hints for mark in standing.marks)
        for mark in standing.marks:
            if mark.status != "passed":
                return Step(standing.lesson, mark, fresh)
    return None


def streak(entries: Iterable[Mapping[str, Any]]) -> int:
    """How many different exercises were passed in a row, up to the latest attempt."""
    row: set[str] = set()
    for entry in entries:
        if entry.get("status") == "passed":
            row.add(entry["exercise"])
        elif entry.get("status") in JUDGED:
            row.clear()
    return len(row)


def _mark(exercise: Exercise, entries: list[Mapping[str, Any]]) -> Mark:
    found = [entry.get("status") for entry in entries]
    judged = [str(status) for status in found if status in JUDGED]
    tries = sum(status != "passed" for status in judged)
    status: Status = "passed" if "passed" in judged else "tried" if judged else "not started"
    hints = sum(entry["kind"] == "hint" for entry in entries)
    return Mark(exercise, status, tries, judged[-1] if judged else "", hints)
