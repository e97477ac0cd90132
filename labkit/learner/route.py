"""Which lessons, in which order: words like `0-7` or `0,1,10`, or a route of course.toml. Reads; plans nothing."""

import re
from dataclasses import dataclass

from labkit.learner.place import Unknown
from labkit.manifest import Course, Lesson

_PART = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class Route:
    """The lessons to go through, in order, and the ids of those that were meant and are not written yet."""

    lessons: tuple[Lesson, ...]
    left_out: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """What is left out, in a sentence; empty where nothing is."""
        if not self.left_out:
            return ""
        one = len(self.left_out) == 1
        return f"Left out, for {'it is' if one else 'they are'} not in the course yet: {', '.join(self.left_out)}."


def chosen(course: Course, lessons: str = "", route: str = "") -> Route:
    """What these words name; without any, the whole course. Raises Unknown."""
    if lessons and route:
        raise Unknown("Give --lessons or --route, not both: a route is a list of lessons already.")
    if route:
        return _walked(course, course.routes.get(route), route)
    if not lessons:
        return Route(course.lessons)
    return _named(course, lessons)


def _walked(course: Course, ids: tuple[str, ...] | None, name: str) -> Route:
    if ids is None:
        known = ", ".join(course.routes) or "none in course.toml"
        raise Unknown(f"There is no route {name!r}. There is: {known}.")
    return _there(course, ids, name)


def _named(course: Course, words: str) -> Route:
    """A single lesson must exist; of a range, only some need to."""
    ids: list[str] = []
    for word in words.split(","):
        found = _PART.fullmatch(word.strip())
        if found is None:
            raise Unknown(f"--lessons {words!r} cannot be read at {word.strip()!r}. Write 0-7, or 0,1,2,10.")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise Unknown(f"--lessons {words!r}: {word.strip()} runs backwards. Write {last}-{first}.")
        if first == last:
            _must_be(course, f"{first:02}")
        ids += [f"{number:02}" for number in range(first, last + 1)]
    for each in ids:
        if ids.count(each) > 1:
            raise Unknown(f"--lessons {words!r} names lesson {each} twice. Name it once.")
    return _there(course, ids, words)


def _must_be(course: Course, lesson: str) -> None:
    known = [each.id for each in course.lessons]
    if lesson not in known:
        raise Unknown(f"There is no lesson {lesson!r}. There are: {', '.join(known)}.")


def _there(course: Course, ids: list[str] | tuple[str, ...], words: str) -> Route:
    known = {lesson.id: lesson for lesson in course.lessons}
    lessons = tuple(known[each] for each in ids if each in known)
    if not lessons:
        raise Unknown(f"Of {words!r} no lesson is in the course. There are: {', '.join(known)}.")
    return Route(lessons, tuple(each for each in ids if each not in known))
