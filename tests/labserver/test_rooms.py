"""Rooms without a socket: presence, history, bounds, and what happens to one who is too slow."""

import pytest

from labserver.errors import Conflict, Unavailable
from labserver.rooms import MOST_MEMBERS, MOST_REMEMBERED, MOST_ROOMS, MOST_WAITING, Member, Room, Rooms


def told(member: Member) -> list[dict]:
    notes = []
    while not member.waiting.empty():
        notes.append(member.waiting.get_nowait())
    return notes


def test_the_others_are_told_who_comes_and_goes_and_the_newcomer_who_is_here() -> None:
    room = Room("tea")
    ana = room.join("Ana")
    bo = room.join("Bo")
    room.leave(bo)
    room.leave(bo)
    assert [note["type"] for note in told(ana)] == ["welcome", "join", "leave"]
    [welcome] = told(bo)
    assert (welcome["members"], welcome["history"]) == (["Ana", "Bo"], [])
    assert room.present() == ["Ana"]


def test_a_newcomer_gets_the_newest_messages_in_order() -> None:
    room = Room("tea")
    ana = room.join("Ana")
    for number in range(MOST_REMEMBERED + 5):
        room.say(ana, f"{number}", 0.0)
        told(ana)
    [welcome] = told(room.join("Bo"))
    assert [note["content"] for note in welcome["history"]] == [f"{n}" for n in range(5, MOST_REMEMBERED + 5)]
    assert welcome["history"][-1]["id"] == MOST_REMEMBERED + 5


def test_one_who_reads_nothing_is_dropped_and_all_others_miss_nothing() -> None:
    room = Room("tea")
    ana, slow = room.join("Ana"), room.join("Slow")
    heard = []
    for number in range(MOST_WAITING + 10):
        room.say(ana, f"{number}", 0.0)
        heard += told(ana)
    assert slow.gone.is_set()
    assert slow.waiting.qsize() == MOST_WAITING
    assert [note["content"] for note in heard if note["type"] == "message"] == [
        f"{n}" for n in range(MOST_WAITING + 10)
    ]
    assert [(note["name"], note["reason"]) for note in heard if note["type"] == "leave"] == [("Slow", "too slow")]
    assert room.present() == ["Ana"]


def test_two_who_are_too_slow_at_once_are_both_dropped() -> None:
    room = Room("tea")
    members = [room.join(name) for name in ("Ana", "Bo", "Cy")]
    for _ in range(MOST_WAITING + 1):
        room.say(members[0], "tea", 0.0)
        told(members[0])
    assert room.present() == ["Ana"]


def test_a_name_is_taken_while_its_bearer_is_here() -> None:
    room = Room("tea")
    ana = room.join("Ana")
    with pytest.raises(Conflict, match="Ana"):
        room.join("Ana")
    room.leave(ana)
    again = room.join("Ana")
    room.leave(ana)
    assert room.present() == ["Ana"], "the old one's end does not take the new one along"
    assert not again.gone.is_set()


def test_a_room_has_room_for_so_many_and_a_house_for_so_many_rooms() -> None:
    room = Room("tea")
    for number in range(MOST_MEMBERS):
        room.join(f"{number}")
        for member in room.members.values():
            told(member)
    with pytest.raises(Unavailable, match="full"):
        room.join("one more")
    rooms = Rooms()
    for number in range(MOST_ROOMS):
        rooms.find(f"{number}").join("Ana")
    with pytest.raises(Unavailable, match="in use"):
        rooms.find("one more")
    empty = rooms.find("7")
    empty.leave(empty.members["Ana"])
    assert rooms.find("one more") is rooms.find("one more")
    assert rooms.find("8").present() == ["Ana"]


def test_a_reset_sends_everybody_out_and_forgets_what_was_said() -> None:
    rooms = Rooms()
    room = rooms.find("tea")
    ana = room.join("Ana")
    room.say(ana, "hello", 0.0)
    rooms.clear()
    assert ana.gone.is_set()
    assert (rooms.find("tea").present(), list(rooms.find("tea").history)) == ([], [])
