"""One row of the shop under its own URL: shown, changed or removed, if it still is what the client took it for.

Knows REST and a row's kind; knows no kind's fields.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from fastapi import Request
from starlette.responses import Response

from labserver.store.world import R, World
from labserver.surfaces.conditional import answer, require_match
from labserver.visit import Visit


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """`name` is what a refusal calls such a row; `shown` is what a client sees of it, and what its ETag is made of.

    All three methods raise NotFound; the latter two PreconditionFailed where If-Match names an older state.
    """

    table: type[R]
    name: str
    shown: Callable[[R], dict[str, Any]]

    async def show(self, visit: Visit, request: Request, number: int) -> Response:
        return answer(request, await visit.shop(lambda world: self.shown(world.find(self.table, number, self.name))))

    async def change(self, visit: Visit, request: Request, number: int, act: Callable[[World, R], R]) -> Response:
        """The row as it is after `act`."""

        def work(world: World) -> dict[str, Any]:
            return self.shown(act(world, self._held(world, request, number)))

        return answer(request, await visit.shop(work))

    async def remove(self, visit: Visit, request: Request, number: int, act: Callable[[World, R], None]) -> Response:
        await visit.shop(lambda world: act(world, self._held(world, request, number)))
        return Response(status_code=204)

    def _held(self, world: World, request: Request, number: int) -> R:
        row = world.find(self.table, number, self.name)
        require_match(request, self.shown(row))
        return row
