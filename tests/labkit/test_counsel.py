"""Counsel without a notebook, as the command line asks for it: the ladder, the gate, the solution next to one's own."""

import re
from pathlib import Path

import pytest

from labkit import beliefs, counsel, shelf
from labkit.checks import CHECKS
from labkit.progress import Progress

ROOT = Path(__file__).parents[2]
EXERCISE = "10.1"
LADDER = CHECKS[EXERCISE].hints
BELIEF = "chunk-is-event"

NAIVE = '''\
def stream_text(base_url, key, prompt):
    """My own words."""
    return "", 0
'''


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    return Progress(tmp_path / "progress.jsonl")


def tried(progress: Progress, status: str = "wrong", belief: str = "") -> None:
    progress.note("attempt", EXERCISE, status=status, belief=belief)


def test_hints_climb_the_ladder_and_stay_on_its_last_step(progress: Progress) -> None:
    told = [counsel.hint(ROOT, progress, EXERCISE) for _ in range(len(LADDER) + 1)]
    numbers = [*range(1, len(LADDER) + 1), len(LADDER)]
    assert told == [f"{EXERCISE}  hint {n} of {len(LADDER)}: {LADDER[n - 1]}" for n in numbers]


def test_the_thought_comes_first_once_and_also_after_a_restart(progress: Progress) -> None:
    tried(progress, belief=BELIEF)
    assert counsel.hint(ROOT, progress, EXERCISE) == (f"{EXERCISE}  a thought first: {beliefs.load(ROOT)[BELIEF].hint}")
    assert "hint 1 of" in counsel.hint(ROOT, Progress(progress.path), EXERCISE)
    tried(progress, belief="delta-is-token")
    assert "a thought first" in counsel.hint(ROOT, progress, EXERCISE), "another belief is another thought"
    assert "hint 2 of" in counsel.hint(ROOT, progress, EXERCISE), "and no step is lost"


def test_an_attempt_noted_with_a_belief_that_is_gone_goes_to_the_ladder(progress: Progress) -> None:
    tried(progress, belief="of-another-version")
    assert "hint 1 of" in counsel.hint(ROOT, progress, EXERCISE)


@pytest.mark.parametrize(("tries", "left"), [(0, "3 more attempts"), (2, "1 more attempt first")])
def test_the_gate_speaks_to_a_notebook_and_to_a_terminal(progress: Progress, tries: int, left: str) -> None:
    for _ in range(tries):
        tried(progress)
    notebook = counsel.solution(ROOT, progress, EXERCISE)
    terminal = counsel.solution(ROOT, progress, EXERCISE, terminal=True)
    assert left in notebook and left in terminal
    assert 'lab.hint("10.1")' in notebook and 'lab.solution("10.1", insist=True)' in notebook
    assert "wirelab hint 10.1" in terminal and "wirelab solution 10.1 --insist" in terminal
    assert progress.count("solution", EXERCISE) == 0


def test_without_the_learners_code_a_solution_is_what_the_shelf_holds(progress: Progress) -> None:
    assert counsel.solution(ROOT, progress, EXERCISE, insist=True) == shelf.solution(ROOT, EXERCISE)
    assert progress.count("solution", EXERCISE) == 1


def test_a_solution_stands_next_to_what_the_learner_has_and_each_line_says_whose_it_is(progress: Progress) -> None:
    told = counsel.solution(ROOT, progress, EXERCISE, insist=True, have=NAIVE)
    code, why = shelf.solved(ROOT, EXERCISE)
    rows = re.findall(r"^(you have|solution|)\s*\|(?: (.*))?$", told, re.MULTILINE)
    mine = [line for whose, line in rows if whose != "solution"]
    theirs = [line for whose, line in rows if whose != "you have"]
    assert mine == NAIVE.splitlines(), "nothing of the learner's is lost"
    assert theirs == [line.rstrip() for line in code.strip().splitlines()]
    assert ("", "def stream_text(base_url, key, prompt):") in rows
    assert told.endswith(why)


def test_who_has_the_solution_already_is_told_so(progress: Progress) -> None:
    code, _ = shelf.solved(ROOT, EXERCISE)
    told = counsel.solution(ROOT, progress, EXERCISE, insist=True, have=f"\n{code}\n")
    assert told.startswith("What you have is the solution, line for line.")
    assert code in told and " | " not in told


@pytest.mark.parametrize("ask", [counsel.hint, counsel.solution])
def test_an_unknown_exercise_is_named_with_those_that_there_are(ask, progress: Progress) -> None:
    with pytest.raises(LookupError, match=r"no exercise '77\.7'\. There are: 00\.1, "):
        ask(ROOT, progress, "77.7")
