"""misconceptions.toml against the checks that name its beliefs."""

import re
from pathlib import Path

import pytest

from labkit import beliefs

ROOT = Path(__file__).parents[3]
BELIEFS = beliefs.load(ROOT)
LESSONS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "labkit" / "checks").glob("lesson_*.py"))


@pytest.mark.parametrize("name", BELIEFS)
def test_a_belief_is_named_by_a_check(name: str) -> None:
    assert f'"{name}"' in LESSONS


def test_the_checks_name_no_belief_that_is_not_written_down() -> None:
    named = re.findall(r'"([a-z]+(?:-[a-z]+)+)"', LESSONS)
    assert set(named) - {"x-lab-pace"} == set(BELIEFS)


@pytest.mark.parametrize("table", ['[tea]\nlesson = "10"\n', '[tea]\nlesson="1"\nexercise=""\nbelief=""\nsauce=""\n'])
def test_a_belief_that_lacks_or_misspells_something_is_refused_by_name(tmp_path: Path, table: str) -> None:
    (tmp_path / beliefs.FILE).write_text(table, encoding="utf-8")
    with pytest.raises(ValueError, match=r"misconceptions.toml: \[tea\] does not fit"):
        beliefs.load(tmp_path)
