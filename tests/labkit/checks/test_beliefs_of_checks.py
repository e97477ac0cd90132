"""misconceptions.toml against the checks that name its beliefs and the wrong answers that embody them."""

import re
from pathlib import Path

import pytest

from labkit import beliefs
from labkit.checks import CHECKS

ROOT = Path(__file__).parents[3]
BELIEFS = beliefs.load(ROOT)
TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_lesson_*.py"))
LESSONS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "labkit" / "checks").glob("lesson_*.py"))


@pytest.mark.parametrize("belief", BELIEFS.values(), ids=BELIEFS)
def test_a_belief_is_told_whole_and_tied_to_an_exercise_of_its_lesson(belief: beliefs.Belief) -> None:
    assert belief.exercise in CHECKS and belief.exercise.partition(".")[0] == belief.lesson
    assert belief.belief.endswith(".") and belief.source and len(belief.hint) > 80


@pytest.mark.parametrize("name", BELIEFS)
def test_a_belief_is_named_by_a_check_and_embodied_by_a_wrong_answer(name: str) -> None:
    assert f'"{name}"' in LESSONS
    assert f'"{name}")' in TESTS


def test_the_checks_name_no_belief_that_is_not_written_down() -> None:
    named = re.findall(r'"([a-z]+(?:-[a-z]+)+)"', LESSONS)
    assert set(named) - {"x-lab-pace"} == set(BELIEFS)


def test_every_lesson_with_checks_has_three_beliefs_or_more() -> None:
    for lesson in {exercise.partition(".")[0] for exercise in CHECKS}:
        assert sum(belief.lesson == lesson for belief in BELIEFS.values()) >= 3


@pytest.mark.parametrize("table", ['[tea]\nlesson = "10"\n', '[tea]\nlesson="1"\nexercise=""\nbelief=""\nsauce=""\n'])
def test_a_belief_that_lacks_or_misspells_something_is_refused_by_name(tmp_path: Path, table: str) -> None:
    (tmp_path / beliefs.FILE).write_text(table, encoding="utf-8")
    with pytest.raises(ValueError, match=r"misconceptions.toml: \[tea\] does not fit"):
        beliefs.load(tmp_path)
