"""An answer's timetable as a function of what was asked and when. No server, no waiting: the tests turn the clock."""

import time

import pytest

from labserver.errors import Cancelled, ProcessingFailed
from labserver.events import ChatRequest, End, Message, Start, Text, Usage
from labserver.pace import Pace
from labserver.providers.script import Script
from labserver.timetable import Entry, Timetable

STEADY = Pace(ttft=1, tps=2, jitter=0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def table(scale: float = 1, **wanted) -> Timetable:
    request = ChatRequest((Message("user", "Green| tea"),), "script")
    return Timetable(request, Script(), STEADY, 7, scale, began=100.0, **wanted)


async def test_all_of_it_is_known_at_once_and_billed_once() -> None:
    bills: list[int] = []
    asked = table(bill=bills.append)
    rows = await asked.rows()
    assert [(entry.at, type(entry.event)) for entry in rows] == [
        (0, Start),
        (1, Text),
        (1.5, Text),
        (1.5, End),
        (1.5, Usage),
    ]
    usage = rows[-1].event
    assert isinstance(usage, Usage)
    assert usage.seconds == 1.5
    assert await asked.rows() is rows
    assert bills == [usage.total_tokens]


async def test_the_scale_shrinks_the_moments_and_not_the_planned_seconds() -> None:
    last = (await table(scale=0.1).rows())[-1]
    assert last.at == pytest.approx(0.15)
    assert isinstance(last.event, Usage)
    assert last.event.seconds == 1.5


@pytest.mark.parametrize(("seconds", "count"), [(0, 1), (0.99, 1), (1, 2), (1.49, 2), (1.5, 5), (99, 5)])
async def test_the_clock_says_how_much_has_happened(clock, seconds: float, count: int) -> None:
    asked = table()
    clock[0] += seconds
    assert len(await asked.happened()) == count


async def test_a_cancel_cuts_it_where_it_is_wakes_the_watchers_and_counts_once(clock) -> None:
    asked, woken = table(), []
    asked.watchers.add(lambda: woken.append(True))
    clock[0] += 1.2
    assert await asked.cancel()
    *before, last = await asked.rows()
    assert [type(entry.event) for entry in before] == [Start, Text]
    assert isinstance(last.event, Cancelled)
    assert last.at == pytest.approx(1.2)
    assert not await asked.cancel()
    assert woken == [True]


async def test_what_is_over_cannot_be_cancelled(clock) -> None:
    asked = table()
    clock[0] += 2
    rows = await asked.rows()
    assert not await asked.cancel()
    assert await asked.rows() is rows


async def test_a_model_that_fails_is_the_last_row_at_the_moment_of_its_last_word() -> None:
    *_, spoken, last = await table(plan={"late_error": {"after": 1}}).rows()
    assert spoken == Entry(1, Text("Green"))
    assert (last.at, type(last.event)) == (1, ProcessingFailed)
