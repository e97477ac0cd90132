"""A day by the clock: whatever the lessons, nothing is lost, nobody sits too long, and lunch is at noon."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from labkit.manifest import Lesson
from labkit.schedule import (
    BREAK,
    LUNCH,
    MEAL,
    NOON_FROM,
    NOON_UNTIL,
    PAUSE,
    STRETCH,
    NoSuchDay,
    Schedule,
    Slot,
    clock,
    moment,
    schedule,
)

NINE, SIX, MIDNIGHT = 9 * 60, 18 * 60, 24 * 60


def lesson(number: int, teaching: int, exercises: int) -> Lesson:
    return Lesson(f"{number:02}", "tea", f"Tea {number}", "", teaching, exercises, (), (), ())


def lessons(*minutes: tuple[int, int]) -> list[Lesson]:
    return [lesson(number, *each) for number, each in enumerate(minutes)]


def lines(plan: Schedule) -> list[str]:
    return [f"{clock(slot.begin)} {slot.kind}" for day in plan.days for slot in day]


MINUTES = some.tuples(some.integers(0, 130), some.integers(0, 130))
COURSES = some.lists(MINUTES, min_size=1, max_size=9).filter(lambda course: any(map(any, course)))
STARTS = some.integers(0, 20 * 60)


def stretches(day: tuple[Slot, ...]) -> list[int]:
    """Minutes of work between one rest and the next."""
    found = [0]
    for slot in day:
        if slot.is_work:
            found[-1] += slot.minutes
        else:
            found.append(0)
    return found


@given(COURSES, STARTS, some.integers(STRETCH, 12 * 60))
def test_days_hold_all_the_work_in_its_order_and_end_in_time(
    course: list[tuple[int, int]], start: int, long: int
) -> None:
    until = min(start + long, MIDNIGHT - 1)
    plan = schedule(lessons(*course), start, until)
    work = [slot for day in plan.days for slot in day if slot.is_work]
    assert sum(slot.minutes for slot in work) == sum(map(sum, course))
    assert [slot.lesson for slot in work] == sorted(slot.lesson for slot in work)
    for number, minutes in enumerate(course):
        for kind, due in zip(("teaching", "exercises"), minutes, strict=True):
            assert sum(s.minutes for s in work if (s.lesson, s.kind) == (f"{number:02}", kind)) == due
    for day in plan.days:
        assert day[0].begin == start
        assert all(one.end == other.begin for one, other in pairwise(day))
        assert day[-1].end <= until


@given(COURSES, STARTS, some.integers(STRETCH, 12 * 60))
def test_nobody_sits_longer_than_a_stretch_and_no_rest_is_for_nothing(
    course: list[tuple[int, int]], start: int, long: int
) -> None:
    for day in schedule(lessons(*course), start, min(start + long, MIDNIGHT - 1)).days:
        assert max(stretches(day)) <= STRETCH
        assert all(stretches(day)), "a rest stands between two pieces of work"
        assert {slot.minutes for slot in day if slot.kind == PAUSE} <= {BREAK}


@given(COURSES, STARTS, some.integers(STRETCH, 12 * 60))
def test_a_day_that_passes_noon_has_one_lunch_and_has_it_at_noon(
    course: list[tuple[int, int]], start: int, long: int
) -> None:
    for day in schedule(lessons(*course), start, min(start + long, MIDNIGHT - 1)).days:
        meals = [slot for slot in day if slot.kind == MEAL]
        assert all(NOON_FROM <= meal.begin <= NOON_UNTIL and meal.minutes == LUNCH for meal in meals)
        if start >= NOON_FROM:
            assert not meals, "who begins at noon has eaten"
        elif day[-1].end > NOON_UNTIL + BREAK:
            assert len(meals) == 1
        assert len(meals) <= 1


def test_a_morning_reads_like_one() -> None:
    plan = schedule(lessons((25, 5), (50, 40), (50, 30), (50, 50)), NINE, SIX)
    assert lines(plan) == [
        "09:00 teaching",
        "09:25 exercises",
        "09:30 teaching",
        "10:20 break",
        "10:30 exercises",
        "11:10 teaching",
        "12:00 lunch",
        "13:00 exercises",
        "13:30 teaching",
        "14:20 break",
        "14:30 exercises",
    ]
    assert (clock(plan.begin), clock(plan.end)) == ("09:00", "15:20")
    assert plan.minutes() == plan.end - plan.begin == 380
    assert (plan.minutes("teaching"), plan.minutes(PAUSE, MEAL)) == (175, 80)


def test_what_is_longer_than_a_stretch_is_cut_and_says_that_it_goes_on() -> None:
    [day] = schedule(lessons((100, 0)), NINE, SIX).days
    assert [(slot.minutes, slot.kind, slot.goes_on) for slot in day] == [
        (90, "teaching", False),
        (10, "break", False),
        (10, "teaching", True),
    ]


def test_a_day_that_is_over_by_one_has_no_lunch() -> None:
    plan = schedule(lessons((50, 40), (50, 50)), NINE, SIX)
    assert MEAL not in {slot.kind for slot in plan.days[0]}
    assert clock(plan.end) == "12:30"  # 190 minutes of work and two breaks


def test_a_day_that_must_end_before_lunch_works_on_until_then() -> None:
    first, second = schedule(lessons((80, 80), (40, 60)), NINE, until=12 * 60 + 40).days
    assert [slot.kind for slot in first] == ["teaching", "break", "exercises", "break", "teaching"]
    assert (clock(first[-1].end), clock(second[0].begin)) == ("12:40", "09:00")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: schedule(lessons((50, 50)), SIX, NINE), "a later --until"),
        (lambda: schedule(lessons((50, 50)), NINE, NINE + 80), "09:00 to 10:20 is too short"),
        (lambda: schedule(lessons((0, 0)), NINE, SIX), "no minutes"),
        (lambda: moment("--start", "nine"), "--start 'nine' is no time of day"),
        (lambda: moment("--until", "24:00"), "--until '24:00'"),
        (lambda: moment("--until", "9:60"), "as in 09:00"),
    ],
)
def test_what_makes_no_day_is_said_in_one_line(make, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoSuchDay, match=words) as refused:
        make()
    assert "\n" not in str(refused.value)


@given(some.integers(0, MIDNIGHT - 1))
def test_a_time_of_day_is_read_as_it_is_written(minutes: int) -> None:
    assert moment("--start", clock(minutes)) == minutes
    assert moment("--start", clock(minutes).removeprefix("0")) == minutes
