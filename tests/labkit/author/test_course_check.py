"""`wirelab dev check` as a whole: what it proves, how it tells it, and that each proof can turn it red."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from labkit.author import check, proof, proving
from labkit.author.cli import app
from labkit.author.gates import GATES
from labkit.author.problem import Problem

LESSON, SENT = "notebooks/00_tea.ipynb", "answers/exercise_00_2.py"
STARTED = """\
import requests


def brew(base_url):
    if not base_url:
        # BEGIN SOLUTION
        return
        # END SOLUTION
    requests.get(base_url + "/coffee")"""
ALL = len(GATES) + len(check.PROOFS)


def dev(course: Any, *arguments: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)"""
    result = CliRunner().invoke(app, ["check", *arguments, "--course", str(course.root)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def unproved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No process and no server: every claim holds at once. The exercises that were asked for, one a claim."""
    asked: list[str] = []

    def prove(claims: Any, _: Any, proved: Any) -> Any:
        for claim in claims:
            asked.append(claim.exercise)
            proved(claim, [])
        return [(claim, []) for claim in claims]

    monkeypatch.setattr(proving, "prove", prove)
    return asked


def test_a_sound_course_is_proved_answer_by_answer(provable: Any) -> None:
    code, said, told = dev(provable)
    assert (code, said) == (0, f"All {ALL} gates hold. 11 answers tried.\n"), said
    assert told.splitlines()[0] == "Trying 11 answers to 2 exercises against a lab server."
    assert sorted(told.splitlines()[1:]) == [
        "  00.1: 4 answers tried, all as they should be.",
        "  00.2: 7 answers tried, all as they should be.",
    ]


def test_every_proof_turns_it_red_under_its_own_name(provable: Any) -> None:
    provable.change(LESSON, 4, source=provable.POURED.replace('"/health"', '"/"'))
    provable.change("solutions/00_tea.ipynb", 3, source=STARTED)
    provable.rewrite(SENT, 'session.get(base_url + "/coffee")', 'session.post(base_url + "/coffee")')
    provable.rewrite(SENT, '"answered 200, not 404"', '"like a teapot"')
    code, said, _ = dev(provable, "--json")
    red = {one["gate"] for one in json.loads(said)["findings"]}
    assert code == 1
    assert set(check.PROOFS.values()) <= red


def test_findings_as_json_name_gate_place_and_cure(course: Any) -> None:
    course.change(LESSON, 2, execution_count=None)
    code, said, _ = dev(course, "--fast", "--json")
    assert code == 1
    assert json.loads(said) == {
        "holds": False,
        "gates": len(GATES),
        "answers": 0,
        "findings": [
            {
                "gate": "execution counts run from 1 to N",
                "file": LESSON,
                "cell": 2,
                "lesson": "00",
                "what": "it was never run (its execution count is null).",
                "cure": "Run it anew with `wirelab dev run`.",
            }
        ],
    }


def test_only_the_lessons_asked_for_are_judged_and_the_whole_courses_words(course: Any, unproved: list[str]) -> None:
    course.change(LESSON, 2, execution_count=None)
    course.text_file("README.md", "[on](nowhere.md)")
    assert "notebooks/00" not in dev(course, "01")[1] and "README.md" in dev(course, "01")[1]
    assert "notebooks/00" in dev(course, "00")[1]
    assert set(unproved) == {"00.2", "00.1"}


def test_an_unknown_lesson_is_answered_with_the_known_ones(course: Any) -> None:
    code, _, told = dev(course, "07")
    assert (code, "'07'" in told and "00, 01" in told) == (1, True)


def test_a_course_that_cannot_be_read_is_one_finding(course: Any) -> None:
    (course.root / LESSON).write_text("{", encoding="utf-8")
    code, said, _ = dev(course, "--json")
    assert (code, [one["gate"] for one in json.loads(said)["findings"]]) == (1, [check.READS])


def test_a_lab_server_that_does_not_start_is_said_and_fails(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> Any:
        raise proving.witness_server.NotServed("No server.")

    monkeypatch.setattr(proving, "prove", refuse)
    code, _, told = dev(course)
    assert (code, "No server." in told) == (1, True)


def test_a_kind_of_claim_has_its_gate_and_its_cure() -> None:
    assert set(check.PROOFS) == set(proof.CURES)
    assert not set(check.PROOFS.values()) & {gate.holds for gate in GATES}


@pytest.mark.parametrize(
    ("file", "lesson"),
    [
        ("notebooks/10_tea.ipynb", "10"),
        ("answers/exercise_10_1.py", "10"),
        ("labkit/checks/lesson_07_2.py", "07"),
        ("instructors/03.md", "03"),
        ("README.md", ""),
    ],
)
def test_a_finding_knows_its_lesson_by_its_file(file: str, lesson: str) -> None:
    assert Problem(file, None, "", "").about == lesson
