"""Reset anywhere: a cell, an exercise, a lesson, everything; the rest stays, and what was there is kept."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pupil import ANSWER, EXERCISES, ROOT, Pupil

from labkit import cells, workspace
from labkit.learner import resetting
from labkit.manifest import load

COURSE = load(ROOT / "course.toml")
LESSON = "notebooks/00_welcome_to_the_lab.ipynb"
TEN = "exercises/10_streaming_a_language_model.ipynb"


@pytest.fixture
def learner(tmp_path: Path) -> Pupil:
    workspace.create(ROOT, tmp_path / "work")
    return Pupil(tmp_path / "work", tmp_path / "home")


def reset(learner: Pupil, exercise: str, *, whole: bool = False) -> str:
    done = resetting.exercise(COURSE, ROOT, learner.work, COURSE.exercise(exercise), whole=whole)
    return "\n".join(done)


def sources(learner: Pupil, name: str = EXERCISES) -> dict[str, str]:
    return {cell["id"]: cells.source(cell) for cell in cells.read(learner.work / name)["cells"]}


def kept(learner: Pupil, name: str = EXERCISES) -> list[bytes]:
    return [path.read_bytes() for path in sorted(learner.work.glob(f"backups/*/{name}"))]


def test_one_answer_goes_back_and_every_other_cell_stays(learner: Pupil) -> None:
    given = sources(learner)
    learner.types("mine = 1")
    learner.types("mine = 2", "e2-try")
    learner.adds("mine = 3")
    mine, before = sources(learner), (learner.work / EXERCISES).read_bytes()
    said = reset(learner, "00.2")
    assert sources(learner) == {**mine, ANSWER: given[ANSWER]}
    assert kept(learner) == [before]
    assert "the others stay as they are" in said and "wirelab restore" in said and "Reload Notebook" in said


def test_outputs_of_other_cells_stay_too(learner: Pupil) -> None:
    notebook = learner.notebook()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count, cell.source = 7, cell.source + "\n# ran"
    learner.save(notebook)
    reset(learner, "00.2")
    counts = {cell.id: cell.execution_count for cell in learner.notebook().cells if cell.cell_type == "code"}
    assert counts == {"start": 7, ANSWER: None, "e2-try": 7, "e2-check": 7}


def test_a_deleted_answer_comes_back_at_its_place(learner: Pupil) -> None:
    order = list(sources(learner))
    learner.deletes(ANSWER)
    reset(learner, "00.2")
    assert list(sources(learner)) == order


def test_a_whole_exercise_goes_back_and_its_neighbours_do_not(learner: Pupil) -> None:
    given = sources(learner, TEN)
    for cell in ("e2-prompt", "e2-try", "e2-check", "e1-stub", "e3-prompt"):
        learner.types(f"mine = '{cell}'", cell, TEN)
    learner.deletes("e2-stub", TEN)
    reset(learner, "10.2", whole=True)
    mine = {name: f"mine = '{name}'" for name in ("e1-stub", "e3-prompt")}
    assert sources(learner, TEN) == {**given, **mine}
    assert list(sources(learner, TEN)) == list(given)


def test_a_guided_exercise_stands_in_its_lesson(learner: Pupil) -> None:
    given = sources(learner, LESSON)
    learner.types("mine = 1", "lesson-00-24", LESSON)
    assert LESSON in reset(learner, "00.1")
    assert sources(learner, LESSON) == given


def test_what_is_as_given_is_left_alone_and_makes_no_backup(learner: Pupil) -> None:
    before = (learner.work / EXERCISES).read_bytes()
    assert reset(learner, "00.2") == resetting.SAME
    assert resetting.files(ROOT, learner.work, ["00", "10"]) == [resetting.SAME]
    assert (learner.work / EXERCISES).read_bytes() == before and kept(learner) == []


def test_a_lesson_goes_back_and_other_lessons_stay(learner: Pupil) -> None:
    learner.types("mine = 1")
    learner.types("mine = 2", "e1-stub", TEN)
    before = (learner.work / EXERCISES).read_bytes()
    resetting.files(ROOT, learner.work, ["00"])
    assert sources(learner)[ANSWER].startswith("def find_nothing")
    assert sources(learner, TEN)["e1-stub"] == "mine = 2"
    assert kept(learner) == [before]
    assert workspace.create(ROOT, learner.work).kept == (TEN,)


@pytest.mark.parametrize("damage", [lambda path: path.write_text("{"), lambda path: path.unlink()])
def test_a_lesson_whose_file_is_damaged_or_gone_is_given_again(learner: Pupil, damage: Callable[[Path], Any]) -> None:
    given = sources(learner)
    damage(learner.work / EXERCISES)
    resetting.files(ROOT, learner.work, ["00"])
    assert sources(learner) == given
    assert kept(learner) in ([b"{"], [])


def test_an_answer_in_a_file_that_cannot_be_read_names_the_cure(learner: Pupil) -> None:
    (learner.work / EXERCISES).write_text("{", encoding="utf-8")
    with pytest.raises(cells.NotANotebook, match="wirelab reset"):
        reset(learner, "00.2")


def test_everything_goes_back_as_it_is_typed(desk: Pupil) -> None:
    given = sources(desk)
    desk.types("mine = 1")
    desk.types("mine = 2", "e1-stub", TEN)
    assert desk.wirelab("reset").code == 1, "without a word nothing is reset"
    assert desk.wirelab("reset", "10", "--all").code == 1
    done = desk.wirelab("reset", "--all")
    assert done.code == 0 and EXERCISES in done.out and TEN in done.out
    assert sources(desk) == given and workspace.create(ROOT, desk.work) == workspace.Report()
    assert EXERCISES in desk.wirelab("restore").out
    unknown = desk.wirelab("reset", "10.9")
    assert unknown.code == 1 and "There are: 00.1" in unknown.err
