"""A sandbox's second origin: a port that is somebody else's, as far as a client can tell, with a journal of its own.

Whatever is asked here, the answer says only which credentials came along, by name; their values are never seen again.
Knows no shop and no sandbox.
"""

import asyncio
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from labserver import auth, credentials
from labserver.credentials import Pairs
from labserver.exchange import Exchange
from labserver.journal import Journal


@dataclass(slots=True, eq=False)
class Stranger:
    """`door` is None while nobody listens; `port` is where somebody last did."""

    journal: Journal
    kept_bytes: int
    door: asyncio.Server | None = None
    port: int = 0

    def note(self, exchange: Exchange, headers: Pairs, query: bytes) -> None:
        """Into this journal, with every credential blotted out, also those that the lab itself would not know."""
        headers = list(headers)
        found = {*auth.secrets(auth.presented(headers, query), query), *credentials.values(headers, query)}
        exchange.claimed = True
        exchange.secrets = tuple(sorted(found, key=len, reverse=True))
        exchange.keep_at_most(self.kept_bytes)
        self.journal.open(exchange)

    def close(self) -> None:
        if self.door is not None:
            self.door.close()
            self.door = None


def greet(asked: HTTPConnection) -> Response:
    """What a stranger answers to anything: 200, what it was asked, the names of the credentials that it was given."""
    scope = asked.scope
    names = credentials.names(scope["headers"], scope["query_string"])
    told = {"origin": "stranger", "method": scope["method"], "path": scope["path"], "credentials": names}
    return JSONResponse(told, headers={"cache-control": "no-store"})
