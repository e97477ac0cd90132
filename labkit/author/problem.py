"""A finding: which file, which cell, what is wrong, what to do. Knows nothing of who found it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding. `cell` counts every cell of the notebook from 1; None speaks of the whole file."""

    file: str
    cell: int | None
    what: str
    cure: str

    def __str__(self) -> str:
        place = self.file if self.cell is None else f"{self.file}, cell {self.cell}"
        return f"{place}: {self.what}\n    cure: {self.cure}"


class Refused(Exception):
    """The work stopped at one problem; nothing was written."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
