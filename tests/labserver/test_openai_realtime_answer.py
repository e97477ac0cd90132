"""A realtime answer that is cancelled at every moment there is: it is done once, and costs what it says. No server."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labserver.bell import Bell
from labserver.events import ChatRequest, End, Message, Start, StreamEvent, Text, Usage
from labserver.limits import Limit, Limits, charged
from labserver.sandbox import Stamp
from labserver.surfaces.openai_realtime_answer import Answer
from labserver.surfaces.openai_realtime_narrator import RealtimeNarrator

REQUEST = ChatRequest((Message("user", "Is tea good?"),), "script")
READ = 10  # tokens of it
TOLD: list[StreamEvent] = [Start("script"), Text("Green"), Text(" tea"), Text(" is"), End("stop"), Usage(READ, 3)]
MOMENTS = 11  # events of the whole response
LAST_DELTA = 6  # past it there is nothing to cancel


async def admitted(_: str) -> None:
    """Everybody is."""


class Room:
    """A model that thinks for a turn of the loop before each word, and a client that cancels after some events."""

    def __init__(self, cancel_after: int, *, from_outside: bool) -> None:
        self.heard: list[dict[str, Any]] = []
        self.billed: list[int] = []
        self.closed = self.over = False
        limits = Limits(Limit(requests=100, per=60, tokens=1000, streams=1, sockets=1))
        visit = SimpleNamespace(
            admit_message=admitted,
            stream=lambda *_: self._model(),
            bill=self.billed.append,
            sandbox=SimpleNamespace(limits=limits),
            who="",
        )
        narrator = RealtimeNarrator(Stamp(1000.5, "ab" * 32), {}, None)
        self.answer = Answer(cast("Any", visit), REQUEST, narrator, self._say, self._leave)
        self._cancel_after = cancel_after
        self._from_outside = from_outside

    async def run(self) -> dict[str, Any]:
        """The response as it is done."""
        await asyncio.wait_for(self.answer.begin(), 5)
        [done] = [payload["response"] for payload in self.heard if payload["type"] == "response.done"]
        return dict(done)

    async def _model(self) -> AsyncGenerator[StreamEvent, None]:
        async def events() -> AsyncGenerator[StreamEvent, None]:
            try:
                for event in TOLD:
                    await Bell().sleep(0)
                    yield event
            finally:
                self.closed = True

        async for event in charged(events(), self.billed.append):
            yield event

    async def _say(self, *payloads: dict[str, Any]) -> None:
        for payload in payloads:
            self.heard.append(payload)
            if len(self.heard) == self._cancel_after and self.answer.active:
                if self._from_outside:
                    asyncio.get_running_loop().call_soon(self.answer.cancel)
                else:
                    self.answer.cancel()
        await Bell().sleep(0)

    def _leave(self, _: Answer) -> None:
        self.over = True
        assert self.heard[-1]["type"] != "response.done", "it is over before its last word is out"


@pytest.mark.parametrize("from_outside", [False, True], ids=["while it talks", "while it thinks"])
@pytest.mark.parametrize("moment", range(1, MOMENTS + 1))
async def test_whenever_it_is_cancelled_it_is_done_once_and_costs_what_it_says(moment: int, from_outside: bool) -> None:
    room = Room(moment, from_outside=from_outside)
    done = await room.run()
    assert room.heard[-1]["type"] == "rate_limits.updated"
    assert room.over
    added, ended = (
        sum(one["type"] == f"response.output_item.{how}" for one in room.heard) for how in ("added", "done")
    )
    assert added == ended
    said = "".join(one.get("delta", "") for one in room.heard)
    assert said == (done["output"][0]["content"][0]["text"] if done["output"] else "")
    assert done["status"] == ("cancelled" if moment <= LAST_DELTA else "completed")
    assert room.closed or moment == 1, "the model is let go"
    assert sum(room.billed) == (done["usage"]["total_tokens"] if done["usage"] else 0)


async def test_an_answer_that_nobody_cancels_is_whole() -> None:
    room = Room(0, from_outside=False)
    done = await room.run()
    assert (done["status"], done["usage"]["total_tokens"], sum(room.billed)) == ("completed", READ + 3, READ + 3)
    assert len(room.heard) == MOMENTS


async def test_a_socket_that_ends_ends_the_answer_without_a_word() -> None:
    room = Room(0, from_outside=False)
    task = room.answer.begin()
    while len(room.heard) < 5:
        await Bell().sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [one for one in room.heard if one["type"] == "response.done"]
