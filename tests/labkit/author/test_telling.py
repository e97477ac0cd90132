"""How far the proofs are: lines for a log, a bar for a terminal."""

import io
from pathlib import Path

from rich.console import Console

from labkit.author.problem import Problem
from labkit.author.proof import Claim
from labkit.author.telling import Bar, Lines, teller

CLAIMS = [Claim(Path(), exercise, "wrong", name, "a.py", 0.1) for exercise in ("08.1", "08.2") for name in "ab"]
FOUND = Problem("a.py", None, "bad", "mend")


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=60)


def told(where: Console) -> str:
    assert isinstance(where.file, io.StringIO)
    return where.file.getvalue()


def test_a_log_gets_a_line_for_each_exercise_when_its_last_answer_was_tried() -> None:
    where = console(terminal=False)
    with teller(where) as telling:
        assert isinstance(telling, Lines)
        telling.begins(CLAIMS)
        for claim in (CLAIMS[0], CLAIMS[2], CLAIMS[3]):
            telling.proved(claim, [FOUND] if claim.name == "a" and claim.exercise == "08.1" else [])
        assert "08.1:" not in told(where)
        telling.proved(CLAIMS[1], [])
    assert told(where).splitlines() == [
        "Trying 4 answers to 2 exercises against a lab server.",
        "  08.2: 2 answers tried, all as they should be.",
        "  08.1: 2 answers tried, 1 to be mended.",
    ]


def test_a_terminal_gets_a_bar_that_counts() -> None:
    where = console(terminal=True)
    with teller(where) as telling:
        assert isinstance(telling, Bar)
        telling.begins(CLAIMS)
        telling.proved(CLAIMS[0], [FOUND])
    assert "1/4" in told(where) and "08.1 a (to be mended)" in told(where)


def test_nothing_to_try_is_not_told() -> None:
    where = console(terminal=False)
    with teller(where) as telling:
        telling.begins([])
    assert told(where) == ""
