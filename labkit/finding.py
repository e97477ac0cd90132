"""One look of the doctor's, and what is looked at. Frozen; knows no look."""

from dataclasses import dataclass
from pathlib import Path

from labkit.runtime import Server


@dataclass(frozen=True, slots=True)
class Finding:
    """One look. Not `ok`: it fails, and `cure` says what to do. `ok` with a cure: a note, nothing is broken."""

    name: str
    ok: bool
    what: str
    cure: str = ""

    @property
    def verdict(self) -> str:
        return "note" if self.ok and self.cure else "ok" if self.ok else "FAILS"


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at."""

    port: int
    root: Path | None
    work: Path
    server: Server | None
    hung: Server | None  # its process lives, but it does not answer
