"""The journal over HTTP: asked, exported as JSONL and HAR, and listened to. Knows queries; knows no wire.

Never journalled itself, so a listener does not hear its own listening.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from labserver import har, sse
from labserver.errors import InvalidRequest, Unavailable
from labserver.journal import Journal, peak_overlap
from labserver.journal import Query as JournalQuery
from labserver.racing import first_done
from labserver.sandbox import Sandbox
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.lab import OWN
from labserver.surfaces.lab_shapes import JournalShown
from labserver.surfaces.manual_parts import carrying
from labserver.tail import MOST_LISTENERS, Tail
from labserver.visit import LabDep, OwnSandboxDep

router = APIRouter(prefix="/lab", tags=["lab"])

GO_ON = "go on after this event; 0 is all that is kept"
KEEP_ALIVE = 15.0  # seconds of silence before a comment
DIGITS = 15


ASKED = OWN | promised.in_rest(promised.MISFIT)
SAVED: promised.Promises = {200: {"description": "A file", "headers": carrying("Content-Disposition")}}
HAR = {"type": "object", "properties": {"log": {"type": "object"}}, "required": ["log"]}
ARCHIVED: promised.Promises = {200: {**SAVED[200], "content": {"application/json": {"schema": HAR}}}}
TOLD = (
    promised.as_stream()
    | OWN
    | promised.in_rest(
        InvalidRequest("Last-Event-ID is the id of an event of this tail, a whole number, not 'x'."),
        Unavailable(f"{MOST_LISTENERS} listeners are the most that one journal has. Close one.", retry_after=1),
    )
)


class Lines(StreamResponse):
    media_type = "application/jsonl"


class Archive(StreamResponse):
    media_type = "application/json"


class Wanted(BaseModel):
    """Which exchanges: all conditions hold together."""

    model_config = ConfigDict(extra="forbid")

    path: Annotated[str, Field(min_length=1, max_length=200, description="shell-style pattern, no query")] = "*"
    method: Annotated[
        str | None, Field(pattern="^[A-Za-z]{1,20}$", description="only with this one", examples=["GET"])
    ] = None
    status: Annotated[
        str | None, Field(pattern="^[1-5]([0-9]{2}|xx)$", examples=["429", "4xx"], description="a status or a class")
    ] = None
    kind: Annotated[Literal["http", "websocket"] | None, Field(description="only these")] = None
    malformed: Annotated[bool | None, Field(description="only those that no parser could read, or none of them")] = None
    since: Annotated[int, Field(ge=0, lt=2**53, description="only those with a greater number")] = 0
    number: Annotated[int | None, Field(ge=1, lt=2**53, description="only this one", examples=[1])] = None
    open: Annotated[bool, Field(description="only those that have not ended")] = False
    origin: Annotated[
        Literal["lab", "stranger"], Field(description="the journal of the lab, or of your second origin")
    ] = "lab"
    last: Annotated[int | None, Field(ge=1, le=20_000, description="of all these the last few", examples=[5])] = None
    wait: Annotated[float, Field(ge=0, le=30, description="seconds to wait for open exchanges to end")] = 0
    key: Annotated[
        str | None, Field(description="your key, where no header can carry it", examples=["YOUR_API_KEY"])
    ] = None

    def kept(self, sandbox: Sandbox) -> Journal:
        return sandbox.journal if self.origin == "lab" else sandbox.stranger.journal

    def query(self) -> JournalQuery:
        return JournalQuery(
            path=self.path,
            method=self.method.upper() if self.method else None,
            status=self.status,
            kind=self.kind,
            malformed=self.malformed,
            since=self.since,
            number=self.number,
            open_only=self.open,
            last=self.last,
        )


WantedDep = Annotated[Wanted, Query()]


@router.get("/journal", response_model=None, responses=promised.gives(200, JournalShown) | ASKED)
async def journal(sandbox: OwnSandboxDep, wanted: WantedDep) -> JSONResponse:
    """What crossed the wire in your sandbox, oldest first, credentials blotted out.

    `count` is how many exchanges there were in all, `peak_overlap` how many of those shown were open at once at most.
    """
    kept = wanted.kept(sandbox)
    await _patiently(kept, wanted)
    entries = kept.entries(wanted.query())
    told = {
        "count": kept.count,
        "peak_overlap": peak_overlap(entries),
        "exchanges": [entry.record() for entry in entries],
    }
    return JSONResponse(told)  # plain JSON already: FastAPI would walk through ten thousand pieces one by one


@router.get("/journal.jsonl", response_class=Lines, responses=SAVED | ASKED)
async def as_lines(sandbox: OwnSandboxDep, wanted: WantedDep) -> StreamResponse:
    """The same records, one a line of JSON."""
    kept = wanted.kept(sandbox)
    await _patiently(kept, wanted)
    entries = kept.entries(wanted.query())

    async def lines() -> AsyncGenerator[bytes, None]:
        for entry in entries:
            yield json.dumps(entry.record()).encode() + b"\n"

    return Lines(lines(), _file("journal.jsonl"))


@router.get("/journal.har", response_class=Archive, responses=ARCHIVED | ASKED)
async def as_har(sandbox: OwnSandboxDep, wanted: WantedDep) -> StreamResponse:
    """The same as an HTTP Archive 1.2, for a browser's network panel or any other reader of HAR."""
    kept = wanted.kept(sandbox)
    await _patiently(kept, wanted)
    entries = kept.entries(wanted.query())

    async def pieces() -> AsyncGenerator[bytes, None]:
        for piece in har.archive(entry.record() for entry in entries):
            yield piece.encode()

    return Archive(pieces(), _file("journal.har"))


