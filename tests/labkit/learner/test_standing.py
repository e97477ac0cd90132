"""Where a learner stands, read from a log that may hold anything."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pupil import ROOT, Pupil

from labkit import workspace
from labkit.learner.standing import Standing, next_step, standings, streak
from labkit.manifest import load
from labkit.progress import Progress

WHOLE = load(ROOT / "course.toml")
COURSE = replace(WHOLE, lessons=tuple(WHOLE.lesson(name) for name in ("00", "10")))  # whatever else is added


@pytest.fixture
def log(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.jsonl")


def attempts(log: Progress, *pairs: str) -> None:
    """`00.1 passed`, and so on."""
    for pair in pairs:
        exercise, _, status = pair.partition(" ")
        log.note("attempt", exercise, status=status)


def stand(log: Progress) -> tuple[Standing, ...]:
    return standings(COURSE, log.read())


def marks(log: Progress) -> dict[str, tuple[str, int]]:
    return {mark.exercise.id: (mark.status, mark.tries) for each in stand(log) for mark in each.marks}


def test_an_exercise_is_passed_tried_or_not_started(log: Progress) -> None:
    attempts(log, "00.1 wrong", "00.1 crashed", "00.1 passed", "10.1 wrong", "10.2 not started", "10.3 blocked")
    assert marks(log) == {
        "00.1": ("passed", 2),
        "00.2": ("not started", 0),
        "10.1": ("tried", 1),
        "10.2": ("not started", 0),
        "10.3": ("not started", 0),
        "10.4": ("not started", 0),
    }


def test_minutes_are_those_of_the_passed_exercises(log: Progress) -> None:
    attempts(log, "10.1 passed", "10.2 wrong")
    lesson = stand(log)[1]
    assert (lesson.passed, lesson.minutes_passed, lesson.minutes) == (1, 15, 50)


def test_next_is_the_first_that_is_not_passed_and_a_lesson_untouched_is_read_first(log: Progress) -> None:
    step = next_step(stand(log))
    assert step is not None and (step.mark.exercise.id, step.fresh) == ("00.1", True)
    attempts(log, "00.1 passed")
    step = next_step(stand(log))
    assert step is not None and (step.mark.exercise.id, step.fresh) == ("00.2", False)
    attempts(log, "00.2 passed", "10.2 passed")
    step = next_step(stand(log))
    assert step is not None and (step.mark.exercise.id, step.fresh) == ("10.1", False)
    attempts(log, *(f"10.{number} passed" for number in (1, 3, 4)))
    assert next_step(stand(log)) is None


def test_a_hint_taken_is_a_lesson_begun(log: Progress) -> None:
    log.note("hint", "00.1", step=0)
    step = next_step(stand(log))
    assert step is not None and not step.fresh


def test_a_streak_counts_different_passes_until_something_was_wrong(log: Progress) -> None:
    assert streak(log.read()) == 0
    attempts(log, "00.1 passed", "00.2 passed", "00.2 passed", "10.1 not started", "10.1 blocked")
    assert streak(log.read()) == 2
    attempts(log, "10.1 wrong")
    assert streak(log.read()) == 0
    attempts(log, "10.1 passed")
    assert streak(log.read()) == 1


def test_a_log_of_a_later_version_is_read_as_far_as_it_is_known(log: Progress) -> None:
    attempts(log, "00.1 passed")
    log.note("attempt", "00.2", status="brilliant", version=9, proof=["a", "b"])
    log.note("applause", "00.2", loud=True)
    log.note("attempt", "99.9", status="passed")
    assert marks(log)["00.1"] == ("passed", 0)
    assert marks(log)["00.2"] == ("not started", 0)
    assert sum(each.passed for each in stand(log)) == 1


@pytest.mark.parametrize(
    "line",
    [
        *(b"{", b"null", b"[]", b"3", b'"x"', b"{}", b'{"kind": "attempt"}', b'{"kind": 1, "exercise": "00.1"}'),
        *(b"\0\0\0", b'{"kind": "attempt", "exercise": "00.1", "status": "\xf0\x9f'),
    ],
)
def test_a_line_that_says_nothing_is_passed_over(log: Progress, line: bytes) -> None:
    attempts(log, "00.1 passed")
    with log.path.open("ab") as file:
        file.write(line)
    attempts(log, "00.2 wrong")
    assert (marks(log)["00.1"], marks(log)["00.2"]) == (("passed", 0), ("tried", 1))
    assert (log.passed("00.1"), log.tries("00.2"), log.count("attempt", "00.1")) == (True, 1, 1)


def test_progress_survives_folders_that_move(tmp_path: Path, home: Path) -> None:
    course, work = tmp_path / "here" / "course", tmp_path / "here" / "work"
    for name in ("course.toml", "misconceptions.toml"):
        course.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, course)
    for name in workspace.FOLDERS:
        shutil.copytree(ROOT / name, course / name)
    workspace.create(course, work)
    pupil = Pupil(work, home)
    pupil.said_in_the_kernel("passed")
    before = pupil.wirelab("list", "--course", str(course)).out
    assert "[x] 00.2" in before
    (tmp_path / "here").rename(tmp_path / "there")
    moved = Pupil(tmp_path / "there" / "work", home)
    course = tmp_path / "there" / "course"
    assert moved.wirelab("list", "--course", str(course)).out == before
    step = moved.wirelab("next", "--course", str(course)).out
    assert str(moved.work / "notebooks") in step
    assert moved.wirelab("update", "--course", str(course)).out.startswith("Nothing new")
