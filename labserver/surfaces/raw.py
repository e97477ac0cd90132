"""Whole answers to practise on: any status, a delay, some bytes, under `/raw`. Knows HTTP; knows no model."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from labserver import pacing
from labserver.errors import Planned
from labserver.surfaces import promised
from labserver.surfaces.manual_parts import carrying
from labserver.surfaces.raw_knobs import MOST_SECONDS, REFUSED, Knobs, Seeded
from labserver.surfaces.raw_shapes import Delayed, StatusShown
from labserver.surfaces.resource import complete
from labserver.visit import VisitDep

router = APIRouter(prefix="/raw", tags=["raw"], responses=REFUSED)

BODILESS = frozenset({204, 205, 304})  # RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5


AS_ASKED = {"model": StatusShown, "description": "As asked", "headers": carrying("Retry-After")}
EMPTY = {"description": "As asked, and without a body", "headers": carrying("Retry-After")}
BROKEN = promised.in_rest(Planned(429, 2), Planned(503))
SUCCESS, ELSEWHERE = (
    AS_ASKED | {"content": {"application/json": {"example": {"status": code, "phrase": phrase}}}}
    for code, phrase in ((201, "Created"), (302, "Found"))
)
ANY: promised.Promises = {200: AS_ASKED, "2XX": SUCCESS, "3XX": ELSEWHERE, 204: EMPTY, 205: EMPTY, 304: EMPTY}
ANY |= BROKEN | {"4XX": BROKEN[429], "5XX": BROKEN[503]}


class Octets(Response):
    media_type = "application/octet-stream"


class StatusKnobs(Knobs):
    retry_after: Annotated[
        int | None, Field(ge=0, le=86_400, description="seconds, for the Retry-After header", examples=[2])
    ] = None


class DelayKnobs(Knobs):
    seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS, description="until the answer begins")] = 1.0


class BytesKnobs(Seeded):
    n: Annotated[int, Field(ge=0, le=10_000_000, description="how many")] = 1024


@router.get("/status/{code}", response_model=None, responses=ANY)
async def status(
    visit: VisitDep,
    code: Annotated[int, Path(ge=200, le=599, description="the status", examples=[200, 429, 503])],
    knobs: Annotated[StatusKnobs, Query()],
) -> Response:
    """Whatever status you ask for, 200 to 599; from 400 on with an error in the REST shape."""
    if code >= 400:
        raise Planned(code, knobs.retry_after)
    headers = {} if knobs.retry_after is None else {"retry-after": str(knobs.retry_after)}
    if code in BODILESS:
        return Response(status_code=code, headers=headers)
    phrase = HTTPStatus(code).phrase if code in set(HTTPStatus) else ""
    return JSONResponse({"status": code, "phrase": phrase}, status_code=code, headers=headers)


@router.get("/delay", response_model=None, responses=promised.gives(200, Delayed))
async def delay(visit: VisitDep, knobs: Annotated[DelayKnobs, Query()]) -> dict[str, Any]:
    """Nothing for `seconds`, then a small JSON object: what a time-out is for."""
    await visit.lab.bell.sleep(knobs.seconds * visit.lab.settings.time_scale)
    return {"seconds": knobs.seconds}


@router.get("/bytes", response_class=Octets, response_model=None)
async def some_bytes(visit: VisitDep, knobs: Annotated[BytesKnobs, Query()]) -> Response:
    """`n` bytes that look like chance and are the same for the same seed."""
    seed = visit.sandbox.words_seed if knobs.seed is None else knobs.seed
    return Octets(pacing.noise(knobs.n, seed))


complete(router)
