"""What limits promise and what they then do, on a clock that a test turns."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from labserver.errors import RateLimited
from labserver.events import End, Start, StreamEvent, Text, Usage
from labserver.limits import Limit, Limits, charged

TIER = Limit(requests=60, per=60, tokens=600, streams=4, sockets=2)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Limits:
    return Limits(TIER, clock)


def test_remaining_is_how_many_more_are_let_in_before_the_reset(clock, limits) -> None:
    limits.change({"requests": 3, "per": 10})
    for wait, remaining in ((0.0, 2), (4.0, 1), (5.0, 0)):
        clock.now = 1000.0 + wait
        standing = limits.count()
        assert (standing.over, standing.requests) == (False, (3, remaining, 10.0 - wait))
    assert limits.count().over
    clock.now = 1009.999
    assert limits.count().over
    assert limits.standing().requests.remaining == 0, "and never less than none"


def test_at_the_moment_of_the_reset_all_are_back(clock, limits) -> None:
    limits.change({"requests": 2, "per": 10})
    for _ in range(5):
        refused = limits.count()
    clock.now += refused.requests.seconds
    assert [limits.count().over for _ in range(3)] == [False, False, True]


def test_whoever_waits_as_long_as_he_was_told_is_let_in_at_any_point_of_the_window(clock, limits) -> None:
    limits.change({"requests": 1, "per": 7})
    for late in (0.0, 0.001, 3.3, 6.9999):
        limits.restore()
        limits.change({"requests": 1, "per": 7})
        clock.now += 100
        limits.ask()
        clock.now += late
        with pytest.raises(RateLimited) as caught:
            limits.ask()
        assert caught.value.retry_after == pytest.approx(7 - late)
        clock.now += caught.value.retry_after
        limits.ask()


def test_callers_of_a_shared_sandbox_do_not_spend_each_others(limits) -> None:
    limits.change({"requests": 1})
    assert [limits.count("10.0.0.1").over, limits.count("10.0.0.2").over, limits.count("10.0.0.1").over] == [
        False,
        False,
        True,
    ]


def test_tokens_are_refused_only_when_they_are_spent_and_come_back_with_the_window(clock, limits) -> None:
    limits.spend(599)
    limits.check_tokens()
    limits.spend(50)  # the answer that goes over was not known to
    assert limits.standing().tokens == (600, 0, 60.0)
    clock.now += 20
    with pytest.raises(RateLimited, match="The limit of 600 tokens in 60 s is spent") as caught:
        limits.check_tokens()
    assert caught.value.details == {"limit": 600, "per": 60, "of": "tokens", "retry_after": 40}
    clock.now += 40
    limits.check_tokens()


def test_an_answer_that_said_nothing_opens_no_window_of_tokens(limits) -> None:
    limits.spend(0)
    assert limits.standing().tokens == (600, 600, 0.0)


@pytest.mark.parametrize("per", [1, 7, 30, 60, 61, 3600])
def test_no_window_of_another_length_has_a_higher_rate_or_count_than_the_tier(per: int) -> None:
    most = TIER.most(per)
    assert most.requests <= TIER.requests
    assert most.requests / per <= TIER.requests / TIER.per
    assert TIER.but({"per": per, "requests": 10**9, "tokens": 10**9, "streams": 10**9, "sockets": 10**9}) == most
    assert TIER.but({"per": per, "requests": 1}).requests == 1


def test_what_a_change_does_not_name_is_the_tiers(limits) -> None:
    limits.change({"requests": 2, "streams": 1})
    assert limits.limit == Limit(requests=2, per=60, tokens=600, streams=1, sockets=2)
    limits.change({"requests": 3})
    assert limits.limit == Limit(requests=3, per=60, tokens=600, streams=4, sockets=2)


def test_a_change_begins_a_window_and_the_same_change_again_does_not(limits) -> None:
    limits.count()
    limits.change({"requests": 2})
    assert limits.count().requests.remaining == 1
    limits.change({"requests": 2})
    assert limits.count().requests.remaining == 0
    limits.restore()
    assert limits.count().requests == (60, 59, 60.0)


def test_places_are_bounded_and_free_again_when_they_are_given_back(limits) -> None:
    for _ in range(2):
        limits.open("sockets")
    with pytest.raises(RateLimited, match="You have 2 sockets open, and 2 at once is the limit") as caught:
        limits.open("sockets")
    assert caught.value.retry_after is None, "nobody knows when one of them ends"
    limits.open("streams")
    limits.open("sockets", "another caller")
    assert (limits.opened("sockets"), limits.opened("streams")) == (3, 1)
    limits.close("sockets")
    limits.open("sockets")
    limits.restore()
    assert limits.opened("sockets") == 3, "what is open is open, whatever the limit"


async def events(*, usage: bool) -> AsyncIterator[StreamEvent]:
    yield Start("script")
    for text in "abc":
        yield Text(text)
    yield End("stop")
    if usage:
        yield Usage(prompt_tokens=10, completion_tokens=3)


@pytest.mark.parametrize(("usage", "taken", "bill"), [(True, 99, 13), (False, 99, 3), (True, 3, 2), (True, 1, 0)])
async def test_the_bill_is_the_usage_or_what_was_made_until_the_client_left(usage: bool, taken: int, bill: int) -> None:
    bills: list[int] = []
    heard = 0
    async with aclosing(charged(events(usage=usage), bills.append)) as source:
        async for _ in source:
            heard += 1
            if heard >= taken:
                break
    assert bills == [bill]
