"""course.toml as frozen lessons and exercises. Knows the manifest; knows nothing of notebooks, kernels or servers."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

MANIFEST = "course.toml"

T = TypeVar("T")


class ManifestError(ValueError):
    """course.toml says something that cannot be meant: the key, and the cure."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{MANIFEST}: {what} Cure: {cure}")
        self.what = what
        self.cure = cure


@dataclass(frozen=True)
class Exercise:
    """One exercise. A guided one is solved together inside the lesson; the others stand in the exercise notebook.

    `requires` are the earlier exercises whose answers this one builds on: until they pass, it is blocked. `piece` is
    the module of leafkettle that holds its solution for later lessons; empty for most.
    """

    id: str
    title: str
    minutes: int
    guided: bool = False
    requires: tuple[str, ...] = ()
    piece: str = ""


@dataclass(frozen=True)
class Lesson:
    """One lesson, in the order in which the course teaches it."""

    id: str
    slug: str
    title: str
    promise: str
    minutes_teaching: int
    minutes_exercises: int
    requires: tuple[str, ...]
    introduces: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    @property
    def notebook(self) -> str:
        """The file name that the lesson has in notebooks/, solutions/ and exercises/."""
        return f"{self.id}_{self.slug}.ipynb"

    @property
    def homework(self) -> tuple[Exercise, ...]:
        """The exercises that stand in the exercise notebook."""
        return tuple(exercise for exercise in self.exercises if not exercise.guided)


@dataclass(frozen=True)
class Course:
    """The whole course. Lessons stand in teaching order.

    A route is another order of some of them, by name; it may name lessons that are still to be written.
    """

    title: str
    lessons: tuple[Lesson, ...]
    routes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lesson(self, lesson_id: str) -> Lesson:
        """The lesson with this id. Raises ManifestError for an id that no lesson has."""
        for lesson in self.lessons:
            if lesson.id == lesson_id:
                return lesson
        known = ", ".join(lesson.id for lesson in self.lessons)
        raise ManifestError(f"no lesson has the id {lesson_id!r}.", f"Use one of: {known}.")

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise with this id. Raises ManifestError for an id that no exercise has."""
        for exercise in self.exercises:
            if exercise.id == exercise_id:
                return exercise
        known = ", ".join(exercise.id for exercise in self.exercises)
        raise ManifestError(f"no exercise has the id {exercise_id!r}.", f"Use one of: {known}.")

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """Every exercise of every lesson, in order."""
        return tuple(exercise for lesson in self.lessons for exercise in lesson.exercises)

    def until(self, lesson_id: str) -> tuple[Lesson, ...]:
        """The lessons from the first one up to and including this one."""
        return self.lessons[: self.lessons.index(self.lesson(lesson_id)) + 1]


def load(path: Path) -> Course:
    """Read course.toml. Raises ManifestError, which names the key and the cure."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ManifestError(f"{path} does not exist.", "Run this inside the Wirelab project.") from None
    return parse(text)


