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


@dataclass(frozen=True, slots=True)
class Progress:
    """The log at `path`. `kind` is attempt, hint, solution, or choice (of an option of a question)."""

    path: Path

    def note(self, kind: str, exercise: str, **details: Any) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        entry = json.dumps({"at": time.time(), "kind": kind, "exercise": exercise, **details})
        with self.path.open("a", encoding="utf-8") as log:
            log.write(f"\n{entry}\n")  # the first newline ends a line that a crash may have torn

    def read(self, exercise: str | None = None) -> Iterator[dict[str, Any]]:
        """Every entry in order, of one exercise or of all."""
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if exercise is None or entry.get("exercise") == exercise:
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
