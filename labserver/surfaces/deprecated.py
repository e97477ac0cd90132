"""Routes that are on their way out, and say so in every answer, refusals included. Knows headers; knows no dialect.

Sources: RFC 9745 (Deprecation, a structured date), RFC 8594 (Sunset, an HTTP-date), RFC 5829 (successor-version).
The dates stand fixed, so that what a lesson prints is the same every year.
"""

from datetime import UTC, datetime
from email.utils import format_datetime

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

SINCE = datetime(2024, 1, 1, tzinfo=UTC)  # when a seeded sandbox's clock begins
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)
WHY = "/redoc#tag/versions"  # for people: what is deprecated and what to do


def notices(successor: str) -> dict[str, str]:
    """The three header fields; `Link` names what follows and where to read about it."""
    links = {"successor-version": successor, "deprecation": WHY, "sunset": WHY}
    return {
        "deprecation": f"@{int(SINCE.timestamp())}",
        "sunset": format_datetime(UNTIL, usegmt=True),
        "link": ", ".join(f'<{target}>; rel="{rel}"' for rel, target in links.items()),
    }


def replaced_by(successor: str) -> type[APIRoute]:
    """For a router's `route_class`."""
    fields = [(name.encode(), value.encode()) for name, value in notices(successor).items()]

    class Deprecated(APIRoute):
        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def noticed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message.get("headers", []), *fields]}
                await send(message)

            try:
                await super().handle(scope, receive, noticed)
            except HTTPException as error:  # a method that it does not take; answered further out
                error.headers = {**(error.headers or {}), **notices(successor)}
                raise

    return Deprecated
