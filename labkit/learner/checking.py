"""`wirelab check`: a learner's saved answer, tried in a new kernel and a clean sandbox. Knows the order of it all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.cells import NotANotebook
from labkit.learner import copybook, hidden, kernel, names
from labkit.learner.copybook import Page
from labkit.manifest import Course, Exercise
from labkit.progress import Progress
from labkit.runtime import Environment

COULD_NOT_RUN = "could not run"
EXITS = {"passed": 0, "not started": 1, "wrong": 1, "crashed": 1, "blocked": 2, COULD_NOT_RUN: 2}


@dataclass(frozen=True, slots=True)
class Result:
    """One exercise's turn. `card` is what its check shows in the notebook, `told` what there is to say below it.

    `outcome` holds every field of the check's outcome; None where no check was reached.
    """

    exercise: str
    file: str
    fresh: bool
    status: str
    card: str
    told: str = ""
    outcome: dict[str, Any] | None = None

    @property
    def exit_code(self) -> int:
        return EXITS.get(self.status, 2)


@dataclass(frozen=True, slots=True)
class Desk:
    """What an attempt needs: the course, where it lies, where the learner's copies lie, and the learner's home."""

    course: Course
    root: Path
    work: Path
    here: Environment
    step: Callable[[int, int], None] = field(default=lambda done, of: None)


def check(desk: Desk, wanted: Sequence[Exercise], *, fresh: bool, hurry: bool) -> Iterator[Result]:
    """Try every wanted exercise. `hurry` does not run what still is the stub, letter for letter."""
    for exercise in wanted:
        try:
            page = copybook.page(desk.course, desk.work, exercise)
            given = copybook.page(desk.course, desk.root, exercise)
        except NotANotebook as error:
            yield _unable(desk, exercise, fresh, str(error))
            continue
        if hurry and not exercise.guided and page.answer == given.answer:
            card = f"{exercise.id}  NOT STARTED  The stub is still in place, so nothing was run."
            yield Result(exercise.id, copybook.file_of(desk.course, exercise), fresh, "not started", card)
            continue
        yield _tried(desk, exercise, page, given, fresh)


def pieces(page: Page, given: Page, *, fresh: bool) -> list[tuple[int, str]]:
    """The cells to run, each with its number in the notebook; the check's cell is the last one.

    Plain: what the check rests on, in the order in which it is needed. Fresh: everything from the top, but for other
    exercises' checks, which would count as attempts. A check's cell that was deleted is taken from the course.
    """
    sources = page.sources
    goal = page.check
    if goal is None:
        assert given.check is not None, f"the course's own {given.path.name} checks {given.exercise}"
        goal = len(sources)
        sources.append(given.sources[given.check])
    unread = [place for place in page.answers if names.parsed(sources[place]) is None]  # it must say so itself
    order = [*unread, *names.rests_on(sources, goal)]
    if fresh:
        order = [place for place in range(goal + 1) if _runs(sources[place], page.exercise)]
    return [(place, sources[place]) for place in order if sources[place].strip()]


def _runs(source: str, exercise: str) -> bool:
    return not copybook.only_checks(source) or exercise in copybook.checked(source)


def _tried(desk: Desk, exercise: Exercise, page: Page, given: Page, fresh: bool) -> Result:
    todo = pieces(page, given, fresh=fresh)
    live = _live(Progress(desk.here.progress), exercise.id)
    desk.step(0, len(todo))
    try:
        run = kernel.run(todo, page.path.parent, desk.here, lambda done: desk.step(done, len(todo)))
    except kernel.CouldNotRun as error:
        return _unable(desk, exercise, fresh, str(error))
    run.outcomes = [outcome for outcome in run.outcomes if outcome["exercise"] == exercise.id]
    file = copybook.file_of(desk.course, exercise)
    goal = todo[-1][0]
    if not run.outcomes or goal in run.errors:
        first = next((place for place in (*page.answers, goal, *run.errors) if place in run.errors), goal)
        kind, message = run.errors.get(first, ("", "it checked nothing"))
        why = f"{page.called(first)} raised {kind}: {message}" if kind else f"{page.called(first)}: {message}"
        card = f"{exercise.id}  COULD NOT RUN  {why}"
        told = hidden.explained(page, run, COULD_NOT_RUN, live, fresh=fresh)
        return Result(exercise.id, file, fresh, COULD_NOT_RUN, card, told)
    outcome = run.outcomes[-1]
    told = hidden.explained(page, run, outcome["status"], live, fresh=fresh)
    stops = [place for place in run.errors if outcome["status"] != "not started"]
    if fresh and stops:
        kind, message = run.errors[stops[0]]
        told += f"\nRestart and run all stops at {page.called(stops[0])}: {kind}: {message}"
    return Result(exercise.id, file, fresh, outcome["status"], run.shown[goal], told.strip(), outcome)


def _live(progress: Progress, exercise: str) -> str:
    """What the last attempt in the learner's own kernel said."""
    entries = [entry for entry in progress.read(exercise) if entry["kind"] == "attempt" and "by" not in entry]
    return str(entries[-1].get("status", "")) if entries else ""


def _unable(desk: Desk, exercise: Exercise, fresh: bool, why: str) -> Result:
    file = copybook.file_of(desk.course, exercise)
    return Result(exercise.id, file, fresh, COULD_NOT_RUN, f"{exercise.id}  COULD NOT RUN  {why}")
