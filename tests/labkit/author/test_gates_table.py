"""The table of gates: a sound course passes them all, and each of them has a way to make it red."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labkit.author import book
from labkit.author.check import check as verdict
from labkit.author.gates import GATES
from labkit.author.problem import Problem
from labkit.checks import CHECKS

LESSON, SOLUTION = "notebooks/00_tea.ipynb", "solutions/00_tea.ipynb"
SENT = "answers/exercise_00_2.py"


def check(root: Path) -> list[Problem]:
    return [finding.problem for finding in verdict(root).findings]


def a_picture_without_words(course: Any) -> None:
    course.change(LESSON, 5, source="## Wire\n\n![](x.png)")


def two_hints(_: Any) -> None:
    CHECKS["00.2"] = replace(CHECKS["00.2"], hints=CHECKS["00.2"].hints[1:])


def ten_rules(course: Any) -> None:
    course.text_file("tests/course/sanitize.cfg", "# why\nregex: a\nreplace: b\n\n" * 10)


# What breaks each gate. A new row in GATES needs a row here: the first test below says so.
SPOILED: dict[str, Callable[[Any], object]] = {
    "lessons and notebooks agree": lambda course: (course.root / "notebooks/01_milk.ipynb").unlink(),
    "first cells agree with the manifest": lambda course: course.manifest("A cup of tea", "A pot of tea"),
    "exercises are where the manifest says": lambda course: course.manifest('"00.2"', '"00.3"'),
    "exercises are in step with solutions": lambda course: shutil.rmtree(course.root / "exercises"),
    "pieces of the shop are in step with solutions": lambda course: course.manifest(
        'title = "Brew", minutes = 12', 'title = "Brew", minutes = 12, piece = "brewer"'
    ),
    "execution counts run from 1 to N": lambda course: course.change(LESSON, 2, execution_count=None),
    "what shows has an output": lambda course: course.change(LESSON, 3, outputs=[]),
    "stored errors are meant": lambda course: course.change(LESSON, 3, outputs=[course.raised("KeyError")]),
    "nothing is excused without a reason": lambda course: course.change(LESSON, 3, metadata={"tags": ["nbval-skip"]}),
    "no secret, port or path leaks": lambda course: course.change(LESSON, 5, source="See /home/me/cup.txt"),
    "one title and headings in order": lambda course: course.change(LESSON, 5, source="# Wire"),
    "every picture has words": a_picture_without_words,
    "code fits 100 columns": lambda course: course.change(LESSON, 2, source=f"tea = '{'x' * 94}'"),
    "a lesson has 15 to 35 cells": lambda course: course.write(LESSON, course.text("# 00 A cup of tea")),
    "cells are plain Python that any front end runs": lambda course: course.change(LESSON, 2, source="!ls"),
    "questions are asked once and explained": lambda course: course.change(
        LESSON, 3, source='labkit.predict("00.p1")\nprint(f"{1 + 1} cups")'
    ),
    "no construct before its lesson": lambda course: course.manifest('introduces = ["f-string"]', ""),
    "nothing prints in the background": lambda course: course.change(LESSON, 2, source="Thread(target=print).start()"),
    "links and anchors lead somewhere": lambda course: course.change(LESSON, 5, source="## Wire\n\n[on](02.ipynb)"),
    "every id is given once": lambda course: course.rewrite(SENT, "def asks_what_exists", "def asks_twice"),
    "every exercise has its check": lambda course: CHECKS.pop("00.2"),
    "hints are a ladder of three or more": two_hints,
    "every exercise has two wrong answers and another right one": lambda course: (course.root / SENT).unlink(),
    "one wrong answer has the right value and the wrong traffic": lambda course: course.rewrite(
        SENT, "(NOT_THE_WAY, ", "("
    ),
    "no answers without an exercise": lambda course: course.text_file("answers/exercise_00_3.py", ""),
    "misconceptions can be read": lambda course: course.text_file("misconceptions.toml", "[tea]\nhot = true\n"),
    "every belief has its exercise, its wrong answer and its hint": lambda course: course.rewrite(
        SENT, ', belief="retries-happened"', ""
    ),
    "a lesson names three beliefs": lambda course: course.rewrite(
        "misconceptions.toml", 'lesson = "00"\nexercise = "00.1"', 'lesson = "01"\nexercise = "00.1"'
    ),
    "every belief has its line in the instructor's note": lambda course: course.rewrite(
        "instructors/00.md", "- `server-lives-in-the-notebook`: ask.\n", ""
    ),
    "every lesson has its instructor's note, and its minutes add up": lambda course: course.rewrite(
        "instructors/00.md", "| 8 | Drink |", "| 9 | Drink |"
    ),
    "every word of the glossary stands in its lesson": lambda course: course.rewrite(
        "glossary.toml", 'said = "step 3"', 'said = "saucer"'
    ),
    "the glossary and the cheat sheet are what their source gives": lambda course: course.rewrite(
        "docs/cheatsheet.md", "418", "419"
    ),
    "every lesson links to the glossary and the cheat sheet": lambda course: course.change(
        LESSON, 15, source="## Step 9"
    ),
    "the sanitizer has under ten rules, each with its reason": ten_rules,
    "nothing is left to write": lambda course: course.change(LESSON, 5, source="## Wire\n\nTODO: the picture"),
}


def test_every_gate_has_a_way_to_make_it_red() -> None:
    assert set(SPOILED) == {gate.holds for gate in GATES}


def test_a_sound_course_has_no_findings(course: Any) -> None:
    assert check(course.root) == []


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.holds)
def test_a_gate_turns_red_over_a_spoiled_course_and_names_file_and_cure(course: Any, gate: Any) -> None:
    assert not list(gate.judge(book.read(course.root)))
    SPOILED[gate.holds](course)
    found = list(gate.judge(book.read(course.root)))
    assert found
    assert all(problem.file and problem.what and problem.cure for problem in found)
    assert set(found) <= set(check(course.root))


def test_findings_come_file_by_file_in_reading_order(course: Any) -> None:
    course.change(LESSON, 5, source="# Wire")
    course.change(LESSON, 2, execution_count=None)
    course.change("notebooks/01_milk.ipynb", 3, source="# Milk")
    places = [(problem.file, problem.cell) for problem in check(course.root)]
    assert places == [(LESSON, 2), (LESSON, 5), ("notebooks/01_milk.ipynb", 3)]


def test_a_manifest_that_cannot_be_read_is_the_one_finding(course: Any) -> None:
    (course.root / "course.toml").write_text("[course]\n", encoding="utf-8")
    assert [problem.file for problem in check(course.root)] == ["course.toml"]


def test_a_notebook_that_cannot_be_read_is_the_one_finding(course: Any) -> None:
    (course.root / LESSON).write_text("{", encoding="utf-8")
    assert [problem.file for problem in check(course.root)] == [LESSON]
