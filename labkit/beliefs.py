"""misconceptions.toml as frozen beliefs: what people really think, where from, and the first hint. A leaf."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = "misconceptions.toml"


@dataclass(frozen=True, slots=True)
class Belief:
    """One belief in the learner's own words. `source` is where it was seen; `hint` speaks to somebody who holds it."""

    id: str
    lesson: str
    exercise: str
    belief: str
    source: str
    hint: str


def load(root: Path) -> dict[str, Belief]:
    """Every belief by its id. Raises ValueError naming the table that lacks or misspells something."""
    with (root / FILE).open("rb") as file:
        tables = tomllib.load(file)
    beliefs = {}
    for name, fields in tables.items():
        try:
            beliefs[name] = Belief(id=name, **fields)
        except TypeError as error:
            raise ValueError(f"{FILE}: [{name}] does not fit: {error}. A belief has {Belief.__slots__}.") from None
    return beliefs
