"""check, hint and solution as a learner calls them."""

import re
from dataclasses import replace
from typing import Any

import pytest
from learner import (
    EXERCISE,
    LADDER,
    PATH,
    ROOT,
    asks_nobody,
    believes_that_the_response_is_the_data,
    read,
    right,
)

from labkit import beliefs, checks
from labkit.counsel import TRIES_UNTIL_SOLUTION
from labkit.notebook import COLUMNS, Lab
from labkit.outcome import Outcome
from labkit.progress import Progress


def test_a_check_prints_a_card_and_notes_what_it_found(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for answer in (None, asks_nobody, believes_that_the_response_is_the_data, right):
        assert lab.check(EXERCISE, answer) is None
    cards = re.findall(r"^00\.1  ([A-Z ]+)  .*", capsys.readouterr().out, re.MULTILINE)
    assert cards == ["NOT STARTED", "NOT YET", "NOT YET", "PASSED"]
    noted = [(entry["kind"], entry["status"], entry["belief"]) for entry in lab.progress.read(EXERCISE)]
    assert noted == [
        ("attempt", "not started", ""),
        ("attempt", "wrong", ""),
        ("attempt", "wrong", "response-is-the-data"),
        ("attempt", "passed", ""),
    ]


def test_a_check_leaves_the_labs_own_journal_alone(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    read(lab)
    lab.check(EXERCISE, right)
    assert "PASSED" in capsys.readouterr().out
    assert [seen.path for seen in lab.witness.exchanges()] == [PATH]


def test_a_check_is_not_broken_by_the_labs_own_faults(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.fault("cut;after=0", first=9)
    lab.check(EXERCISE, right)
    assert "PASSED" in capsys.readouterr().out


def told_by(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed, a hint each: the lines into which a hint was broken are put together again."""
    return capsys.readouterr().out.replace("\n  ", " ").splitlines()


def test_a_hint_is_printed_in_lines_that_end_between_two_words(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in LADDER:
        lab.hint(EXERCISE)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= COLUMNS and len(lines) > len(LADDER)
    assert " ".join(line.strip() for line in lines).endswith(LADDER[-1]), "and no word is lost or cut"


def test_hints_go_up_a_ladder_and_stay_on_its_last_step(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(len(LADDER) + 2):
        lab.hint(EXERCISE)
    steps = [*range(len(LADDER)), len(LADDER) - 1, len(LADDER) - 1]
    assert told_by(capsys) == [f"{EXERCISE}  hint {step + 1} of {len(LADDER)}: {LADDER[step]}" for step in steps]
    assert [entry["step"] for entry in lab.progress.read(EXERCISE) if entry["kind"] == "hint"] == steps


def test_hints_go_on_where_they_were_after_a_restart_of_the_kernel(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.hint(EXERCISE)
    replace(lab, progress=Progress(lab.progress.path)).hint(EXERCISE)
    assert re.findall(r"hint (\d) of", capsys.readouterr().out) == ["1", "2"]


def test_hints_of_one_exercise_do_not_use_up_anothers(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    for exercise in ("00.1", "00.1", "00.2"):
        lab.hint(exercise)
    assert told_by(capsys)[-1].startswith("00.2  hint 1 of ")


def test_after_a_wrong_attempt_the_first_hint_speaks_to_what_it_looked_like(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.check(EXERCISE, believes_that_the_response_is_the_data)
    capsys.readouterr()
    for _ in range(3):
        lab.hint(EXERCISE)
    thought, *steps = told_by(capsys)
    assert thought == f"{EXERCISE}  a thought first: {beliefs.load(ROOT)['response-is-the-data'].hint}"
    assert [step[: len("00.1  hint 1")] for step in steps] == ["00.1  hint 1", "00.1  hint 2"], (
        "said once, no step lost"
    )


def test_an_attempt_that_looks_like_no_belief_goes_to_the_ladder(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.check(EXERCISE, believes_that_the_response_is_the_data)
    lab.check(EXERCISE, asks_nobody)
    capsys.readouterr()
    lab.hint(EXERCISE)
    assert capsys.readouterr().out.startswith("00.1  hint 1 of ")


def tried(lab: Lab, times: int, status: str = "wrong") -> None:
    for _ in range(times):
        lab.progress.note("attempt", EXERCISE, status=status, belief="")


@pytest.mark.parametrize("tries", range(TRIES_UNTIL_SOLUTION))
def test_a_solution_waits_for_three_attempts_and_says_how_many_are_left(
    lab: Lab, tries: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tried(lab, tries)
    lab.solution(EXERCISE)
    told = capsys.readouterr().out
    left = ["3 more attempts first", "2 more attempts first", "1 more attempt first"][tries]
    assert told.startswith(f'{EXERCISE}  {left}, and `lab.hint("{EXERCISE}")` helps.')
    assert f'lab.solution("{EXERCISE}", insist=True)' in told
    assert "def " not in told
    assert lab.progress.count("solution", EXERCISE) == 0


@pytest.mark.parametrize(
    ("tries", "status", "options"),
    [(TRIES_UNTIL_SOLUTION, "wrong", {}), (1, "passed", {}), (0, "", {"insist": True})],
    ids=["three attempts", "a pass", "insisting"],
)
def test_a_solution_is_shown_after(
    lab: Lab, tries: int, status: str, options: dict[str, bool], capsys: pytest.CaptureFixture[str]
) -> None:
    tried(lab, tries, status)
    lab.solution(EXERCISE, **options)
    told = capsys.readouterr().out
    assert "def say_hello(base_url, name):" in told and "X-Learner" in told
    assert lab.progress.count("solution", EXERCISE) == 1


def test_an_attempt_made_by_a_check_counts(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.check(EXERCISE, asks_nobody)
    lab.solution(EXERCISE)
    assert "2 more attempts first" in capsys.readouterr().out
    lab.check(EXERCISE, right)
    lab.solution(EXERCISE)
    assert "def say_hello" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["check", "hint", "solution"])
@pytest.mark.parametrize("exercise", ["10.9", "10", "", "say_hello"])
def test_an_unknown_exercise_is_named_with_those_that_there_are(lab: Lab, verb: str, exercise: str) -> None:
    with pytest.raises(LookupError, match=rf"no exercise {exercise!r}\. There are: 00\.1, .*10\.4\."):
        getattr(lab, verb)(exercise)
    assert list(lab.progress.read()) == []


@pytest.mark.parametrize("status", ["wrong", "crashed", "blocked"])
def test_a_check_prints_and_notes_every_kind_of_outcome(
    lab: Lab, status: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "run", lambda exercise, *_, **__: Outcome(exercise, status, "So it was.", belief="b"))
    lab.check(EXERCISE, right)
    assert capsys.readouterr().out.endswith("So it was.\n")
    [entry] = lab.progress.read(EXERCISE)
    assert (entry["status"], entry["belief"]) == (status, "b")
