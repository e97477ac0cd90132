"""A learner's world: reproducible with a seed, and as new after a reset."""

import pytest

from labserver.exchange import Exchange
from labserver.fault_rules import Rule
from labserver.faults import parse
from labserver.sandbox import EPOCH, Sandbox
from labserver.sandboxes import Sandboxes

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
    one.journal.open(Exchange(1, 1, 100))
    one.reset()
    assert one.stamp(*ASKED) == before
    assert (one.journal.count, one.rules.listed()) == (0, [])
