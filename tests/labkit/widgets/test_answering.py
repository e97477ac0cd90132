"""An answer in a thread of its own: told in time, not too often, stopped from anywhere, not silent about trouble."""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator
from itertools import pairwise

import pytest

from labkit.widgets.answering import FRAME, Answer, Answering
from labkit.widgets.dialects import AnswerError


class Tap:
    """A source of numbered pieces; `closed` once it was closed, `flowing` once the first was taken."""

    def __init__(self, count: int, pause: float = 0.0, error: Exception | None = None) -> None:
        self.count, self.pause, self.error = count, pause, error
        self.closed, self.flowing = threading.Event(), threading.Event()

    async def __call__(self) -> AsyncGenerator[str, None]:
        try:
            for number in range(self.count):
                await asyncio.sleep(self.pause)
                yield f"{number} "
                self.flowing.set()
            if self.error is not None:
                raise self.error
        finally:
            self.closed.set()


def test_the_whole_answer_is_told_last_and_is_what_one_waits_for() -> None:
    told: list[Answer] = []
    answer = Answering(Tap(500), told.append).future.result(10)

    assert answer == told[-1]
    assert answer.text == "".join(f"{number} " for number in range(500))
    assert repr(answer) == "<answer: 500 pieces, complete>"
    assert answer.ttft is not None and answer.rate is not None and answer.ttft <= answer.seconds


def test_a_flood_is_told_at_most_thirty_times_a_second() -> None:
    times: list[float] = []
    answer = Answering(Tap(400, 0.001), lambda _: times.append(time.monotonic())).future.result(20)

    assert len(answer.pieces) == 400
    gaps = [after - before for before, after in pairwise(times[:-1])]  # the last comes at once
    assert gaps and min(gaps) >= FRAME * 0.9
    assert len(times) <= answer.seconds / FRAME + 3


def test_a_lone_piece_is_told_at_once_and_one_in_a_flood_soon_after() -> None:
    told: list[Answer] = []
    tap = Tap(2, 0.0)
    second = threading.Event()

    async def slow_end() -> AsyncGenerator[str, None]:
        async for piece in tap():
            yield piece
        await asyncio.to_thread(second.wait, 10)

    def tell(answer: Answer) -> None:
        told.append(answer)
        if len(answer.pieces) == 2:
            second.set()  # only what was told, without any further piece, lets the source end

    Answering(slow_end, tell).future.result(10)

    assert [len(answer.pieces) for answer in told] == [1, 2, 2]
    assert [answer.state for answer in told] == ["answering", "answering", "complete"]


def test_stop_from_another_thread_closes_the_source() -> None:
    tap = Tap(10_000, 0.01)
    answering = Answering(tap, lambda _: None)
    assert tap.flowing.wait(10)

    threading.Thread(target=answering.stop).start()
    answer = answering.future.result(10)

    assert tap.closed.is_set()
    assert answer.state == "stopped" and 0 < len(answer.pieces) < 10_000
    assert "the server saw you leave" in answer.note


def test_stop_before_the_first_piece_and_after_the_end_do_no_harm() -> None:
    early = Answering(Tap(10, 60), lambda _: None)
    early.stop()
    early.stop()
    assert early.future.result(10).pieces == ()

    late = Answering(Tap(3), lambda _: None)
    assert late.future.result(10).state == "complete"
    late.stop()
    assert late.future.result(0).state == "complete"


def test_stop_after_leaves_by_itself_with_exactly_so_many() -> None:
    tap = Tap(100)
    answer = Answering(tap, lambda _: None, stop_after=3).future.result(10)

    assert (answer.text, answer.state) == ("0 1 2 ", "stopped")
    assert tap.closed.is_set()


def test_what_went_wrong_is_said_and_what_came_is_kept() -> None:
    answer = Answering(Tap(2, error=AnswerError("The kettle fell over.")), lambda _: None).future.result(10)

    assert repr(answer) == "<answer: 2 pieces, failed: The kettle fell over.>"
    assert answer.text == "0 1 "


def test_a_surprise_reaches_the_page_and_whoever_waits() -> None:
    told: list[Answer] = []
    answering = Answering(Tap(1, error=ZeroDivisionError("secret")), told.append)

    with pytest.raises(ZeroDivisionError):
        answering.future.result(10)
    assert told[-1].state == "failed"
    assert told[-1].note == "Something went wrong that nobody expected: ZeroDivisionError."


async def test_who_gives_up_waiting_does_not_end_the_answer() -> None:
    tap = Tap(20, 0.01)
    answering = Answering(tap, lambda _: None)
    waiting = asyncio.wrap_future(answering.future)
    waiting.cancel()

    answer = await asyncio.wrap_future(answering.future)
    assert answer.state == "complete"
