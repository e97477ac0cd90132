"""A finding: which file, which cell, what is wrong, what to do. Knows nothing of who found it."""

import re
from dataclasses import dataclass

_LESSON = re.compile(r"(?:^|[/_])(\d\d)(?=[_.])")  # notebooks/10_….ipynb, answers/exercise_10_1.py, instructors/10.md


@dataclass(frozen=True)
class Problem:
    """One finding. `cell` counts every cell of the notebook from 1; None speaks of the whole file.

    `lesson` is said where the file's name does not say it.
    """

    file: str
    cell: int | None
    what: str
    cure: str
    lesson: str = ""

    @property
    def about(self) -> str:
        """The lesson that it speaks of; empty where it is the whole course's."""
        found = _LESSON.search(self.file)
        return self.lesson or (found[1] if found else "")

    def __str__(self) -> str:
        place = self.file if self.cell is None else f"{self.file}, cell {self.cell}"
        return f"{place}: {self.what}\n    cure: {self.cure}"


class Refused(Exception):
    """The work stopped at one problem; nothing was written."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
