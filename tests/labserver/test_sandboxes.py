"""The worlds of one server: isolated from each other, found by their keys, gone when they are not used."""

import pytest

from labserver.errors import Unauthorized
from labserver.exchange import Exchange, Wire
from labserver.sandboxes import Sandboxes
from labserver.tiers import TIERS


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

    class Named(Wire):
        def __init__(self, name: str) -> None:
            self.name = name

        def close(self) -> None:
            hung_up.append(self.name)

    old, used = worlds.make("old"), worlds.make("used")
    old.journal.open(Exchange(1, 1, 100, Named("old")))
    used.journal.open(Exchange(2, 1, 100, Named("used")))
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
    worlds.open.journal.open(Exchange(1, 1, 100))
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
