"""What `x-lab-pace` says, right and wrong: profiles, knobs, and both."""

from dataclasses import replace

import pytest

from labserver import pace
from labserver.errors import InvalidRequest
from labserver.pace import BOUNDS, MODELS, PROFILES, Pace


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", Pace()),
        ("ttft=0.2;tps=50;jitter=0", Pace(0.2, 50, 0)),
        (" jitter=1 ; ttft=0 ;", Pace(ttft=0, jitter=1)),
        ("tps=1e3", Pace(tps=1000)),
        ("slow", PROFILES["slow"]),
        ("load=0.5; reasoning", replace(PROFILES["reasoning"], load=0.5)),
        ("slots=2", Pace(slots=2)),
    ],
)
def test_a_pace_reads_as_written(text: str, meant: Pace) -> None:
    assert pace.parse(text).pace() == meant


def test_where_the_request_names_no_profile_its_knobs_turn_the_models_own() -> None:
    slow = PROFILES["slow"]
    assert pace.parse("").pace(slow) == slow
    assert pace.parse("tps=50").pace(slow) == replace(slow, tps=50)
    assert pace.parse("fast").pace(slow) == PROFILES["fast"]


@pytest.mark.parametrize(("name", "bounds"), BOUNDS.items())
def test_every_knob_is_bounded_and_the_bounds_themselves_are_allowed(name: str, bounds: tuple[float, float]) -> None:
    low, high = bounds
    for profile in PROFILES.values():
        assert low <= getattr(profile, name) <= high
    for value in bounds:
        assert getattr(pace.parse(f"{name}={value!r}").pace(), name) == value
    for wrong in (low - 0.1, high + 0.1, "nan", "inf", "-inf", "", "fast", "1,5"):
        with pytest.raises(InvalidRequest) as caught:
            pace.parse(f"{name}={wrong}")
        assert f"{name} must be a number from {low:g} to {high:g}, not {str(wrong)!r}" in caught.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("hurry=3", "no knob 'hurry'. It has ttft, tps, "),
        ("quick", "no profile 'quick'. It has typical, instant, fast, slow, reasoning, busy."),
        ("slow;fast", "two profiles, slow and fast. Write one."),
        ("slots=1.5", "slots must be a whole number, not '1.5'"),
    ],
)
def test_a_misfit_is_refused_with_what_there_is(text: str, told: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        pace.parse(text)
    assert told in caught.value.message


def test_every_model_with_a_pace_of_its_own_has_one_that_exists() -> None:
    assert set(MODELS.values()) <= set(PROFILES)
