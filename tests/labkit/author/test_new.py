"""Scaffolds in a copy of the real course: whole, clean, nothing overwritten, and every gap named by `dev check`."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from labkit.author.check import check
from labkit.author.new.checks_text import with_check
from labkit.author.new.exercise import new_exercise
from labkit.author.new.lesson import new_lesson
from labkit.author.new.manifest_text import with_exercise, with_lesson
from labkit.author.problem import Refused
from labkit.checks import CHECKS
from labkit.leaflets import LEAFLETS
from labkit.manifest import parse

pytestmark = [pytest.mark.timeout(300), pytest.mark.long]  # seconds: mypy begins without a cache

ROOT = Path(__file__).parents[3]
COPIED = ("labkit", "leafkettle", "notebooks", "solutions", "exercises", "answers", "questions", "instructors")
FILES = (
    "course.toml",
    "misconceptions.toml",
    "glossary.toml",
    "pyproject.toml",
    "tests/course/sanitize.cfg",
    *LEAFLETS,
)
LESSON = ("dev", "new", "lesson", "08", "answers_in_pieces", "--title", "Answers in pieces")
# Strict, and nobody's packages are read but those that a scaffold speaks to: labkit, requests, httpx2.
TYPES = """\
[mypy]
strict = True
follow_imports = silent
[mypy-openai.*,matplotlib.*,numpy.*,IPython.*,nbformat.*,pydantic.*,websockets.*,starlette.*,uvicorn.*,rich.*]
follow_imports = skip
"""
EXERCISE = ("dev", "new", "exercise", "08.1", "--title", "Lines, not chunks", "--minutes", "15")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in COPIED:
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(project), os.environ["PYTHONPATH"]])}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=environment, capture_output=True, text=True, check=False
    )


def wirelab(project: Path, *words: str) -> str:
    done = run(project, "labkit", *words, "--course", str(project))
    assert done.returncode == 0, done.stderr
    return done.stdout


def findings(project: Path) -> list[dict[str, Any]]:
    done = run(project, "labkit", "dev", "check", "--fast", "--json", "--course", str(project))
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return found


def contents(project: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(project.rglob("*")) if path.is_file()}


def test_a_scaffold_is_clean_and_check_names_what_is_left_to_write_and_no_more(project: Path) -> None:
    said = wirelab(project, *LESSON)
    assert said.splitlines()[:3] == [
        "added to course.toml",
        "wrote notebooks/08_answers_in_pieces.ipynb",
        "wrote instructors/08.md",
    ]
    said = wirelab(project, *EXERCISE)
    for line in (
        "wrote exercises/08_answers_in_pieces.ipynb",
        "added to course.toml",
        "wrote solutions/08_answers_in_pieces.ipynb",
        "wrote labkit/checks/lesson_08_1.py",
        "added to labkit/checks/__init__.py",
        "wrote answers/exercise_08_1.py",
        "added to misconceptions.toml",
        "added to instructors/08.md",
        "  2. The lesson's first cell says: 45 minutes of lesson, 15 minutes of exercises.",
    ):
        assert line in said.splitlines()

    written = ["labkit/checks", "answers"]
    for tool in (["ruff", "check", *written], ["ruff", "format", "--check", *written]):
        done = run(project, *tool)
        assert done.returncode == 0, done.stdout
    typed = ["labkit/checks/lesson_08_1.py", "answers/exercise_08_1.py"]
    (project / "mypy.ini").write_text(TYPES, encoding="utf-8")
    done = run(project, "mypy", "--config-file=mypy.ini", *typed)
    assert done.returncode == 0, done.stdout

    found = findings(project)
    assert {one["lesson"] for one in found} == {"08"}
    by_gate = {one["gate"] for one in found}
    assert by_gate == {
        "nothing is left to write",
        "execution counts run from 1 to N",
        "first cells agree with the manifest",  # its minutes, now that there is an exercise
        "exercises are where the manifest says",  # no stored outcome says PASSED yet
        "a lesson names three beliefs",
    }
    left = {one["file"] for one in found if one["gate"] == "nothing is left to write"}
    assert left == {
        "course.toml",
        "misconceptions.toml",
        "notebooks/08_answers_in_pieces.ipynb",
        "solutions/08_answers_in_pieces.ipynb",
        "labkit/checks/lesson_08_1.py",
        "answers/exercise_08_1.py",
        "instructors/08.md",
    }


def test_the_rows_that_were_there_stay_to_the_letter(project: Path) -> None:
    before = (project / "course.toml").read_text(encoding="utf-8")
    new_lesson(project, "08", "answers_in_pieces", "Answers in pieces", 45)
    new_exercise(project, "10.5", "One more", 5)
    after = (project / "course.toml").read_text(encoding="utf-8")
    kept = [line for line in before.splitlines() if "exercises = 50" not in line]
    lines = iter(after.splitlines())
    assert all(line in lines for line in kept), "the old lines, in their order"
    course = parse(after)
    assert [lesson.id for lesson in course.lessons] == sorted([*(lesson.id for lesson in parse(before).lessons), "08"])
    assert course.lesson("10").minutes_exercises == 55
    assert [exercise.id for exercise in course.lesson("10").exercises][-1] == "10.5"
    beliefs = [tomllib.loads((root / "misconceptions.toml").read_text(encoding="utf-8")) for root in (ROOT, project)]
    assert len(beliefs[1]) == len(beliefs[0]) + 2
    solved = json.loads((project / "solutions/10_streaming_a_language_model.ipynb").read_text(encoding="utf-8"))
    old = json.loads((ROOT / "solutions/10_streaming_a_language_model.ipynb").read_text(encoding="utf-8"))
    assert solved["cells"][: len(old["cells"])] == old["cells"]
    assert [cell["id"] for cell in solved["cells"][len(old["cells"]) :]][:2] == ["e5-prompt", "e5-stub"]


@pytest.mark.parametrize(
    "there",
    [
        "labkit/checks/lesson_10_5.py",
        "answers/exercise_10_5.py",
    ],
)
def test_nothing_is_overwritten_and_then_nothing_is_written_at_all(project: Path, there: str) -> None:
    (project / there).write_text("# mine\n", encoding="utf-8")
    before = contents(project)
    with pytest.raises(Refused, match=f"{there}: it exists already, and nothing is overwritten."):
        new_exercise(project, "10.5", "One more", 5)
    assert contents(project) == before


@pytest.mark.parametrize(
    ("exercise", "title", "what"),
    [
        ("10.4", "Again", "does not rise"),
        ("11.1", "Too early", "no lesson has the id '11'"),
        ("1.1", "Short", "is no exercise's id"),
        ("10.5", "!", "is no function's name"),
        ("10.5", "Return", "'return' is no function's name"),
    ],
)
def test_an_exercise_that_cannot_be_is_refused_in_words(project: Path, exercise: str, title: str, what: str) -> None:
    before = contents(project)
    with pytest.raises(ValueError if "no lesson" in what else Refused, match=what):
        new_exercise(project, exercise, title, 5)
    assert contents(project) == before


def test_a_lesson_that_is_there_already_is_refused(project: Path) -> None:
    before = contents(project)
    with pytest.raises(Refused, match="two lessons have the id '10'"):
        new_lesson(project, "10", "again", "Again", 45)
    with pytest.raises(Refused, match="no lesson's id"):
        new_lesson(project, "8", "short", "Short", 45)
    assert contents(project) == before


def test_a_comment_above_a_lesson_stays_with_it() -> None:
    text = (ROOT / "course.toml").read_text(encoding="utf-8")
    text = text.replace('[[lesson]]\nid = "10"', '# Part II, streams\n[[lesson]]\nid = "10"')
    added = with_lesson(text, "08", "pieces", title='Say "tea"', promise="A.", minutes=30)
    assert '# Part II, streams\n[[lesson]]\nid = "10"' in added
    assert parse(added).lesson("08").title == 'Say "tea"'
    last = with_lesson(text, "12", "talk", title="Talk", promise="A.", minutes=30)
    assert [lesson.id for lesson in parse(last).lessons] == [*(lesson.id for lesson in parse(text).lessons), "12"]


def test_a_lesson_without_exercises_gets_its_first_one(bench: Any) -> None:
    bench.manifest()
    text = (bench.root / "course.toml").read_text(encoding="utf-8")
    for lesson in ("00.3", "01.1"):
        text = with_exercise(text, lesson, "Stir", 5)
    course = parse(text)
    assert [exercise.id for exercise in course.exercises] == ["00.1", "00.2", "00.3", "01.1"]
    assert [lesson.minutes_exercises for lesson in course.lessons] == [17, 5]


def test_a_manifest_in_another_form_is_left_alone_and_the_row_is_told() -> None:
    text = (ROOT / "course.toml").read_text(encoding="utf-8").replace("exercises = [\n", "exercises = [ # four\n")
    with pytest.raises(Refused, match=r'cure: Add this by hand, in the form of its neighbours:\n    \{ id = "10.5"'):
        with_exercise(text, "10.5", "One more", 5)


def test_the_table_of_checks_gets_its_row_in_order_and_keeps_its_form() -> None:
    text = (ROOT / "labkit/checks/__init__.py").read_text(encoding="utf-8")
    added = with_check(text, "08.1", "lesson_08_1", "lines")
    rows = re.findall(r'^    "(\d\d\.\d+)": Check', added, re.MULTILINE)
    assert rows == sorted([*CHECKS, "08.1"])
    assert '    "08.1": Check(lesson_08_1.lines, lesson_08_1.HINTS),\n' in added
    imported = added[added.index("from labkit.checks import") : added.index("from labkit.checks.bench")]
    assert "lesson_08_1," in imported
    for number in range(2, 12):
        added = with_check(added, f"08.{number}", f"lesson_08_{number}", "lines")
    assert "from labkit.checks import (\n    lesson_00,\n" in added
    assert added.index("    lesson_08_2,") < added.index("    lesson_08_10,") < added.index("    lesson_10,")
    compile(added, "checks", "exec")


def test_a_table_of_checks_that_has_the_row_or_another_form_is_refused() -> None:
    with pytest.raises(Refused, match=r"it checks 08\.1 already"):
        with_check('from labkit.checks import a\nCHECKS = {\n    "08.1": 1,\n}\n', "08.1", "a", "b")
    with pytest.raises(Refused, match="Add by hand"):
        with_check("CHECKS = dict()\n", "08.1", "a", "b")


def test_a_scaffold_in_a_folder_without_checks_says_so(bench: Any) -> None:
    bench.manifest()
    with pytest.raises(Refused, match=r"labkit/checks/__init__.py: it does not exist, so there is nothing to add to"):
        new_exercise(bench.root, "01.1", "Stir", 5)
    assert check(bench.root).findings