@router.get("/journal/tail", response_class=StreamResponse, responses=TOLD, openapi_extra={"x-endless": True})
async def tail(
    lab: LabDep,
    sandbox: OwnSandboxDep,
    header: Annotated[str | None, Header(alias="last-event-id", description=GO_ON, examples=["0"])] = None,
    last_event_id: Annotated[str | None, Query(description=GO_ON, examples=["0"])] = None,
) -> StreamResponse:
    """The journal while it happens, as server-sent events: `opened`, `head`, `chunk`, `frame`, `ended`, `reset`.

    Events have ids, and the last thousand are kept. One who reads too slowly or comes back too late is told how many
    are gone in an event `missed` (`count` is null where the id was never given here).
    """
    said = header if header is not None else last_event_id
    if said is not None and not (said.isascii() and said.isdigit() and len(said) <= DIGITS):
        raise InvalidRequest(f"Last-Event-ID is the id of an event of this tail, a whole number, not {said[:40]!r}.")
    heard = sandbox.journal.tail
    if heard.listeners >= MOST_LISTENERS:
        raise Unavailable(f"{MOST_LISTENERS} listeners are the most that one journal has. Close one.", retry_after=1)
    start = heard.last
    sandbox.journal.listen()
    return StreamResponse(_told(lab, heard, start if said is None else int(said)))


async def _told(lab: LabDep, heard: Tail, last: int) -> AsyncGenerator[bytes, None]:
    heard.listeners += 1
    try:
        yield sse.comment("listening")
        while True:
            missed, events = heard.since(last)
            if missed != 0:
                yield sse.encode(json.dumps({"count": missed}), "missed")
            if events:
                last = events[-1].id
                yield b"".join(sse.encode(json.dumps(event.data), event.name, str(event.id)) for event in events)
            elif missed is None:
                last = heard.last
            elif heard.closed or lab.bell.rung:
                yield sse.encode(json.dumps({"why": "the sandbox ended" if heard.closed else "shutdown"}), "farewell")
                return
            else:
                await first_done(heard.news(last), lab.bell.sleep(KEEP_ALIVE))
                if heard.last == last and not (heard.closed or lab.bell.rung):
                    yield sse.comment("ping")
    finally:
        heard.listeners -= 1


async def _patiently(kept: Journal, wanted: Wanted) -> None:
    """Wait until every open exchange that may be meant has ended, but no longer than was asked for."""
    if not wanted.wait or wanted.open:
        return
    still = [asyncio.ensure_future(exchange.closed.wait()) for exchange in kept.still_open(wanted.query())]
    if still:
        await asyncio.wait(still, timeout=wanted.wait)
    for task in still:
        task.cancel()


def _file(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
