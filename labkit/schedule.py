"""Minutes of lessons as a day by the clock, with breaks and lunch. Knows lessons and minutes; prints nothing.

Clock times are minutes since midnight. Work is never longer than `STRETCH` without a break, lunch comes in the noon of
a day that begins before it and goes on behind it, and what does not fit before `until` is for the next day.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.manifest import Lesson

STRETCH = 90  # minutes of work without a break, at most
BREAK = 10
LUNCH = 60
NOON = 12 * 60
NOON_FROM, NOON_UNTIL = 11 * 60 + 15, 13 * 60  # lunch begins between these

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
TEACHING, EXERCISES, PAUSE, MEAL = "teaching", "exercises", "break", "lunch"


class NoSuchDay(ValueError):
    """No day can be made of this. The message says why, and what to ask for instead, in one line."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One line of the schedule. `lesson` and `title` are empty for a break and for lunch."""

    begin: int
    end: int
    kind: str
    lesson: str = ""
    title: str = ""
    goes_on: bool = False  # the rest of something that a break has cut

    @property
    def minutes(self) -> int:
        return self.end - self.begin

    @property
    def is_work(self) -> bool:
        return self.kind in (TEACHING, EXERCISES)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The days, each with its slots, one following the other without a gap."""

    days: tuple[tuple[Slot, ...], ...]

    @property
    def begin(self) -> int:
        return self.days[0][0].begin

    @property
    def end(self) -> int:
        """When the last day is over."""
        return self.days[-1][-1].end

    def minutes(self, *kinds: str) -> int:
        """How many minutes of these kinds; of all without any."""
        return sum(slot.minutes for day in self.days for slot in day if not kinds or slot.kind in kinds)


def clock(minutes: int) -> str:
    """570 is `09:30`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def moment(option: str, words: str) -> int:
    """`9:30` and `09:30` are 570. Raises NoSuchDay, which names the option."""
    found = _CLOCK.fullmatch(words.strip())
    if found is None:
        raise NoSuchDay(f"{option} {words!r} is no time of day. Write hours and minutes, as in 09:00.")
    return int(found[1]) * 60 + int(found[2])


def schedule(lessons: Sequence[Lesson], start: int, until: int) -> Schedule:
    """These lessons one after the other, every day from `start` to `until` at the latest. Raises NoSuchDay."""
    if until - start < STRETCH:
        cure = f"give it {STRETCH} minutes or more, with an earlier --start or a later --until."
        raise NoSuchDay(f"A day from {clock(start)} to {clock(until)} is too short: {cure}")
    work = tuple(_work(lessons))
    if not work:
        raise NoSuchDay("These lessons have no minutes in course.toml: name others.")
    days: list[tuple[Slot, ...]] = []
    while work:
        day, work = _day(work, start, until)
        days.append(day)
    return Schedule(tuple(days))


def _work(lessons: Iterable[Lesson]) -> Iterator[Slot]:
    """What is to be done, in pieces of one stretch at most; each begins at 0, for nobody knows yet when."""
    for lesson in lessons:
        for kind, minutes in ((TEACHING, lesson.minutes_teaching), (EXERCISES, lesson.minutes_exercises)):
            for done in range(0, minutes, STRETCH):
                yield Slot(0, min(STRETCH, minutes - done), kind, lesson.id, lesson.title, goes_on=done > 0)


def _day(work: Sequence[Slot], start: int, until: int) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
    """One day, and the work that is left for the next."""
    slots: list[Slot] = []
    now, worked, hungry = start, 0, start < NOON_FROM
    for place, piece in enumerate(work):
        rest = BREAK if worked + piece.minutes > STRETCH else 0
        left = sum(each.minutes for each in work[place:])
        over = now + left + (BREAK if worked + left > STRETCH else 0)
        if hungry and min(over, until) > NOON_UNTIL and _now_is_noon(now, now + rest + piece.minutes):
            rest, hungry = LUNCH, False
        if now + rest + piece.minutes > until:
            return tuple(slots), tuple(work[place:])
        if rest:
            slots.append(Slot(now, now + rest, MEAL if rest == LUNCH else PAUSE))
            now, worked = now + rest, 0
        slots.append(Slot(now, now + piece.minutes, piece.kind, piece.lesson, piece.title, piece.goes_on))
        now, worked = now + piece.minutes, worked + piece.minutes
    return tuple(slots), ()


def _now_is_noon(now: int, later: int) -> bool:
    """Whether this moment between two pieces of work is nearer to noon than the next one."""
    return NOON_FROM <= now <= NOON_UNTIL and abs(now - NOON) < abs(later - NOON)
