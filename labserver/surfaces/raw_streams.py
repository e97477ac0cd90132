"""Plain streams to practise on: events, lines and dripping bytes under `/raw`. Knows framing; knows no model."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import Field
from starlette.responses import Response

from labserver import pacing, sse
from labserver.errors import InvalidRequest, Unavailable
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.raw_knobs import REFUSED, Interval, Knobs, Name, Seeded, Ticks, check_length
from labserver.surfaces.refusals import rest_error
from labserver.surfaces.resource import complete
from labserver.visit import Visit, VisitDep

router = APIRouter(prefix="/raw", tags=["raw"], responses=REFUSED)

LONGEST_ID = 9  # digits
FAREWELL = "The lab server is shutting down."
WATER = "Slow water, good tea: 慢慢来 ☕\n".encode()  # what drips, over and over: some characters take three bytes


RESUMED = promised.as_stream() | promised.nothing(204, "You have every event: an EventSource stops reconnecting")
RESUMED |= promised.in_rest(promised.BAD_PACE, InvalidRequest("Last-Event-ID must be the id of an event, not 'x'."))


class Lines(StreamResponse):
    media_type = "application/x-ndjson"


class Drops(StreamResponse):
    media_type = "text/plain"


class SseKnobs(Ticks):
    ids: Annotated[bool, Field(description="number the events, so that a client can resume")] = True
    retry: Annotated[
        int | None, Field(ge=0, le=600_000, description="milliseconds until a reconnect", examples=[1500])
    ] = None
    event: Annotated[tuple[Name, ...], Field(max_length=10, description="names in turn; none means message")] = ()
    last_event_id: Annotated[
        str | None, Field(description="for a client that cannot set the header", examples=["2"])
    ] = None


class DripKnobs(Knobs):
    bytes: Annotated[int, Field(ge=1, le=100_000, description="how many in all")] = 200
    chunk: Annotated[int, Field(ge=1, le=65_536, description="how many at once")] = 10
    interval: Interval = 0.05
    framing: Annotated[
        Literal["chunked", "length", "close"],
        Field(description="how the body's end is told: last chunk, Content-Length, or the end of the connection"),
    ] = "chunked"


@router.get("/sse", response_class=StreamResponse, response_model=None, responses=RESUMED)
async def events(
    visit: VisitDep,
    knobs: Annotated[SseKnobs, Query()],
    header: Annotated[
        str | None, Header(alias="last-event-id", description="go on after this one", examples=["2"])
    ] = None,
) -> Response:
    """`count` price ticks as server-sent events; with ids they resume after Last-Event-ID, 204 at the end."""
    check_length(knobs.count, knobs.interval)
    seen = _seen(header or knobs.last_event_id or "", knobs.count) if knobs.ids else 0
    if seen == knobs.count:
        return Response(status_code=204)
    return StreamResponse(_events(visit, knobs, seen))


def _seen(last_id: str, count: int) -> int:
    if not last_id:
        return 0
    if not (last_id.isascii() and last_id.isdigit() and len(last_id) <= LONGEST_ID and int(last_id) <= count):
        raise InvalidRequest(
            f"Last-Event-ID must be the id of an event of this stream, 1 to {count}, not {last_id[:40]!r}.",
            details={"last_event_id": last_id[:40], "newest": count},
            param="last_event_id",
        )
    return int(last_id)


async def _events(visit: Visit, knobs: SseKnobs, seen: int) -> AsyncGenerator[bytes, None]:
    first = b"" if knobs.retry is None else b"retry: %d\n" % knobs.retry
    async with aclosing(_beats(visit, knobs.count - seen, knobs.interval)) as beats:
        async for beat in beats:
            if visit.lab.bell.rung:
                yield sse.comment(FAREWELL)
                return
            number = seen + beat
            name = knobs.event[(number - 1) % len(knobs.event)] if knobs.event else None
            data = json.dumps(_tick(visit, knobs, number), ensure_ascii=False)
            yield first + sse.encode(data, name, str(number) if knobs.ids else None)
            first = b""


@router.get("/ndjson", response_class=Lines, response_model=None)
async def lines(visit: VisitDep, knobs: Annotated[Ticks, Query()]) -> StreamResponse:
    """`count` price ticks as newline-delimited JSON, a line and a chunk each."""
    check_length(knobs.count, knobs.interval)
    return Lines(_lines(visit, knobs))


async def _lines(visit: Visit, knobs: Ticks) -> AsyncGenerator[bytes, None]:
    async with aclosing(_beats(visit, knobs.count, knobs.interval)) as beats:
        async for number in beats:
            ending = visit.lab.bell.rung
            said = rest_error(Unavailable(FAREWELL)) if ending else _tick(visit, knobs, number)
            yield json.dumps(said, ensure_ascii=False).encode() + b"\n"
            if ending:
                return


@router.get("/drip", response_class=Drops, response_model=None)
async def drip(visit: VisitDep, knobs: Annotated[DripKnobs, Query()]) -> StreamResponse:
    """`bytes` bytes of UTF-8 text, `chunk` at a time; chunks end anywhere, also inside a character."""
    check_length(-(-knobs.bytes // knobs.chunk), knobs.interval)
    headers = {}
    if knobs.framing == "length":
        headers["content-length"] = str(knobs.bytes)
    elif knobs.framing == "close":
        visit.exchange.wire.unframe(visit.exchange, knobs.bytes)
        headers["connection"] = "close"
    return Drops(_drops(visit, knobs), headers)


async def _drops(visit: Visit, knobs: DripKnobs) -> AsyncGenerator[bytes, None]:
    water = (WATER * (knobs.bytes // len(WATER) + 1))[: knobs.bytes]
    async with aclosing(_beats(visit, -(-knobs.bytes // knobs.chunk), knobs.interval)) as beats:
        async for number in beats:
            yield water[(number - 1) * knobs.chunk : number * knobs.chunk]


def _tick(visit: Visit, knobs: Seeded, number: int) -> dict[str, Any]:
    """The price of tea at its `number`-th tick: the same for the same seed, also on resume."""
    visit.exchange.produced += 1
    seed = visit.sandbox.words_seed if knobs.seed is None else knobs.seed
    return {"n": number, "symbol": "茶", "price": round(4 + pacing.roll(seed, number), 2)}


def _beats(visit: Visit, count: int, interval: float) -> AsyncGenerator[int, None]:
    return pacing.beats(count, interval, scale=visit.lab.settings.time_scale, sleep=visit.lab.bell.sleep)


complete(router)
