"""Whole answers to practise on: any status, a delay, some bytes, under `/raw`. Knows HTTP; knows no model."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import JSONResponse, Response

from labserver import pacing
from labserver.errors import Planned
from labserver.surfaces.raw_knobs import MOST_SECONDS, Knobs, Seeded
from labserver.surfaces.resource import complete
from labserver.visit import VisitDep

router = APIRouter(prefix="/raw", tags=["raw"])

BODILESS = frozenset({204, 205, 304})  # RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5


class StatusKnobs(Knobs):
    retry_after: Annotated[int | None, Field(ge=0, le=86_400, description="seconds, for the Retry-After header")] = None


class DelayKnobs(Knobs):
    seconds: Annotated[float, Field(ge=0, le=MOST_SECONDS, description="until the answer begins")] = 1.0


class BytesKnobs(Seeded):
    n: Annotated[int, Field(ge=0, le=10_000_000, description="how many")] = 1024


@router.get("/status/{code}", response_model=None)
async def status(
    visit: VisitDep, code: Annotated[int, Path(ge=200, le=599)], knobs: Annotated[StatusKnobs, Query()]
) -> Response:
    """Whatever status you ask for, 200 to 599; from 400 on with an error in the REST shape."""
    if code >= 400:
        raise Planned(code, knobs.retry_after)
    headers = {} if knobs.retry_after is None else {"retry-after": str(knobs.retry_after)}
    if code in BODILESS:
        return Response(status_code=code, headers=headers)
    phrase = HTTPStatus(code).phrase if code in set(HTTPStatus) else ""
    return JSONResponse({"status": code, "phrase": phrase}, status_code=code, headers=headers)


@router.get("/delay")
async def delay(visit: VisitDep, knobs: Annotated[DelayKnobs, Query()]) -> dict[str, Any]:
    """Nothing for `seconds`, then a small JSON object: what a time-out is for."""
    await visit.lab.bell.sleep(knobs.seconds * visit.lab.settings.time_scale)
    return {"seconds": knobs.seconds}


@router.get("/bytes", response_model=None)
async def some_bytes(visit: VisitDep, knobs: Annotated[BytesKnobs, Query()]) -> Response:
    """`n` bytes that look like chance and are the same for the same seed."""
    seed = visit.sandbox.words_seed if knobs.seed is None else knobs.seed
    return Response(pacing.noise(knobs.n, seed), media_type="application/octet-stream")


complete(router)
