"""The methods that a resource owes its callers besides the ones somebody wrote: HEAD and OPTIONS. Knows routes only."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import Response

from labserver.stream import StreamResponse

MERGE_PATCH = "application/merge-patch+json"


def complete(router: APIRouter) -> None:
    """HEAD beside every GET that is no stream, and OPTIONS with Allow on every path. Call it below the last route."""
    methods: dict[str, set[str]] = {}
    for route in [route for route in router.routes if isinstance(route, APIRoute)]:
        offered = methods.setdefault(route.path, {"OPTIONS"})
        taken = route.methods or set()
        offered |= taken
        if "GET" in taken and not _is_stream(route):
            offered.add("HEAD")
            router.add_api_route(
                route.path.removeprefix(router.prefix),
                route.endpoint,
                methods=["HEAD"],
                response_model=None,
                include_in_schema=False,
            )
    for path, offered in methods.items():
        router.add_api_route(
            path.removeprefix(router.prefix),
            _options(offered),
            methods=["OPTIONS"],
            response_model=None,
            include_in_schema=False,
        )


def _is_stream(route: APIRoute) -> bool:
    kind = route.response_class
    return isinstance(kind, type) and issubclass(kind, StreamResponse)


def _options(offered: set[str]) -> Callable[[], Awaitable[Response]]:
    headers = {"allow": ", ".join(sorted(offered))}
    if "PATCH" in offered:
        headers["accept-patch"] = f"{MERGE_PATCH}, application/json"

    async def options() -> Response:
        """What may be done here, in the Allow header."""
        return Response(status_code=204, headers=headers)

    return options