def parse(text: str) -> Course:
    """The manifest's text as a Course; the only place where it is judged."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"this is not TOML: {error}.", "Mend the line that it names.") from None
    top = _Table("", raw, ("course", "routes", "lesson"))
    title = _Table("[course]", top.take("course", dict), ("title",)).text("title")
    lessons = tuple(_lessons(top.take("lesson", list)))
    if not lessons:
        raise ManifestError("it lists no lesson.", "Add a [[lesson]] table.")
    return Course(title, lessons, dict(_routes(top.take("routes", dict, {}))))


class _Table:
    """One TOML table being read: it refuses unknown keys and says where a wrong value stands."""

    def __init__(self, where: str, raw: object, allowed: tuple[str, ...]) -> None:
        if not isinstance(raw, dict):
            raise ManifestError(f"{where} is not a table.", f"Write it with the keys {', '.join(allowed)}.")
        for key in raw:
            if key not in allowed:
                raise ManifestError(f"{where} has an unknown key '{key}'.".strip(), f"Known: {', '.join(allowed)}.")
        self.where = where
        self._raw: dict[str, Any] = raw

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        value = self._raw.get(key, default)
        if value is None:
            raise ManifestError(f"{self.where} lacks '{key}'.".strip(), f"Add {key} ({_NAMES[kind]}).")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ManifestError(f"{self.where} '{key}' is {value!r}.", f"Make it {_NAMES[kind]}.")
        return value

    def text(self, key: str, pattern: str = r".*\S.*", cure: str = "Write a few words.") -> str:
        value = self.take(key, str)
        if not re.fullmatch(pattern, value):
            raise ManifestError(f"{self.where} '{key}' is {value!r}.", cure)
        return value

    def minutes(self, key: str, default: int | None = None) -> int:
        value = self.take(key, int, default)
        if not 0 <= value <= 600:
            raise ManifestError(f"{self.where} '{key}' is {value}.", "Give minutes between 0 and 600.")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        values = self.take(key, list, [])
        if not all(isinstance(value, str) for value in values) or len(set(values)) < len(values):
            raise ManifestError(f"{self.where} '{key}' is {values!r}.", "Make it a list of different strings.")
        return tuple(values)


_NAMES: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}
_LESSON = ("id", "slug", "title", "promise", "minutes", "requires", "introduces", "exercises")
_EXERCISE = ("id", "title", "minutes", "guided", "requires", "piece")


def _routes(raw: dict[str, object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    table = _Table("[routes]", raw, tuple(raw))
    for name in raw:
        ids = table.words(name)
        if not ids or not all(re.fullmatch(r"\d\d", each) for each in ids):
            raise ManifestError(f"[routes] '{name}' is {list(ids)!r}.", 'List lessons by two digits, as in "08".')
        yield name, ids


def _lessons(raw: list[object]) -> Iterator[Lesson]:
    seen: list[str] = []
    solvable: list[str] = []
    pieces: list[str] = []
    for position, table in enumerate(raw, start=1):
        lesson = _lesson(position, table)
        if lesson.id in seen:
            raise ManifestError(f"two lessons have the id '{lesson.id}'.", "Give one of them another id.")
        for required in lesson.requires:
            if required not in seen:
                cure = "Name only lessons that stand earlier in the file."
                raise ManifestError(f"lesson {lesson.id} 'requires' {required!r}.", cure)
        _judge_exercises(lesson, solvable)
        _judge_pieces(lesson, pieces)
        seen.append(lesson.id)
        yield lesson


def _judge_exercises(lesson: Lesson, solvable: list[str]) -> None:
    """An exercise builds only on what stands before it; `solvable` are those before this lesson, and grows."""
    for exercise in lesson.exercises:
        for required in exercise.requires:
            if required not in solvable:
                what = f"exercise {exercise.id} 'requires' {required!r}."
                raise ManifestError(what, "Name only exercises that stand earlier in the file.")
        solvable.append(exercise.id)


def _judge_pieces(lesson: Lesson, pieces: list[str]) -> None:
    """Each piece has a module of its own; `pieces` are those before this lesson, and grows."""
    for exercise in lesson.exercises:
        if exercise.piece and exercise.piece in pieces:
            raise ManifestError(f"exercise {exercise.id} 'piece' is {exercise.piece!r}.", "Another has it: rename it.")
        pieces.append(exercise.piece)


def _lesson(position: int, raw: object) -> Lesson:
    table = _Table(f"[[lesson]] number {position}", raw, _LESSON)
    lesson_id = table.text("id", r"\d\d", 'Write two digits in quotes, as in "08".')
    table.where = f"lesson {lesson_id}"
    exercises = tuple(_exercises(lesson_id, table.take("exercises", list, [])))
    homework = sum(exercise.minutes for exercise in exercises if not exercise.guided)
    minutes = _Table(f"lesson {lesson_id} 'minutes'", table.take("minutes", dict), ("teaching", "exercises"))
    if minutes.minutes("exercises", homework) != homework:
        what = f"lesson {lesson_id} 'minutes.exercises' is {minutes.minutes('exercises')}."
        raise ManifestError(what, f"The exercises that are not guided add up to {homework}: make the two agree.")
    return Lesson(
        id=lesson_id,
        slug=table.text("slug", r"[a-z0-9]+(_[a-z0-9]+)*", "Use small letters, digits and single underscores."),
        title=table.text("title"),
        promise=table.take("promise", str, ""),
        minutes_teaching=minutes.minutes("teaching"),
        minutes_exercises=homework,
        requires=table.words("requires"),
        introduces=table.words("introduces"),
        exercises=exercises,
    )


def _exercises(lesson_id: str, raw: list[object]) -> Iterator[Exercise]:
    last = 0
    for position, each in enumerate(raw, start=1):
        table = _Table(f"lesson {lesson_id}, exercise number {position}", each, _EXERCISE)
        cure = f'Write "{lesson_id}.{position}".'
        exercise_id = table.text("id", rf"{lesson_id}\.[1-9]\d*", cure)
        number = int(exercise_id.partition(".")[2])
        if number <= last:
            raise ManifestError(f"{table.where} 'id' is {exercise_id!r}, which does not rise.", cure)
        last = number
        guided = table.take("guided", bool, False)
        requires, piece = table.words("requires"), _piece(table)
        yield Exercise(exercise_id, table.text("title"), table.minutes("minutes"), guided, requires, piece)


def _piece(table: _Table) -> str:
    if not table.take("piece", str, ""):
        return ""
    return table.text("piece", r"[a-z]\w*", 'Name a module of leafkettle, as in "shop_client".')
