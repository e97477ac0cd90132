"""A new version of the course: copies follow, a learner's words stay, and what happened is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from labkit import cells, workspace
from labkit.learner import updating

LESSON = "notebooks/00_welcome.ipynb"
EXERCISE = "exercises/00_welcome.ipynb"
RENAMED = "exercises/00_hello.ipynb"
BESIDE = "exercises/00_welcome.new.ipynb"


def notebook(**sources: str) -> dict[str, Any]:
    code = [
        {"cell_type": "code", "id": name, "metadata": {}, "source": source, "execution_count": 1, "outputs": []}
        for name, source in sources.items()
    ]
    return {"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def put(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    put(tmp_path / "course" / LESSON, notebook(a="read = 1"))
    put(tmp_path / "course" / EXERCISE, notebook(a="task = 1", b="def answer(): ..."))
    return tmp_path / "course"


@pytest.fixture
def work(tmp_path: Path, course: Path) -> Path:
    updating.update(course, tmp_path / "work")
    return tmp_path / "work"


def says(path: Path) -> list[str]:
    return [cells.source(cell) for cell in cells.read(path)["cells"]]


def write_an_answer(work: Path, name: str = EXERCISE) -> bytes:
    put(work / name, notebook(a="task = 1", b="def answer(): return 'mine'"))
    return (work / name).read_bytes()


def update(course: Path, work: Path) -> str:
    return "\n".join(updating.update(course, work))


def kept(work: Path) -> list[str]:
    return sorted(path.relative_to(work / "backups").as_posix()[16:] for path in work.glob("backups/*/*/*"))


def test_the_first_update_gives_everything_and_the_second_nothing(course: Path, tmp_path: Path) -> None:
    assert update(course, tmp_path / "new") == f"new: {LESSON}\nnew: {EXERCISE}"
    assert update(course, tmp_path / "new").startswith("Nothing new")
    assert workspace.create(course, tmp_path / "new") == workspace.Report()


def test_an_unedited_copy_follows_after_a_backup_and_the_change_is_told(course: Path, work: Path) -> None:
    put(course / LESSON, notebook(a="read = 2", c="more = 1"))
    said = update(course, work)
    assert said.startswith(f"refreshed: {LESSON}\n  changed: 1 cell, another text: `read = 2`\n")
    assert "  changed: 1 cell, new there: `more = 1`" in said and "wirelab restore" in said
    assert says(work / LESSON) == ["read = 2", "more = 1"]
    assert kept(work) == [LESSON]


def test_a_learners_words_stay_and_the_new_version_is_put_beside_once(course: Path, work: Path) -> None:
    mine = write_an_answer(work)
    assert update(course, work).startswith("Nothing new"), "the course has not changed"
    put(course / EXERCISE, notebook(a="task = 2", b="def answer(): ..."))
    said = update(course, work)
    assert said.startswith(f"yours stays: {EXERCISE}. The course's new version is beside it: 00_welcome.new.ipynb")
    assert "it differs from yours in 2 cells, another text: `task = 2`; `def answer(): ...`" in said
    assert (work / EXERCISE).read_bytes() == mine
    assert says(work / BESIDE) == ["task = 2", "def answer(): ..."]
    assert update(course, work).startswith("Nothing new"), "it was told once"
    assert (work / EXERCISE).read_bytes() == mine


def test_what_a_learner_wrote_into_the_version_beside_is_theirs(course: Path, work: Path) -> None:
    write_an_answer(work)
    put(course / EXERCISE, notebook(a="task = 2"))
    update(course, work)
    put(work / BESIDE, notebook(a="task = 2", mine="x"))
    before = (work / BESIDE).read_bytes()
    put(work / EXERCISE, notebook(a="task = 2"))
    update(course, work)
    assert (work / BESIDE).read_bytes() == before


def test_a_second_version_beside_does_not_overwrite_what_was_written_into_the_first(course: Path, work: Path) -> None:
    write_an_answer(work)
    put(course / EXERCISE, notebook(a="task = 2"))
    update(course, work)
    put(work / BESIDE, notebook(a="mine"))
    put(course / EXERCISE, notebook(a="task = 3"))
    said = update(course, work)
    assert says(work / BESIDE) == ["task = 3"]
    assert kept(work) == [BESIDE] and "wirelab restore" in said
    put(work / BESIDE, notebook(a="mine again"))
    assert update(course, work).startswith("Nothing new") and kept(work) == [BESIDE]


def test_the_version_beside_goes_when_the_copy_is_the_same(course: Path, work: Path) -> None:
    write_an_answer(work)
    put(course / EXERCISE, notebook(a="task = 2"))
    update(course, work)
    put(work / EXERCISE, notebook(a="task = 2"))
    update(course, work)
    assert not (work / BESIDE).exists()
    put(course / EXERCISE, notebook(a="task = 3"))
    assert update(course, work).startswith(f"refreshed: {EXERCISE}"), "and the copy follows again"


def test_a_renamed_lesson_takes_the_learners_file_along(course: Path, work: Path) -> None:
    mine = write_an_answer(work)
    (course / EXERCISE).rename(course / RENAMED)
    said = update(course, work)
    assert said.startswith(f"renamed: {EXERCISE} is now {RENAMED}")
    assert (work / RENAMED).read_bytes() == mine and not (work / EXERCISE).exists()
    assert kept(work) == [EXERCISE]
    assert update(course, work).startswith("Nothing new")


def test_a_renamed_and_rewritten_lesson_keeps_both(course: Path, work: Path) -> None:
    mine = write_an_answer(work)
    (course / EXERCISE).unlink()
    put(course / RENAMED, notebook(a="task = 2"))
    update(course, work)
    assert (work / RENAMED).read_bytes() == mine
    assert says(work / "exercises/00_hello.new.ipynb") == ["task = 2"]


def test_wirelab_up_leaves_a_renamed_lesson_for_the_update(course: Path, work: Path) -> None:
    mine = write_an_answer(work)
    (course / EXERCISE).rename(course / RENAMED)
    report = workspace.create(course, work)
    assert report.waiting == (RENAMED,) and "wirelab update" in report.lines()[0]
    assert (work / EXERCISE).read_bytes() == mine and not (work / RENAMED).exists()


def test_a_removed_lesson_goes_unless_it_was_edited(course: Path, work: Path) -> None:
    mine = write_an_answer(work)
    for name in (LESSON, EXERCISE):
        (course / name).unlink()
    said = update(course, work)
    assert f"no longer in the course: {LESSON} (you had not changed it; the backup has it)" in said
    assert f"no longer in the course: {EXERCISE}. Yours stays where it is." in said
    assert not (work / LESSON).exists() and (work / EXERCISE).read_bytes() == mine
    assert LESSON in kept(work)
    assert update(course, work).startswith("Nothing new")


@pytest.mark.parametrize("memory", ["", "{", "[]", '{"handed_out": 3, "beside": []}'])
def test_without_a_memory_nothing_of_the_learners_is_replaced(course: Path, work: Path, memory: str) -> None:
    mine = write_an_answer(work)
    (work / workspace.STATE).write_text(memory, encoding="utf-8")
    put(course / LESSON, notebook(a="read = 2"))
    update(course, work)
    assert (work / EXERCISE).read_bytes() == mine
    assert says(work / LESSON) == ["read = 1"] and says(work / "notebooks/00_welcome.new.ipynb") == ["read = 2"]
