"""The rules by which one sandbox breaks its own next answers. Knows plans, paths and a clock; knows no HTTP."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from labserver import pacing
from labserver.faults import Plan, spell


@dataclass(frozen=True, slots=True)
class Rule:
    """A plan for requests whose path matches `path`: for every `every`-th of them, `first` times in all.

    `first` None never ends by itself. `probability` lets each of them be struck by seeded chance only; `ttl` ends the
    rule after so many seconds.
    """

    plan: Plan
    path: str = "*"
    first: int | None = 1
    every: int = 1
    probability: float | None = None
    ttl: float | None = None
    seed: int = 0


@dataclass(slots=True)
class Standing:
    """One rule in force: when it was made, what number it has, how many requests fitted and how many it struck."""

    rule: Rule
    made: float
    number: int
    seen: int = 0
    struck: int = 0

    def over(self, now: float) -> bool:
        spent = self.rule.first is not None and self.struck >= self.rule.first
        return spent or (self.rule.ttl is not None and now >= self.made + self.rule.ttl)

    def strikes(self) -> bool:
        """Whether the next fitting request is struck; counts it."""
        self.seen += 1
        rule = self.rule
        due = self.seen % rule.every == 0
        if due and rule.probability is not None:
            due = pacing.roll(rule.seed, self.number, self.seen) < rule.probability
        self.struck += due
        return due


class Rules:
    """The rules of one sandbox, tried in the order in which they were made; the first that strikes, strikes alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._standing: list[Standing] = []
        self._made = 0

    def add(self, rule: Rule) -> dict[str, Any]:
        """Put a rule in force; returns it as `listed` shows it."""
        self._made += 1
        self._standing.append(Standing(rule, self._clock(), self._made))
        return _shown(self._standing[-1])

    def clear(self) -> None:
        self._standing.clear()
        self._made = 0

    def listed(self) -> list[dict[str, Any]]:
        self._drop_what_is_over()
        return [_shown(standing) for standing in self._standing]

    def take(self, path: str) -> Plan:
        """The plan of the first rule that strikes a request for this path."""
        if not self._standing:
            return {}
        self._drop_what_is_over()
        fitting = (standing for standing in self._standing if fnmatchcase(path, standing.rule.path))
        return next((standing.rule.plan for standing in fitting if standing.strikes()), {})

    def _drop_what_is_over(self) -> None:
        now = self._clock()
        self._standing = [standing for standing in self._standing if not standing.over(now)]


def _shown(standing: Standing) -> dict[str, Any]:
    """`first` is how many strikes are left, or null for no end."""
    rule = standing.rule
    return {
        "plan": spell(rule.plan),
        "path": rule.path,
        "first": None if rule.first is None else rule.first - standing.struck,
        "every": rule.every,
        "probability": rule.probability,
        "ttl": rule.ttl,
        "seen": standing.seen,
        "struck": standing.struck,
    }
