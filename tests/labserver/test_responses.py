"""The store of a sandbox's responses: bounded by number and weight, honest about what it forgot."""

from dataclasses import dataclass

import pytest

from labserver.errors import NotFound
from labserver.responses import Responses
from labserver.surfaces.openai_kept import find
from labserver.surfaces.refusals import openai_error


@dataclass(frozen=True)
class Thing:
    id: str
    weight: int = 1


def reason(responses: Responses, name: str) -> str:
    with pytest.raises(NotFound) as caught:
        responses.find(name)
    assert name in caught.value.message
    return str(caught.value.details["reason"])


def filled(most: int, count: int, weight: int = 1, budget: int = 1000) -> Responses:
    responses = Responses(most, budget)
    for number in range(count):
        responses.add(Thing(f"r{number}", weight))
    return responses


def test_past_the_bound_the_oldest_goes_and_is_remembered_as_evicted() -> None:
    responses = filled(most=3, count=5)
    assert [responses.find(f"r{number}").id for number in (2, 3, 4)] == ["r2", "r3", "r4"]
    assert [reason(responses, name) for name in ("r0", "r1", "nobody")] == ["evicted", "evicted", "unknown"]


def test_a_client_is_told_that_it_was_evicted_in_openais_four_keys() -> None:
    with pytest.raises(NotFound) as caught:
        find(filled(most=3, count=5), "r0")
    assert caught.value.status == 404
    told = openai_error(caught.value)["error"]
    assert told.pop("message").startswith(
        "Response with id 'r0' not found: it was evicted. A sandbox keeps its newest 3"
    )
    assert told == {"type": "invalid_request_error", "param": None, "code": None}


def test_even_the_names_of_the_evicted_are_bounded() -> None:
    responses = filled(most=2, count=40)
    assert [reason(responses, f"r{number}") for number in (0, 17, 18, 37)] == [
        "unknown",
        "unknown",
        "evicted",
        "evicted",
    ]


def test_what_is_heavy_counts_more_but_the_newest_always_stays() -> None:
    responses = filled(most=100, count=4, weight=400)
    assert (len(responses), reason(responses, "r1")) == (2, "evicted")
    responses.add(Thing("giant", 5000))
    assert (len(responses), responses.find("giant").id) == (1, "giant")


def test_what_is_removed_makes_room_and_was_never_there() -> None:
    responses = filled(most=100, count=2, weight=400)
    responses.remove("r0")
    assert reason(responses, "r0") == "unknown"
    responses.add(Thing("r2", 400))
    assert responses.find("r1").id == "r1", "with r0 still counted it would have gone"
    with pytest.raises(NotFound):
        responses.remove("r0")


def test_a_cleared_store_is_as_new() -> None:
    responses = filled(most=1, count=3)
    responses.clear()
    assert (len(responses), reason(responses, "r0")) == (0, "unknown")
