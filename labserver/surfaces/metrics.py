"""The server's numbers for Prometheus: `/metrics`. Knows two text formats; counts nothing itself."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from starlette.responses import Response

from labserver.surfaces.promised import Promises
from labserver.surfaces.resource import complete
from labserver.visit import LabDep

router = APIRouter(tags=["health"])

OPEN = "application/openmetrics-text"
Form = tuple[Callable[[CollectorRegistry], bytes | str], str]
PLAIN: Form = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
NEWER: Form = openmetrics.generate_latest, openmetrics.CONTENT_TYPE_LATEST
EXAMPLE = """# HELP wirelab_requests_total Exchanges that have ended
# TYPE wirelab_requests_total counter
wirelab_requests_total{method="GET",route="/health",status="200",surface="health"} 1.0
"""
TEXT: Promises = {
    200: {
        "description": "Prometheus's text format, or OpenMetrics for who asks for it",
        "content": {
            "text/plain": {"schema": {"type": "string"}, "example": EXAMPLE},
            OPEN: {"schema": {"type": "string"}, "example": f"{EXAMPLE}# EOF\n"},
        },
    }
}


ACCEPT = Header(
    description="which format you want",
    openapi_examples={"plain": {"value": "text/plain"}, "OpenMetrics": {"value": OPEN}},
)


@router.get("/metrics", response_class=Response, responses=TEXT, openapi_extra={"x-measured": True})
async def metrics(lab: LabDep, accept: Annotated[str, ACCEPT] = "") -> Response:
    """Counters, gauges and histograms of this process; open to read like `/health`, and never journalled.

    Routes stand there as templates, models by name, sandboxes only as a number: never a key, an id, a path as it was
    asked for, or anything that somebody wrote.
    """
    write, media_type = NEWER if OPEN in accept.lower() else PLAIN
    return Response(write(lab.metrics.registry), media_type=media_type)


complete(router)
