"""Hints as a ladder, and the gate before a solution. Gives text, and notes what it gave; prints nothing.

A notebook and the command line ask here, so that a learner meets one ladder wherever they stand on it.
"""

import re
from difflib import SequenceMatcher
from pathlib import Path

from labkit import beliefs, checks, shelf
from labkit.manifest import MANIFEST, load
from labkit.progress import Progress

TRIES_UNTIL_SOLUTION = 3
YOURS, THEIRS, BOTH = "you have", "solution", ""
MARGIN = max(map(len, (YOURS, THEIRS)))
CHECKING = re.compile(r"^(?:await )?lab\.check\(.*\)$", re.MULTILINE)  # under a guided solution, and no part of it


def hint(course: Path, progress: Progress, exercise: str) -> str:
    """The next step of this exercise's ladder; before it, once, a thought on what the last attempt looked like.

    Raises LookupError for an exercise that does not exist.
    """
    believed = progress.last_belief(checks.known(exercise))
    belief = beliefs.load(course).get(believed)
    if belief is not None and not _thought_of(progress, exercise, believed):
        progress.note("thought", exercise, belief=believed)
        return f"{exercise}  a thought first: {belief.hint}"
    ladder = checks.CHECKS[exercise].hints
    step = min(progress.count("hint", exercise), len(ladder) - 1)
    progress.note("hint", exercise, step=step)
    return f"{exercise}  hint {step + 1} of {len(ladder)}: {ladder[step]}"


def solution(
    course: Path,
    progress: Progress,
    exercise: str,
    *,
    insist: bool = False,
    have: str = "",
    terminal: bool = False,
) -> str:
    """A solution with its explanation: after a pass, after three attempts, or when the learner insists.

    `have` is the learner's own code: the solution is then shown next to it, line by line. Before the gate opens it is
    one sentence that says how many attempts are left, in the words of a notebook or of a `terminal`. Raises
    LookupError for an exercise that does not exist, and where no solution is written.
    """
    tries = progress.tries(checks.known(exercise))
    if not (insist or progress.passed(exercise) or tries >= TRIES_UNTIL_SOLUTION):
        left = TRIES_UNTIL_SOLUTION - tries
        helps = f"wirelab hint {exercise}" if terminal else f'lab.hint("{exercise}")'
        now = f"wirelab solution {exercise} --insist" if terminal else f'lab.solution("{exercise}", insist=True)'
        return (
            f"{exercise}  {left} more {'attempt' if left == 1 else 'attempts'} first, and `{helps}` helps. "
            f"If you would rather see it now:\n  {now}"
        )
    code, told = shelf.solved(course, exercise)
    progress.note("solution", exercise)
    return "\n\n".join(filter(None, [beside(have, code) if have.strip() else code, told]))


def unsolved(course: Path, progress: Progress, exercise: str) -> list[str]:
    """The exercises that this one builds on and that have not passed yet, in order; `checks.run(after=…)` wants it.

    Raises LookupError for an exercise that does not exist.
    """
    told = {one.id: one.requires for one in load(course / MANIFEST).exercises}
    return [first for first in told.get(checks.known(exercise), ()) if not progress.passed(first)]


def beside(have: str, code: str) -> str:
    """What the learner has and what the solution has, line by line; every line says in words whose it is."""
    mine, right = _lines(have), _lines(CHECKING.sub("", code))
    if mine == right:
        return "What you have is the solution, line for line.\n\n" + code
    rows = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, mine, right, autojunk=False).get_opcodes():
        if kind == "equal":
            rows += [_row(BOTH, line) for line in right[j1:j2]]
        else:
            rows += [_row(YOURS, line) for line in mine[i1:i2]] + [_row(THEIRS, line) for line in right[j1:j2]]
    return "What you have, and what the solution has. A line without a word before it stands in both.\n\n" + "\n".join(
        rows
    )


def _row(whose: str, line: str) -> str:
    return f"{whose:{MARGIN}} | {line}".rstrip()


def _lines(code: str) -> list[str]:
    return [line.rstrip() for line in code.strip().splitlines()]


def _thought_of(progress: Progress, exercise: str, belief: str) -> bool:
    return any(entry["kind"] == "thought" and entry.get("belief") == belief for entry in progress.read(exercise))
