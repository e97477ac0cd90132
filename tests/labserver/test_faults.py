"""The FAULTS table: its little language, its bounds, its rules, and every row of it on a real wire."""

from itertools import combinations

import pytest

from labserver import faults
from labserver.errors import InvalidRequest
from labserver.faults import FAULTS, Rule, Rules


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("", {}),
        (" , ,", {}),
        ("cut", {"cut": {"after": 3}}),
        ("cut;after=5", {"cut": {"after": 5}}),
        (" cut ; after=5 , pings ", {"cut": {"after": 5}, "pings": {}}),
        ("no_done", {"no_done": {"after": None}}),
        ("slice", {"slice": {"bytes": 1}}),
        ("cut;after=1,cut;after=2", {"cut": {"after": 2}}),
    ],
)
def test_a_plan_reads_as_written(text: str, plan: faults.Plan) -> None:
    assert faults.parse(text) == plan


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cutt", "no fault 'cutt'. It has: late_error, no_done,"),
        ("cut,;after=3", "no fault ''"),
        ("cut;before=3", "cut has no setting 'before'. It has: after."),
        ("pings;after=3", "pings has no setting 'after'. It has none."),
        ("cut;", "cut has no setting ''"),
        ("cut;after", "cut;after must be a whole number from 0 to 10000, not ''"),
        ("cut;after=-1", "not '-1'"),
        ("cut;after=1.5", "not '1.5'"),
        ("cut;after=²", "not '²'"),
        ("cut;after=10001", "from 0 to 10000, not '10001'"),
        ("slice;bytes=0", "slice;bytes must be a whole number from 1 to 4096, not '0'"),
        ("no_done;after=0", "from 1 to 10000"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_what_exists(text: str, told: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        faults.parse(text)
    assert told in caught.value.message


def test_a_number_of_absurd_length_is_refused_like_any_other() -> None:
    with pytest.raises(InvalidRequest, match="from 0 to 10000"):
        faults.parse("cut;after=" + "9" * 5000)


@pytest.mark.parametrize(
    ("name", "knob", "value"),
    [(name, knob, value) for name, row in FAULTS.items() for knob, bounds in row.knobs.items() for value in bounds[:2]],
)
def test_the_bounds_themselves_are_allowed(name: str, knob: str, value: int) -> None:
    assert faults.parse(f"{name};{knob}={value}") == {name: {knob: value}}
    outside = value - 1 if value == FAULTS[name].knobs[knob][0] else value + 1
    with pytest.raises(InvalidRequest):
        faults.parse(f"{name};{knob}={outside}")


@pytest.mark.parametrize("count", range(len(FAULTS) + 1))
def test_a_spelled_plan_is_the_same_plan_in_the_tables_order(count: int) -> None:
    for names in combinations(reversed(FAULTS), count):
        plan = faults.parse(",".join(names))
        spelled = faults.spell(plan)
        assert faults.parse(spelled) == plan
        assert faults.spell(faults.parse(spelled)) == spelled
        assert spelled == faults.spell(faults.parse(",".join(reversed(names))))
        assert list(plan) == [name for name in FAULTS if name in names]


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_says_what_it_does_and_its_defaults_lie_within_its_bounds(name: str) -> None:
    assert len(FAULTS[name].does.split()) >= 3
    for low, high, default in FAULTS[name].knobs.values():
        assert low <= high
        assert default is None or low <= default <= high


def test_rules_are_spent_in_their_order_on_the_paths_they_fit() -> None:
    rules = Rules()
    cut, pings, crlf = (faults.parse(name) for name in ("cut", "pings", "crlf"))
    rules.add(Rule(cut, "/v1/*", first=2))
    rules.add(Rule(pings, "/v1/models"))
    rules.add(Rule(crlf))
    paths = ["/v1/models", "/health", "/v1/chat", "/v1/models", "/v1/models"]
    assert [rules.take(path) for path in paths] == [cut, crlf, cut, pings, {}]
    assert rules.listed() == []


def test_cleared_rules_break_nothing_and_listed_ones_show_what_is_left() -> None:
    rules = Rules()
    rules.add(Rule(faults.parse("cut"), "/v1/*", first=3))
    rules.take("/v1/models")
    assert rules.listed() == [{"plan": "cut;after=3", "path": "/v1/*", "first": 2}]
    rules.clear()
    assert rules.take("/v1/models") == {}
