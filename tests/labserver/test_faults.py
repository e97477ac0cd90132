"""The FAULTS table: its little language and its bounds."""

from itertools import combinations

import pytest

from labserver import faults
from labserver.errors import InvalidRequest
from labserver.faults import FAULTS, Fault
from labserver.knobs import Knob


@pytest.mark.parametrize(
    ("text", "plan"),
    [
        ("", {}),
        (" , ,", {}),
        ("cut", {"cut": {"after": 3}}),
        ("cut;after=5", {"cut": {"after": 5}}),
        (" cut ; after=5 , pings ", {"cut": {"after": 5}, "pings": {}}),
        ("no_done", {"no_done": {}}),
        ("cut;byte=10", {"cut": {"byte": 10}}),
        ("reset;fraction=0.5", {"reset": {"fraction": 0.5}}),
        ("status;retry_after=2", {"status": {"code": 500, "retry_after": 2}}),
        ("stall;seconds=.25", {"stall": {"after": 3, "seconds": 0.25}}),
        ("latency;seconds=2", {"latency": {"seconds": 2.0}}),
        ("slice", {"slice": {"bytes": 1}}),
        ("cut;after=1,cut;after=2", {"cut": {"after": 2}}),
        ("rename_field;to=cents", {"rename_field": {"field": "price", "to": "cents"}}),
        ("rate_limit;as=date", {"rate_limit": {"retry_after": 1, "as": "date"}}),
        ("redirect;code=303;to=here", {"redirect": {"code": 303, "to": "here"}}),
        ("wrong_length;more=5", {"wrong_length": {"more": 5}}),
    ],
)
def test_a_plan_reads_as_written(text: str, plan: faults.Plan) -> None:
    assert faults.parse(text) == plan


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cutt", "no fault 'cutt'. It has: latency, barrier, status,"),
        ("cutt", "limit. Did you mean 'cut'?"),
        ("cut,;after=3", "no fault ''"),
        ("cut;before=3", "cut has no setting 'before'. It has: after, byte, fraction."),
        ("pings;after=3", "pings has no setting 'after'. It has none."),
        ("cut;", "cut has no setting ''"),
        ("cut;after", "cut;after must be a whole number from 0 to 10000, not ''"),
        ("cut;after=-1", "not '-1'"),
        ("cut;after=1.5", "not '1.5'"),
        ("cut;after=²", "not '²'"),
        ("cut;after=10001", "from 0 to 10000, not '10001'"),
        ("slice;bytes=0", "slice;bytes must be a whole number from 1 to 4096, not '0'"),
        ("no_done;after=0", "from 1 to 10000"),
        ("cut;after=1;byte=2", "cut takes one of after, byte, fraction, not 2."),
        ("cut;fraction=1.5", "cut;fraction must be a number from 0 to 1, not '1.5'"),
        ("latency;seconds=-1", "latency;seconds must be a number from 0 to 30, not '-1'"),
        ("latency;seconds=nan", "not 'nan'"),
        ("latency;seconds=1e1", "not '1e1'"),
        ("latency;seconds=.", "not '.'"),
        ("latency;seconds=0.1234567", "not '0.1234567'"),
        ("status;code=200", "status;code must be a whole number from 400 to 599, not '200'"),
        ("close;code=1006", "close;code must be a whole number from 1000 to 4999 (and one that may cross the wire)"),
        ("close;code=2999", "not '2999'"),
        ("cut;byte=100000001", "from 0 to 100000000, not"),
        ("status;as=date", "status;as says how; set retry_after too."),
        ("status;retry_after=1;as=Date", "status;as must be seconds or date, not 'Date'."),
        ("redirect;code=304", "must be a whole number from 301 to 308 (and one that redirects), not '304'"),
        ("redirect;to=http://evil.example", "redirect;to must be stranger or here, not 'http://evil.example'"),
        ("rename_field;to=unit price", "rename_field;to must be a name of letters, digits and underscores, not"),
        ("rename_field;field=", "not ''"),
        ("rename_field;to=" + "a" * 41, "letters, digits and underscores"),
        ("wrong_length;less=1;more=1", "wrong_length takes one of less, more, not 2."),
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
    [
        (name, knob, value)
        for name, row in FAULTS.items()
        for knob, bounds in row.knobs.items()
        if isinstance(bounds, Knob)
        for value in (bounds.low, bounds.high)
    ],
)
def test_the_bounds_themselves_are_allowed(name: str, knob: str, value: float) -> None:
    plan = faults.parse(f"{name};{knob}={value}")
    assert plan[name][knob] == value
    assert faults.parse(faults.spell(plan)) == plan
    bounds = FAULTS[name].knobs[knob]
    assert isinstance(bounds, Knob)
    outside = value - 1 if value == bounds.low else value + 1
    with pytest.raises(InvalidRequest):
        faults.parse(f"{name};{knob}={outside}")


@pytest.mark.parametrize("count", [0, 1, 2, len(FAULTS)])
def test_a_spelled_plan_is_the_same_plan_in_the_tables_order(count: int) -> None:
    for names in combinations(reversed(FAULTS), count):
        plan = faults.parse(",".join(names))
        spelled = faults.spell(plan)
        assert faults.parse(spelled) == plan
        assert faults.spell(faults.parse(spelled)) == spelled
        assert spelled == faults.spell(faults.parse(",".join(reversed(names))))
        assert list(plan) == [name for name in FAULTS if name in names]


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("latency;seconds=2", "latency;seconds=2"),
        ("latency;seconds=0.000001", "latency;seconds=0.000001"),
        ("stall;seconds=0.50", "stall;after=3;seconds=0.5"),
        ("cut;fraction=1", "cut;fraction=1"),
        ("cut;byte=100000000", "cut;byte=100000000"),
        ("status;code=429;retry_after=1", "status;code=429;retry_after=1"),
    ],
)
def test_numbers_are_spelled_as_people_write_them(text: str, spelled: str) -> None:
    assert faults.spell(faults.parse(text)) == spelled


@pytest.mark.parametrize(("name", "row"), FAULTS.items())
def test_every_fault_says_what_it_does_and_its_defaults_lie_within_its_bounds(name: str, row: Fault) -> None:
    assert len(row.does.split()) >= 3
    assert row.strikes
    assert set(row.either) <= set(row.knobs)
    assert set(row.needs) | set(row.needs.values()) <= set(row.knobs)
    for knob in row.knobs.values():
        assert knob.default is None or knob.read(str(knob.default)) == knob.default
        assert knob.shown()["kind"] == knob.kind
        if isinstance(knob, Knob):
            assert type(knob.low) is type(knob.high)
            assert knob.low <= knob.high
            assert bool(knob.barred) == bool(knob.but), "who bars a number says why"


@pytest.mark.parametrize("code", [999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
def test_a_close_code_that_may_not_cross_the_wire_cannot_be_asked_for(code: int) -> None:
    with pytest.raises(InvalidRequest):
        faults.parse(f"close;code={code}")
