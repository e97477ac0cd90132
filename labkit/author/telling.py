"""How far the proofs are: a bar on a terminal, a line per exercise elsewhere. Knows counts; judges nothing."""

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from labkit.author.problem import Problem
from labkit.author.proof import Claim


class Teller(Protocol):
    """Hears of every proof; use it with `with`."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def begins(self, claims: Sequence[Claim]) -> None: ...
    def proved(self, claim: Claim, problems: Sequence[Problem]) -> None: ...


class Silent:
    """Says nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def begins(self, claims: Sequence[Claim]) -> None:
        pass

    def proved(self, claim: Claim, problems: Sequence[Problem]) -> None:
        pass


class Lines(Silent):
    """One line when it begins, and one for each exercise whose answers have all been tried."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._due: Counter[str] = Counter()
        self._tried: Counter[str] = Counter()
        self._found: Counter[str] = Counter()

    def begins(self, claims: Sequence[Claim]) -> None:
        self._due = Counter(claim.exercise for claim in claims)
        if claims:
            self._say(f"Trying {len(claims)} answers to {len(self._due)} exercises against a lab server.")

    def proved(self, claim: Claim, problems: Sequence[Problem]) -> None:
        exercise = claim.exercise
        self._tried[exercise] += 1
        self._found[exercise] += len(problems)
        if self._tried[exercise] == self._due[exercise]:
            found = f"{self._found[exercise]} to be mended" if self._found[exercise] else "all as they should be"
            self._say(f"  {exercise}: {self._due[exercise]} answers tried, {found}.")

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Bar(Silent):
    """A bar with the number of answers tried, and the last one in words."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begins(self, claims: Sequence[Claim]) -> None:
        self._task = self._progress.add_task("starting a lab server", total=len(claims))

    def proved(self, claim: Claim, problems: Sequence[Problem]) -> None:
        if self._task is not None:
            said = f"{claim.exercise} {claim.name}" + (" (to be mended)" if problems else "")
            self._progress.update(self._task, advance=1, description=said)


def teller(console: Console) -> Teller:
    """The one that fits this console."""
    return Bar(console) if console.is_terminal else Lines(console)
