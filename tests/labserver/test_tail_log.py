"""The log of a tail by itself: bounded, and a listener is a place in it."""

from labserver.tail import Tail


async def test_a_log_forgets_the_oldest_and_says_how_many() -> None:
    tail = Tail(keep=3)
    for number in range(5):
        tail.say("opened", number=number)
    missed, events = tail.since(0)
    assert (missed, [event.id for event in events]) == (2, [3, 4, 5])
    assert [event.id for event in tail.since(3)[1]] == [4, 5]
    assert tail.since(2, most=2) == (0, events[:2])
    assert tail.since(5) == (0, [])
    assert tail.since(6) == (None, events)
