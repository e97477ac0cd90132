"""The settings of a fault: numbers within bounds, and words. Knows how each is read; knows no fault. A leaf."""

import re
from dataclasses import dataclass
from typing import Any, Protocol

Value = float | str


class Setting(Protocol):
    """One setting: what may be said, and what holds when nobody says anything."""

    @property
    def default(self) -> Value | None: ...
    @property
    def kind(self) -> str: ...

    def read(self, text: str) -> Value | None:
        """The value, or None for what cannot be one."""

    def told(self) -> str:
        """What must be said here, for an error message."""

    def shown(self) -> dict[str, Any]:
        """The same for a program."""


@dataclass(frozen=True, slots=True)
class Knob:
    """A number and its bounds. Bounds that are floats make it a decimal; `barred` are numbers between them that may
    not be, and `but` says why."""

    low: float
    high: float
    default: float | None
    barred: frozenset[int] = frozenset()
    but: str = ""

    @property
    def kind(self) -> str:
        return "decimal" if isinstance(self.low, float) else "whole"

    def read(self, text: str) -> float | None:
        whole, _, decimals = text.partition(".")
        digits = whole + decimals if self.kind == "decimal" and len(decimals) <= 6 else text
        if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
            return None
        value = float(text) if self.kind == "decimal" else int(text)
        return value if self.low <= value <= self.high and value not in self.barred else None

    def told(self) -> str:
        number = "a number" if self.kind == "decimal" else "a whole number"
        return f"{number} from {self.low:g} to {plain(self.high)}{self.but and f' (and {self.but})'}"

    def shown(self) -> dict[str, Any]:
        return {"kind": self.kind, "lowest": self.low, "highest": self.high, "default": self.default}


@dataclass(frozen=True, slots=True)
class Word:
    """The name of a field: letters, digits and underscores, 40 at the most."""

    default: str | None
    kind: str = "word"

    def read(self, text: str) -> str | None:
        return text if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,39}", text) else None

    def told(self) -> str:
        return "a name of letters, digits and underscores"

    def shown(self) -> dict[str, Any]:
        return {"kind": self.kind, "default": self.default}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    among: tuple[str, ...]
    default: str | None
    kind: str = "choice"

    def read(self, text: str) -> str | None:
        return text if text in self.among else None

    def told(self) -> str:
        return " or ".join(self.among)

    def shown(self) -> dict[str, Any]:
        return {"kind": self.kind, "among": self.among, "default": self.default}


def plain(value: Value) -> str:
    """0.5, 30 and 100000000: never an exponent, never a needless `.0`."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
