"""Counsel without a notebook, as the command line asks for it: the ladder, the gate, the solution next to one's own."""

import re
from pathlib import Path

import pytest

from labkit import beliefs, counsel, shelf
from labkit.checks import CHECKS
from labkit.manifest import MANIFEST
from labkit.notebook import Lab
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


@pytest.fixture
def chained(tmp_path: Path) -> Path:
    """A course in which 10.2 builds on 00.1 and 10.1."""
    manifest = (ROOT / MANIFEST).read_text(encoding="utf-8")
    (tmp_path / MANIFEST).write_text(
        manifest.replace('id = "10.2",', 'id = "10.2", requires = ["00.1", "10.1"],'), encoding="utf-8"
    )
    return tmp_path


def test_an_exercise_waits_for_those_it_builds_on(chained: Path, progress: Progress) -> None:
    assert counsel.unsolved(chained, progress, "10.1") == []
    assert counsel.unsolved(chained, progress, "10.2") == ["00.1", "10.1"]
    progress.note("attempt", "00.1", status="passed", belief="")
    assert counsel.unsolved(chained, progress, "10.2") == ["10.1"]
    progress.note("attempt", "10.1", status="passed", belief="")
    progress.note("attempt", "10.1", status="wrong", belief="")
    assert counsel.unsolved(chained, progress, "10.2") == [], "a pass stays one"


def test_a_blocked_exercise_is_not_tried_and_names_what_comes_first(
    lab: Lab, chained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.course = chained
    lab.check("10.2", lambda *_: pytest.fail("it was tried"))
    assert capsys.readouterr().out == (
        "10.2  BLOCKED  This one builds on 00.1, which has not passed yet.\n"
        '  next: lab.check("00.1", …) until it passes, then come back\n'
    )
    assert lab.progress.tries("10.2") == 0
