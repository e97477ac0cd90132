"""When a sandbox's rules strike, and when they are over."""

import pytest

from labserver import faults
from labserver.fault_rules import Rule, Rules

CUT, PINGS, CRLF = (faults.parse(name) for name in ("cut", "pings", "crlf"))


def struck(rules: Rules, times: int, path: str = "/x") -> list[int]:
    """Which of the next requests are struck, counted from 1."""
    return [nth for nth in range(1, times + 1) if rules.take(path)]


def test_rules_are_spent_in_their_order_on_the_paths_they_fit() -> None:
    rules = Rules()
    rules.add(Rule(CUT, "/v1/*", first=2))
    rules.add(Rule(PINGS, "/v1/models"))
    rules.add(Rule(CRLF))
    paths = ["/v1/models", "/health", "/v1/chat", "/v1/models", "/v1/models"]
    assert [rules.take(path) for path in paths] == [CUT, CRLF, CUT, PINGS, {}]
    assert rules.listed() == []


def test_listed_rules_show_what_they_saw_and_what_is_left_and_cleared_ones_break_nothing() -> None:
    rules = Rules()
    made = rules.add(Rule(CUT, "/v1/*", first=3, every=2))
    assert made["seen"] == 0
    for path in ("/v1/models", "/v1/models", "/v1/models", "/health"):
        rules.take(path)
    (shown,) = rules.listed()
    assert shown == made | {"plan": "cut;after=3", "path": "/v1/*", "first": 2, "every": 2, "seen": 3, "struck": 1}
    rules.clear()
    assert rules.take("/v1/models") == {}


@pytest.mark.parametrize(
    ("first", "every", "expected"),
    [(None, 3, [3, 6, 9]), (2, 3, [3, 6]), (2, 1, [1, 2]), (None, 1, [*range(1, 11)])],
)
def test_a_rule_strikes_every_so_many_th_request_so_often(first: int | None, every: int, expected: list[int]) -> None:
    rules = Rules()
    rules.add(Rule(CUT, first=first, every=every))
    assert struck(rules, 10) == expected


def test_a_request_that_one_rule_lets_pass_may_be_struck_by_the_next() -> None:
    rules = Rules()
    rules.add(Rule(CUT, first=None, every=2))
    rules.add(Rule(PINGS, first=None))
    assert [rules.take("/x") for _ in range(4)] == [PINGS, CUT, PINGS, CUT]


def test_a_rule_ends_when_its_time_is_over() -> None:
    now = 100.0
    rules = Rules(clock=lambda: now)
    rules.add(Rule(CUT, first=None, ttl=5))
    now = 104.9
    assert rules.take("/x") == CUT
    now = 105.0
    assert rules.take("/x") == {}
    assert rules.listed() == []


def test_chance_is_the_seeds_and_each_rules_own() -> None:
    def patterns(seed: int) -> tuple[list[int], list[int]]:
        rules = Rules()
        rules.add(Rule(CUT, "/a", first=None, probability=0.5, seed=seed))
        rules.add(Rule(CUT, "/b", first=None, probability=0.5, seed=seed))
        return struck(rules, 200, "/a"), struck(rules, 200, "/b")

    one, two = patterns(7)
    assert patterns(7) == (one, two)
    assert patterns(8) != (one, two)
    assert one != two
    assert 70 < len(one) < 130


def test_chance_starts_again_when_the_rules_are_cleared() -> None:
    rules = Rules()

    def pattern() -> list[int]:
        rules.clear()
        rules.add(Rule(CUT, first=None, probability=0.3, seed=1))
        return struck(rules, 50)

    assert pattern() == pattern()


def test_chance_that_is_certain_always_strikes_and_counts_only_its_strikes_against_first() -> None:
    rules = Rules()
    rules.add(Rule(CUT, first=3, probability=1.0))
    assert struck(rules, 5) == [1, 2, 3]
    rules.add(Rule(CUT, first=3, probability=0.2, seed=5))
    assert len(struck(rules, 300)) == 3
