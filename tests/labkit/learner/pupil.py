"""A learner at a terminal: a work folder, a home, and `wirelab` as a process. Knows no test."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from labkit.progress import Progress

ROOT = Path(__file__).parents[3]
EXERCISES = "exercises/00_welcome_to_the_lab.ipynb"
ANSWER = "e2-stub"
WRONG = "def find_nothing(base_url):\n    requests.get(base_url + '/health')"
RIGHT = "def find_nothing(base_url):\n    requests.get(base_url + '/no-such-tea')"
COMMAND = [sys.executable, "-m", "labkit"]


@dataclass(frozen=True)
class Said:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True)
class Pupil:
    """`work` need not be there yet; `home` is the LABKIT_HOME of the whole test."""

    work: Path
    home: Path
    course: Path = ROOT

    def wirelab(self, *words: str, at: Path | None = None) -> Said:
        """Run the command, by default in the work folder, where it needs no further word about folders."""
        place = at or self.work
        done = subprocess.run(
            [*COMMAND, *words], cwd=place, capture_output=True, text=True, encoding="utf-8", timeout=100, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Said(done.returncode, done.stdout, done.stderr)

    @property
    def log(self) -> Progress:
        return Progress(self.home / "progress.jsonl")

    def notebook(self, name: str = EXERCISES) -> Any:
        return nbformat.read(self.work / name, as_version=4)

    def save(self, notebook: Any, name: str = EXERCISES) -> None:
        nbformat.validate(notebook)
        nbformat.write(notebook, self.work / name)

    def types(self, source: str, cell: str = ANSWER, name: str = EXERCISES) -> None:
        """Replace what a cell says, as by hand, and save."""
        notebook = self.notebook(name)
        next(each for each in notebook.cells if each.id == cell).source = source
        self.save(notebook, name)

    def adds(self, source: str, before: str | None = None, name: str = EXERCISES) -> None:
        """A new cell, above the named one or at the end."""
        notebook = self.notebook(name)
        ids = [each.id for each in notebook.cells]
        notebook.cells.insert(ids.index(before) if before else len(ids), nbformat.v4.new_code_cell(source))
        self.save(notebook, name)

    def deletes(self, cell: str, name: str = EXERCISES) -> None:
        notebook = self.notebook(name)
        notebook.cells = [each for each in notebook.cells if each.id != cell]
        self.save(notebook, name)

    def said_in_the_kernel(self, status: str, exercise: str = "00.2") -> None:
        """What the learner's own kernel noted: `lab.check` in the open notebook."""
        self.log.note("attempt", exercise, status=status, belief="")
