"""glossary.toml as frozen words, statuses, headers and rules. Knows the file's form; judges and writes nothing."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

FILE = "glossary.toml"


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the course. `said` is how its lesson says it, where that is not the word itself."""

    term: str
    means: str
    lesson: str
    source: str
    said: str = ""

    def stands_in(self, text: str) -> bool:
        """Whether the text says it, in capitals or not, in one number or the other."""
        words = r"\s+".join(re.escape(word) for word in (self.said or self.term).split())
        return re.search(rf"(?<!\w){words}(?:e?s)?(?!\w)", text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Status:
    """One row of the cheat sheet: whose fault it is, whether the same may be sent again, and what to do."""

    codes: str
    name: str
    fault: str
    again: str
    do: str


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers that serve one purpose: those of a request, and those of an answer."""

    purpose: str
    asked: str
    answered: str


@dataclass(frozen=True, slots=True)
class Glossary:
    """The whole source. `planned` are lessons still to come, whose words wait until course.toml has them."""

    planned: tuple[str, ...]
    terms: tuple[Term, ...]
    statuses: tuple[Status, ...]
    headers: tuple[Headers, ...]
    rule: tuple[str, ...]


Row = TypeVar("Row", Term, Status, Headers)


def load(root: Path) -> Glossary:
    """The glossary of the course in this folder. Raises FileNotFoundError, or ValueError with the table."""
    raw = tomllib.loads((root / FILE).read_text(encoding="utf-8"))
    unknown = sorted(raw.keys() - {"planned", "term", "status", "header", "retry"})
    if unknown:
        raise ValueError(f"it has an unknown key {unknown[0]!r}.")
    return Glossary(
        planned=_texts(raw.get("planned", []), "planned"),
        terms=_rows(Term, raw.get("term", []), "term"),
        statuses=_rows(Status, raw.get("status", []), "status"),
        headers=_rows(Headers, raw.get("header", []), "header"),
        rule=_texts(raw.get("retry", {}).get("rule", []), "retry.rule"),
    )


def _rows(kind: type[Row], tables: Sequence[dict[str, Any]], name: str) -> tuple[Row, ...]:
    rows = []
    for number, table in enumerate(tables, start=1):
        known = ", ".join(field.name for field in fields(kind))
        if not all(isinstance(value, str) for value in table.values()):
            raise ValueError(f"[[{name}]] number {number} holds something that is no text.")
        try:
            rows.append(kind(**table))
        except TypeError as error:
            raise ValueError(f"[[{name}]] number {number} does not fit: {error}. It has {known}.") from None
    return tuple(rows)


def _texts(values: Any, name: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"'{name}' is not a list of texts.")
    return tuple(values)
