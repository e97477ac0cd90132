"""Where a verb works: the course, the learner's copies, their log. Reads the manifest and the log; judges nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from labkit import workspace
from labkit.cells import NotANotebook
from labkit.learner import standing
from labkit.learner.standing import Standing
from labkit.manifest import MANIFEST, Course, Exercise, Lesson, ManifestError, load
from labkit.progress import Progress
from labkit.schedule import NoSuchDay

if TYPE_CHECKING:
    from labkit.learner.checking import Desk
    from labkit.runtime import Environment


class Unknown(LookupError):
    """What was asked for is not there. The message says what is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that a verb starts from."""

    root: Path
    work: Path
    course: Course
    here: "Environment"

    @property
    def log(self) -> Progress:
        return Progress(self.here.progress)

    @property
    def standings(self) -> tuple[Standing, ...]:
        return standing.standings(self.course, self.log.read())

    def exercise(self, exercise: str) -> Exercise:
        try:
            return self.course.exercise(exercise)
        except ManifestError:
            known = ", ".join(each.id for each in self.course.exercises)
            raise Unknown(f"There is no exercise {exercise!r}. There are: {known}.") from None

    def lesson(self, lesson: str) -> Lesson:
        try:
            return self.course.lesson(lesson)
        except ManifestError:
            known = ", ".join(each.id for each in self.course.lessons)
            raise Unknown(f"There is no lesson {lesson!r}. There are: {known}.") from None

    def chosen(self, which: str | None, *, everything: bool) -> tuple[Exercise, ...]:
        """The exercises that these words name; without any, the next one. Raises Unknown."""
        if everything:
            return self.course.exercises
        if which is None:
            step = standing.next_step(self.standings)
            if step is None:
                raise Unknown("Every exercise is passed. `wirelab check --all` tries them once more.")
            return (step.mark.exercise,)
        if "." in which:
            return (self.exercise(which),)
        exercises = self.lesson(which).exercises
        if not exercises:
            raise Unknown(f"Lesson {which} has no exercises.")
        return exercises

    def answer(self, exercise: Exercise) -> str:
        """What the learner has; empty where no notebook can be read."""
        from labkit.learner import copybook  # noqa: PLC0415  # not needed for `wirelab list`

        try:
            return copybook.page(self.course, self.work, exercise).answer
        except NotANotebook:
            return ""

    def desk(self, step: Callable[[int, int], None]) -> "Desk":
        from labkit.learner.checking import Desk  # noqa: PLC0415  # half a second of kernels

        return Desk(self.course, self.root, self.work, self.here, step)


def found(course: Path | None = None, work: Path | None = None) -> Place:
    """Raises CourseNotFound or ManifestError with the cure."""
    from labkit.runtime import environment  # noqa: PLC0415  # it knows processes, and `wirelab --help` needs none

    root = workspace.course_root(course)
    return Place(root, workspace.work_folder(root, work), load(root / MANIFEST), environment())


@contextmanager
def troubles(code: int = 1) -> Iterator[None]:
    """What a reader can mend is said in its own words on stderr, without a stack trace, and ends with `code`."""
    try:
        yield
    except (KeyError, IndexError):  # these would be ours
        raise
    except (LookupError, ManifestError, NotANotebook, NoSuchDay, workspace.CourseNotFound, OSError) as trouble:
        typer.echo(str(trouble), err=True)
        raise typer.Exit(code) from None
