"""A learner's world: reproducible with a seed, isolated from the others, gone when it is not used."""

import pytest

from labserver.errors import Unauthorized
from labserver.exchange import Exchange
from labserver.fault_rules import Rule
from labserver.faults import parse
from labserver.sandboxes import EPOCH, TIERS, Sandbox, Sandboxes

ASKED = ({"query": "What is tea?", "temperature": 0.7},)


def world(seed: int | None = 7) -> Sandbox:
    return Sandboxes(10).make(seed=seed)


def test_the_same_seed_stamps_the_same_ids_and_times_in_every_run() -> None:
    one, other = world(), world()
    asked = [("tea",), ("tea",), ("coffee",), ASKED]
    assert [one.stamp(*what) for what in asked] == [other.stamp(*what) for what in asked]


def test_every_stamp_has_an_id_of_its_own_also_for_the_same_question() -> None:
    one = world()
    stamps = [one.stamp(*ASKED) for _ in range(5)] + [one.stamp("other") for _ in range(5)]
    assert len({stamp.digest for stamp in stamps}) == 10
    assert all(len(stamp.digest) == 64 and int(stamp.digest, 16) >= 0 for stamp in stamps)


def test_an_id_depends_on_what_was_asked_and_how_often_but_not_on_what_came_between() -> None:
    one, other = world(), world()
    alone = [one.stamp(*ASKED).digest for _ in range(2)]
    mixed = []
    for _ in range(2):
        other.stamp("something else")
        mixed.append(other.stamp(*ASKED).digest)
    assert alone == mixed


def test_the_order_of_the_fields_of_a_question_does_not_matter() -> None:
    assert world().digest({"a": 1, "b": 2}) == world().digest({"b": 2, "a": 1})
    assert world().digest({"a": 1}) != world().digest({"a": "1"})


def test_another_seed_gives_other_ids() -> None:
    assert len({world(seed).stamp(*ASKED).digest for seed in range(20)}) == 20


def test_a_seeded_clock_ticks_one_second_a_stamp_from_the_seeds_new_year() -> None:
    one = world()
    stamps = [one.stamp(*ASKED) for _ in range(3)]
    assert [stamp.seconds - EPOCH for stamp in stamps] == [1, 2, 3]
    assert stamps[0].time == pytest.approx(1_704_067_201.123)
    assert [stamp.dice for stamp in stamps] == [int(stamp.digest[:8], 16) for stamp in stamps]


def test_without_a_seed_time_is_real_and_ids_never_repeat() -> None:
    one = world(seed=None)
    first, second = one.stamp(*ASKED), one.stamp(*ASKED)
    assert EPOCH + 3600 * 24 * 365 < first.time <= second.time
    assert first.digest != second.digest
    assert one.words_seed == 0


def test_a_reset_starts_everything_again() -> None:
    one = world()
    before = one.stamp(*ASKED)
    one.rules.add(Rule(parse("cut")))
    one.journal.open(Exchange(1, 1, lambda: None, 100))
    one.reset()
    assert one.stamp(*ASKED) == before
    assert (one.journal.count, one.rules.listed()) == (0, [])


def test_a_key_opens_its_own_sandbox_and_none_the_open_one() -> None:
    worlds = Sandboxes(10)
    one, other = worlds.make("one"), worlds.make("other")
    assert worlds.find(one.key) is one
    assert worlds.find(other.key) is other
    assert worlds.find(None) is worlds.open
    assert one.key != other.key
    assert one.id != other.id
    assert len(one.key) >= 32
    assert list(worlds) == [worlds.open, one, other]


@pytest.mark.parametrize("key", ["lab-nobody", "", "open", " "])
def test_a_key_that_nobody_was_given_opens_nothing(key: str) -> None:
    with pytest.raises(Unauthorized, match="POST /lab/sandboxes"):
        Sandboxes(10).find(key)


def test_the_sandbox_unused_for_longest_goes_first_and_is_hung_up() -> None:
    worlds = Sandboxes(2)
    hung_up: list[str] = []
    old, used = worlds.make("old"), worlds.make("used")
    old.journal.open(Exchange(1, 1, lambda: hung_up.append("old"), 100))
    used.journal.open(Exchange(2, 1, lambda: hung_up.append("used"), 100))
    worlds.find(old.key)
    worlds.find(used.key)
    worlds.find(old.key)
    new = worlds.make("new")
    assert hung_up == ["used"]
    assert worlds.find(old.key) is old
    assert worlds.find(new.key) is new
    with pytest.raises(Unauthorized):
        worlds.find(used.key)


def test_an_ended_sandbox_opens_nothing_any_more_but_the_open_one_only_starts_again() -> None:
    worlds = Sandboxes(10)
    one = worlds.make()
    worlds.end(one)
    with pytest.raises(Unauthorized):
        worlds.find(one.key)
    worlds.open.journal.open(Exchange(1, 1, lambda: None, 100))
    worlds.end(worlds.open)
    assert worlds.find(None).journal.count == 0


@pytest.mark.parametrize("tier", TIERS)
def test_a_tier_says_how_much_is_kept(tier: str) -> None:
    one = Sandboxes(10).make(tier=tier)
    for number in range(TIERS[tier].exchanges + 5):
        one.journal.open(Exchange(number, 1, lambda: None, 100))
    assert len(one.journal.records()) == TIERS[tier].exchanges


def test_sandboxes_do_not_see_each_other(server) -> None:
    one, other = server.sandbox(), server.sandbox()
    server.http.post("/lab/faults", json={"plan": "slice"}, headers={"x-api-key": one})
    for key in (one, other):
        server.http.get("/v1/models", headers={"x-api-key": key})
    [first], [second] = server.journal(one), server.journal(other)
    assert (first["fault"], second["fault"]) == ("slice;bytes=1", "")
    assert (first["number"], second["number"]) == (1, 1)
    assert (first["connection"], second["connection"]) == (1, 1), "each counts its own connections"


def test_past_the_most_sandboxes_the_unused_one_gets_401(start_server) -> None:
    live = start_server("--max-sandboxes", "2")
    keys = [live.sandbox() for _ in range(3)]
    answers = [live.http.get("/v1/models", headers={"x-api-key": key}).status_code for key in keys]
    assert answers == [401, 200, 200]
