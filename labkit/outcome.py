"""What a check found, frozen. Knows nothing of servers, notebooks or how it will be shown. A leaf."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["passed", "not started", "wrong", "crashed", "blocked"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt at one exercise.

    `summary` is one sentence. A wrong one also says what was `expected`, what was `seen`, `proof` (the exchange that
    shows it, as text), and one thing to `look` at next; `belief` is the id of the misconception it looks like.
    `printed` and `complained` are what the learner's code wrote to stdout and stderr meanwhile.
    """

    exercise: str
    status: Status
    summary: str
    expected: str = ""
    seen: str = ""
    proof: str = ""
    look: str = ""
    belief: str = ""
    printed: str = ""
    complained: str = ""

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def as_json(self) -> dict[str, Any]:
        """Every field by its name, empty ones too, and `passed`: what `--json` prints for one exercise."""
        return {**asdict(self), "passed": self.passed}


class Wrong(Exception):
    """Raised by a check where the answer is not right yet; becomes a wrong Outcome."""

    def __init__(self, summary: str, *, expected: str, seen: str, look: str, proof: str = "", belief: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.expected = expected
        self.seen = seen
        self.look = look
        self.proof = proof
        self.belief = belief
