"""`wirelab schedule` as it is typed: which lessons, the clock as text, JSON and a handout, and one line for a slip."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from labkit.cli import app
from labkit.learner.place import Unknown
from labkit.learner.route import chosen
from labkit.manifest import Course, ManifestError, load, parse

HEAD = '[course]\ntitle = "Tea"\n\n[routes]\nfast = ["00", "10", "08", "01"]\nlost = ["77"]\n'
LESSONS = "".join(
    f"""
[[lesson]]
id = "{name}"
slug = "tea"
title = "Tea {name}"
promise = "A cup."
minutes = {{ teaching = 50 }}
exercises = [{{ id = "{name}.1", title = "Brew", minutes = 30 }}]
"""
    for name in ("00", "01", "02", "10")
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("course")
    (folder / "course.toml").write_text(HEAD + LESSONS, encoding="utf-8")
    return folder


@pytest.fixture
def course(root: Path) -> Course:
    return load(root / "course.toml")


@pytest.fixture
def typed(root: Path, home: Path) -> Iterator[object]:
    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["schedule", *words, "--course", str(root)])

    yield run


@pytest.mark.parametrize(
    ("lessons", "route", "ids", "left_out"),
    [
        ("", "", "00 01 02 10", ""),
        ("0-2", "", "00 01 02", ""),
        ("0,1,2,10", "", "00 01 02 10", ""),
        ("10, 0", "", "10 00", ""),
        ("00-03,10-11", "", "00 01 02 10", "03 11"),
        ("", "fast", "00 10 01", "08"),
    ],
)
def test_words_name_lessons_in_their_order(course: Course, lessons: str, route: str, ids: str, left_out: str) -> None:
    found = chosen(course, lessons, route)
    assert " ".join(lesson.id for lesson in found.lessons) == ids
    assert " ".join(found.left_out) == left_out


@pytest.mark.parametrize(
    ("lessons", "route", "words"),
    [
        ("5", "", "no lesson '05'. There are: 00, 01, 02, 10"),
        ("3-7", "", "Of '3-7' no lesson is in the course"),
        ("2-0", "", "Write 0-2"),
        ("0,0-1", "", "names lesson 00 twice"),
        ("0,", "", "Write 0-7, or 0,1,2,10"),
        ("one", "", "cannot be read at 'one'"),
        ("", "slow", "There is: fast, lost"),
        ("", "lost", "Of 'lost' no lesson"),
        ("0", "fast", "not both"),
    ],
)
def test_what_names_no_lesson_is_said_in_one_line(course: Course, lessons: str, route: str, words: str) -> None:
    with pytest.raises(Unknown, match=words) as refused:
        chosen(course, lessons, route)
    assert "\n" not in str(refused.value)


def test_the_text_says_when_it_ends_what_it_adds_up_to_and_what_is_missing(typed) -> None:
    said = typed("--lessons", "0-3", "--start", "13:00").stdout.splitlines()
    assert said == [
        "13:00-13:50   50 min  00 Tea 00: lesson",
        "13:50-14:20   30 min  00 Tea 00: exercises",
        "14:20-14:30   10 min  Break",
        "14:30-15:20   50 min  01 Tea 01: lesson",
        "15:20-15:50   30 min  01 Tea 01: exercises",
        "15:50-16:00   10 min  Break",
        "16:00-16:50   50 min  02 Tea 02: lesson",
        "16:50-17:20   30 min  02 Tea 02: exercises",
        "",
        "It begins at 13:00 and ends at 17:20.",
        "Together 260 minutes: 150 of teaching, 90 of exercises, 20 of breaks.",
        "Left out, for it is not in the course yet: 03.",
    ]


def test_days_are_numbered_where_there_are_several(typed) -> None:
    said = typed("--start", "14:00", "--until", "17:00").stdout
    assert "Day 1\n14:00-14:50" in said and "\n\nDay 2\n14:00-14:50" in said
    assert "ends at 16:50 on day 2." in said
    assert "Day" not in typed("--start", "14:00", "--until", "23:00").stdout


def test_a_day_ends_at_six_unless_somebody_says_so(typed) -> None:
    days = json.loads(typed("--start", "13:00", "--json").stdout)["days"]
    assert [day[-1]["end"] <= "18:00" for day in days] == [True, True]


def test_json_holds_the_same_as_the_text(typed) -> None:
    told = json.loads(typed("--route", "fast", "--json").stdout)
    assert [slot["lesson"] for slot in told["days"][0] if slot["kind"] == "teaching"] == ["00", "10", "01"]
    assert told["left_out"] == ["08"]
    slots = [slot for day in told["days"] for slot in day]
    assert sum(slot["minutes"] for slot in slots) == told["minutes"]["total"]
    assert (told["begin"], told["end"]) == (slots[0]["begin"], slots[-1]["end"]) == ("09:00", "14:10")
    assert [slot["begin"] for slot in slots if slot["kind"] == "lunch"] == ["11:50"]


def test_the_handout_is_one_table_a_day(typed) -> None:
    said = typed("--markdown", "--until", "12:30").stdout
    assert said.startswith("# Tea: the schedule\n\nIt begins at 09:00")
    assert said.count("| Time | Minutes | What |") == said.count("## Day") == 2
    assert "| 10:20 to 10:30 | 10 | Break |" in said


@pytest.mark.parametrize(
    "words", [("--start", "nine"), ("--lessons", "9"), ("--route", "x"), ("--json", "--markdown"), ("--until", "9:10")]
)
def test_a_slip_is_one_line_on_stderr_and_exit_code_1(typed, words: tuple[str, ...]) -> None:
    done = typed(*words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("row", ["fast = []", 'fast = ["0"]', 'fast = ["00", "00"]', "fast = 3"])
def test_a_route_that_lists_no_lessons_is_refused(row: str) -> None:
    with pytest.raises(ManifestError, match="fast"):
        parse(f'[course]\ntitle = "Tea"\n[routes]\n{row}\n{LESSONS}')
