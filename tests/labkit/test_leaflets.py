"""The glossary and the cheat sheet beside the copies: given, refreshed, never taken from who wrote in one."""

from pathlib import Path

import pytest

from labkit import leaflets, workspace
from labkit.learner.updating import update

WORDS, SHEET = leaflets.LEAFLETS


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    (root / "docs").mkdir(parents=True)
    for name in leaflets.LEAFLETS:
        (root / name).write_text("# Tea\n", encoding="utf-8")
    return root


@pytest.fixture
def work(course: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    assert workspace.create(course, folder).new == (WORDS, SHEET)
    return folder


def read(work: Path, name: str) -> str:
    return (work / name).read_text(encoding="utf-8")


def test_they_stand_where_a_lesson_links_to(work: Path) -> None:
    assert (work / "notebooks" / "../docs/glossary.md").resolve() == (work / WORDS).resolve()
    assert read(work, WORDS) == read(work, SHEET) == "# Tea\n"


def test_a_second_start_writes_nothing(course: Path, work: Path) -> None:
    assert workspace.create(course, work) == workspace.Report()


@pytest.mark.parametrize("verb", ["create", "update"])
def test_what_nobody_wrote_into_follows_the_course(course: Path, work: Path, verb: str) -> None:
    (course / WORDS).write_text("# More tea\n", encoding="utf-8")
    said = workspace.create(course, work).lines() if verb == "create" else update(course, work)
    assert said == [f"refreshed: {WORDS}"]
    assert read(work, WORDS) == "# More tea\n"


@pytest.mark.parametrize("verb", ["create", "update"])
def test_notes_of_a_learner_stay(course: Path, work: Path, verb: str) -> None:
    (work / SHEET).write_text("# Tea\n\nmine\n", encoding="utf-8")
    (course / SHEET).write_text("# More tea\n", encoding="utf-8")
    if verb == "create":
        workspace.create(course, work)
    else:
        update(course, work)
    assert read(work, SHEET) == "# Tea\n\nmine\n"


def test_one_that_was_thrown_away_comes_back(course: Path, work: Path) -> None:
    (work / WORDS).unlink()
    assert workspace.create(course, work).new == (WORDS,)


def test_a_course_without_them_gives_none(tmp_path: Path) -> None:
    assert leaflets.hand_out(tmp_path, tmp_path / "work", {}) == {}
    assert not (tmp_path / "work").exists()
