"""The learner's copies: what is given, refreshed, and never touched."""

import json
from pathlib import Path
from typing import Any

import pytest

from labkit import workspace
from labkit.workspace import Report

LESSON = "notebooks/00_welcome.ipynb"
EXERCISE = "exercises/10_streaming.ipynb"


def notebook(*sources: str) -> dict[str, Any]:
    """An executed notebook: a heading, then one code cell per source."""
    code = [
        {
            "cell_type": "code",
            "id": f"cell-{count}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
            "execution_count": count,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["the answer\n"]}],
        }
        for count, source in enumerate(sources, start=1)
    ]
    heading = {"cell_type": "markdown", "id": "heading", "metadata": {}, "source": ["# Grüße, 茶"]}
    return {"cells": [heading, *code], "metadata": {"kernelspec": {}}, "nbformat": 4, "nbformat_minor": 5}


def put(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def get(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]  # the tests' own notebooks


def edit(path: Path, source: str) -> None:
    content = get(path)
    content["cells"][1]["source"] = source
    put(path, content)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    put(root / LESSON, notebook("print(1)", "a = 2\nprint(a)"))
    put(root / EXERCISE, notebook("def answer(): ..."))
    (root / "course.toml").write_text("", encoding="utf-8")
    return root


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def test_the_first_run_gives_lessons_and_exercises(course: Path, work: Path) -> None:
    assert workspace.create(course, work) == Report(new=(LESSON, EXERCISE))


def test_copies_carry_no_outputs_and_no_counts_but_all_else(course: Path, work: Path) -> None:
    workspace.create(course, work)
    copy, original = get(work / LESSON), get(course / LESSON)
    assert [(cell["outputs"], cell["execution_count"]) for cell in copy["cells"][1:]] == [([], None), ([], None)]
    for cell in original["cells"][1:]:
        cell["outputs"], cell["execution_count"] = [], None
    assert copy == original


def test_a_second_run_changes_nothing(course: Path, work: Path) -> None:
    workspace.create(course, work)
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    assert workspace.create(course, work) == Report()
    assert {path: path.read_bytes() for path in work.rglob("*") if path.is_file()} == before


def test_running_a_copy_is_not_an_edit_and_its_outputs_stay(course: Path, work: Path) -> None:
    workspace.create(course, work)
    put(work / LESSON, get(course / LESSON))
    assert workspace.create(course, work) == Report()
    assert get(work / LESSON) == get(course / LESSON)


def test_an_edited_copy_survives_a_new_version_of_the_course(course: Path, work: Path) -> None:
    workspace.create(course, work)
    edit(work / LESSON, "my own words")
    mine = (work / LESSON).read_bytes()
    put(course / LESSON, notebook("print('new')"))
    assert workspace.create(course, work) == Report(kept=(LESSON,))
    assert (work / LESSON).read_bytes() == mine
    assert workspace.create(course, work) == Report(kept=(LESSON,))


def test_an_unchanged_copy_follows_the_course_even_when_it_was_run(course: Path, work: Path) -> None:
    workspace.create(course, work)
    put(work / LESSON, get(course / LESSON))
    put(course / LESSON, notebook("print('new')"))
    assert workspace.create(course, work) == Report(refreshed=(LESSON,))
    assert get(work / LESSON)["cells"][1]["source"] == ["print('new')"]


def test_a_deleted_copy_is_given_again(course: Path, work: Path) -> None:
    workspace.create(course, work)
    (work / EXERCISE).unlink()
    assert workspace.create(course, work) == Report(new=(EXERCISE,))


def test_a_copy_that_was_edited_back_is_ours_to_refresh_again(course: Path, work: Path) -> None:
    workspace.create(course, work)
    edit(work / LESSON, "my own words")
    workspace.create(course, work)
    edit(work / LESSON, "print(1)")
    put(course / LESSON, notebook("print('new')"))
    assert workspace.create(course, work) == Report(refreshed=(LESSON,))


@pytest.mark.parametrize("memory", [None, "", "{", "[]", '{"handed_out": 3}'])
def test_without_a_memory_nothing_is_overwritten(course: Path, work: Path, memory: str | None) -> None:
    workspace.create(course, work)
    edit(work / LESSON, "my own words")
    (work / ".wirelab.json").unlink()
    if memory is not None:
        (work / ".wirelab.json").write_text(memory, encoding="utf-8")
    put(course / EXERCISE, notebook("def answer(new): ..."))
    assert workspace.create(course, work) == Report(kept=(LESSON, EXERCISE))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": [{}]}', "not json"])
def test_a_copy_that_cannot_be_read_is_the_learners(course: Path, work: Path, content: str) -> None:
    workspace.create(course, work)
    (work / LESSON).write_text(content, encoding="utf-8")
    assert workspace.create(course, work) == Report(kept=(LESSON,))
    assert (work / LESSON).read_text(encoding="utf-8") == content


def test_the_learners_own_files_are_not_touched(course: Path, work: Path) -> None:
    put(work / "notebooks" / "mine.ipynb", notebook("1"))
    assert workspace.create(course, work) == Report(new=(LESSON, EXERCISE))
    assert get(work / "notebooks" / "mine.ipynb") == notebook("1")


def test_a_failed_write_leaves_the_old_file_and_no_half(
    course: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.create(course, work)
    before = {path: path.read_bytes() for path in work.rglob("*") if path.is_file()}
    put(course / LESSON, notebook("print('new')"))

    def full(self: Path, target: Path) -> Path:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="full"):
            workspace.create(course, work)
    assert {path: path.read_bytes() for path in work.rglob("*") if path.is_file()} == before


def test_the_report_says_in_words_what_happened() -> None:
    assert Report(new=("a", "b"), kept=("c",)).lines() == ["new: a, b", "kept yours: c"]


def test_a_folder_without_a_course_is_named_with_the_cure(tmp_path: Path) -> None:
    with pytest.raises(workspace.CourseNotFound, match=r"No course\.toml in .*--course"):
        workspace.course_root(tmp_path)


def test_the_work_folder_is_the_given_one_else_where_one_stands_else_the_courses(
    course: Path, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.create(course, work)
    monkeypatch.chdir(tmp_path)
    assert workspace.work_folder(course) == course / "work"
    monkeypatch.chdir(work / "exercises")
    assert workspace.work_folder(course) == work
    assert workspace.work_folder(course, tmp_path / "other") == tmp_path / "other"


def test_a_work_folder_that_moved_is_still_known(course: Path, work: Path, tmp_path: Path) -> None:
    workspace.create(course, work)
    edit(work / LESSON, "my own words")
    work.rename(tmp_path / "moved")
    put(course / LESSON, notebook("print('new')"))
    put(course / EXERCISE, notebook("def answer(new): ..."))
    assert workspace.create(course, tmp_path / "moved") == Report(refreshed=(EXERCISE,), kept=(LESSON,))
