"""How `wirelab check` shows its results: cards, JSON, a moving bar on a terminal. Knows nothing of kernels."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from labkit.learner.checking import Result


@dataclass(slots=True)
class Turn:
    """The bar, if there is a terminal that can show one. It goes when the work is done."""

    bar: Progress | None
    task: TaskID
    finished: int = 0

    def step(self, done: int, of: int) -> None:
        """So many cells of the exercise's have run."""
        if self.bar is not None:
            self.bar.update(self.task, completed=self.finished + done / max(1, of), description=f"cell {done} of {of}")

    def done(self, result: Result) -> None:
        self.finished += 1
        if self.bar is not None:
            self.bar.update(self.task, completed=self.finished, description=f"{result.exercise} {result.status}")


@contextmanager
def bar(count: int) -> Iterator[Turn]:
    """A bar over `count` exercises on stderr; elsewhere than on a terminal nothing moves and nothing is written."""
    if not sys.stderr.isatty():
        yield Turn(None, TaskID(0))
        return
    columns = (BarColumn(bar_width=30), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield Turn(progress, progress.add_task("starting a kernel", total=count))


def text(result: Result) -> str:
    """The card as the notebook shows it, and what there is to say about a restart."""
    return "\n".join([result.card, *(f"  {line}" for line in result.told.splitlines())])


def summary(results: Sequence[Result]) -> str:
    passed = sum(result.exit_code == 0 for result in results)
    unable = sum(result.exit_code == 2 for result in results)
    rest = f"; {unable} could not run" if unable else ""
    return f"\n{passed} of {len(results)} passed{rest}."


def as_json(results: Sequence[Result]) -> str:
    return json.dumps([asdict(result) for result in results], indent=1, ensure_ascii=False)
