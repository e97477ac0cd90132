"""One response that can be asked for again: made while its client listens, or in the background. Knows no HTTP."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from labserver.bell import Bell
from labserver.errors import LabError, Unavailable
from labserver.events import Called, Message
from labserver.responses import Responses
from labserver.sandbox import Stamp
from labserver.surfaces.openai_narrator import Narrator, Payload
from labserver.surfaces.openai_refusals import Refused
from labserver.timetable import Timetable


@dataclass(slots=True, eq=False)
class KeptResponse:
    """`spoken` is the conversation up to this answer, `items` its own input.

    In the background the `times` say what happened, and any reader can have it told again; else the one `narrator`
    knows what was said until now.
    """

    stamp: Stamp
    told: Payload
    spoken: tuple[Message, ...]
    items: list[Payload]
    streamed: bool
    times: Timetable | None = None
    narrator: Narrator = field(init=False)
    weight: int = field(init=False)

    def __post_init__(self) -> None:
        self.narrator = Narrator(self.stamp, self.told)
        spoken = sum(len(message.content) for message in self.spoken)
        self.weight = spoken + len(json.dumps([self.items, self.told]))  # pictures and schemas weigh too

    @property
    def id(self) -> str:
        return self.narrator.id

    async def now(self) -> Narrator:
        """Whoever has told everything that happened until now."""
        if self.times is None:
            return self.narrator
        narrator = Narrator(self.stamp, self.told)
        happened = await self.times.happened()
        narrator.begin()
        narrator.hear(*(entry.event for entry in happened))
        if len(happened) == len(await self.times.rows()):
            narrator.end()
        return narrator

    async def turns(self) -> tuple[Message, ...]:
        """The conversation with this answer, for the next one to go on from."""
        said = (await self.now()).output
        turns: list[Message] = []
        calls: list[Called] = []
        for item in said:
            if item["type"] == "message":
                turns.append(Message("assistant", "".join(part["text"] for part in item["content"])))
            else:
                calls.append(Called(item["call_id"], item["name"], item["arguments"]))
        return (*self.spoken, *turns, *([Message("assistant", "", tuple(calls))] if calls else ()))

    async def follow(self, bell: Bell, after: int) -> AsyncGenerator[Payload, None]:
        """Each event as it happens, from the one behind number `after`. Raises Unavailable when the bell rings."""
        assert self.times is not None
        narrator, own = Narrator(self.stamp, self.told), Bell(under=bell)
        self.times.watchers.add(own.ring)
        try:
            for payload in narrator.opening():
                if payload["sequence_number"] > after:
                    yield payload
            place = 0
            while narrator.status == "in_progress":
                rows = await self.times.rows()
                if place == len(rows):
                    for payload in narrator.closing():
                        if payload["sequence_number"] > after:
                            yield payload
                    return
                if (wait := self.times.due_in(rows[place])) > 0:
                    await own.sleep(wait)
                    if bell.rung:
                        raise Unavailable("The lab server is shutting down. Start it again with `wirelab up`.")
                    continue
                await own.sleep(0)  # many rows may be due at once: others want the loop too
                for payload in narrator.take(rows[place].event):
                    if payload["sequence_number"] > after:
                        yield payload
                place += 1
        finally:
            self.times.watchers.discard(own.ring)


def find(responses: Responses, name: str) -> KeptResponse:
    """Raises NotFound."""
    kept: Any = responses.find(name)
    assert isinstance(kept, KeptResponse)
    return kept


async def going_on_from(responses: Responses, name: str | None) -> tuple[Message, ...]:
    """What was said up to the end of the response `name`; nothing without one. Raises Refused."""
    if name is None:
        return ()
    try:
        kept = find(responses, name)
    except LabError as error:
        told = error.message.replace("Response", "Previous response", 1)
        raise Refused(told, "previous_response_id", "previous_response_not_found") from error
    return await kept.turns()
