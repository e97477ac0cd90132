"""What became of one claim, and how a claim says so. Knows words only; a leaf."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["holds", "differs", "not offered", "not seen"]


class Differs(Exception):
    """The claim does not hold; the words are what was seen instead."""


class NotOffered(Exception):
    """The provider says that it does not do this, or its preset does: no fault, for nothing was promised."""


class NotSeen(Exception):
    """What the claim speaks of did not happen while we asked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`seen` is empty where the claim holds."""

    id: str
    claim: str
    lesson: str
    outcome: Outcome
    seen: str = ""


def expect(true: object, seen: str) -> None:
    """Raises Differs."""
    if not true:
        raise Differs(seen)
