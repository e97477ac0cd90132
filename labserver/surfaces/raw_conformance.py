"""The event-stream standard to try a reader on: `/raw/sse/conformance`. Knows the table and sends its bytes."""

from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field

from labserver.conformance import CASES
from labserver.errors import NotFound
from labserver.stream import StreamResponse
from labserver.surfaces import promised
from labserver.surfaces.raw_knobs import REFUSED, Knobs
from labserver.surfaces.raw_shapes import CaseIndex
from labserver.surfaces.resource import complete
from labserver.visit import VisitDep

router = APIRouter(prefix="/raw/sse/conformance", tags=["raw"], responses=REFUSED)


NO_CASE = promised.as_stream() | promised.in_rest(
    NotFound("There is no case 'tea'. GET /raw/sse/conformance lists them.")
)
CaseName = Annotated[str, Path(description="a case of the index", examples=["id-persists"])]


class CaseKnobs(Knobs):
    slice: Annotated[
        int | None, Field(ge=1, le=1000, description="bytes a chunk; without it all in one", examples=[3])
    ] = None


@router.get("", response_model=None, responses=promised.gives(200, CaseIndex))
async def index(visit: VisitDep) -> dict[str, Any]:
    """Every case: its rule, its bytes in hexadecimal, and the events that a right reader dispatches.

    `last_event_id` is what it sends back in that header when it comes again after the end; empty: it sends none.
    """
    cases = {
        name: {
            "url": f"{router.prefix}/{name}",
            "rule": case.rule,
            "bytes": case.raw.hex(),
            "expected": [asdict(event) for event in case.events],
            "last_event_id": case.last_id,
        }
        for name, case in CASES.items()
    }
    return {"source": "WHATWG HTML, 9.2.5 and 9.2.6", "cases": cases}


@router.get("/{name}", response_class=StreamResponse, response_model=None, responses=NO_CASE)
async def one(visit: VisitDep, name: CaseName, knobs: Annotated[CaseKnobs, Query()]) -> StreamResponse:
    """One case as text/event-stream, byte for byte. The index says what to expect."""
    if name not in CASES:
        raise NotFound(f"There is no case {name[:40]!r}. GET {router.prefix} lists them.")
    raw = CASES[name].raw
    return StreamResponse(_sliced(raw, knobs.slice or max(1, len(raw))))


async def _sliced(raw: bytes, size: int) -> AsyncGenerator[bytes, None]:
    for at in range(0, len(raw), size):
        yield raw[at : at + size]


complete(router)
