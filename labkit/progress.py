"""An append-only log of attempts, hints and passes in the learner's home. Loses nothing on a crash; judges nothing.

One JSON object a line. A line is written in one go and flushed, so two kernels may write at once; a last line that a
crash cut short is passed over when the log is read.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """The log at `path`. `kind` is attempt, hint, solution, or choice (of an option of a question).

    `slip` is a file that a program which runs a notebook for the learner wants told too: one whole outcome a line.
    """

    path: Path
    slip: Path | None = None

    def attempt(self, outcome: Outcome) -> None:
        """Note what a check found; on the slip, if there is one, with everything that the card says."""
        told = {"by": "wirelab check"} if self.slip else {}
        self.note("attempt", outcome.exercise, status=outcome.status, belief=outcome.belief, **told)
        if self.slip:
            _append(self.slip, outcome.as_json())

    def note(self, kind: str, exercise: str, **details: Any) -> None:
        _append(self.path, {"at": time.time(), "kind": kind, "exercise": exercise, **details})

    def read(self, exercise: str | None = None) -> Iterator[dict[str, Any]]:
        """Every entry in order, of one exercise or of all. What cannot be read, or says nothing of both, is no entry.

        A later version may write kinds, states and fields that we do not know: they are handed on as they are.
        """
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("kind", "exercise")):
                continue
            if exercise is None or entry["exercise"] == exercise:
                yield entry

    def count(self, kind: str, exercise: str) -> int:
        return sum(1 for entry in self.read(exercise) if entry["kind"] == kind)

    def tries(self, exercise: str) -> int:
        """Attempts that were attempts: the stub, or a server that did not answer, is none."""
        return sum(1 for entry in self.read(exercise) if entry.get("status") in ("wrong", "crashed"))

    def passed(self, exercise: str) -> bool:
        return any(entry.get("status") == "passed" for entry in self.read(exercise))

    def last_belief(self, exercise: str) -> str:
        """The misconception that the latest attempt looked like; empty where there is none."""
        beliefs = [entry.get("belief", "") for entry in self.read(exercise) if entry["kind"] == "attempt"]
        return beliefs[-1] if beliefs else ""


def _append(path: Path, entry: dict[str, Any]) -> None:
    """One line in one write: two kernels may do it at once. The first newline ends a line that a crash has torn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as log:
        log.write(f"\n{json.dumps(entry)}\n".encode())
