"""A route that takes the short way where nothing is to be explained. Knows FastAPI's routes; knows no dialect.

FastAPI reads a request in general: exit stacks, solved dependencies, a type adapter, an encoder that walks the answer.
A route of ours asks for the visit, perhaps for one JSON body, perhaps for words of its path. Where a request fits that
shape it is read directly, by the same pydantic model; anything else, down to the smallest mistake, goes FastAPI's own
way, so that every refusal is what it is everywhere.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, cast

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from pydantic import BaseModel, ValidationError
from starlette._exception_handler import wrap_app_handling_exceptions  # as FastAPI does it
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from labserver.visit import visit_of

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
JSON = frozenset({"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"})


class LeanRoute(APIRoute):
    """For a router's `route_class`. A route whose endpoint asks for anything else stays as it was."""

    def get_route_handler(self) -> Handler:
        usual = super().get_route_handler()
        needs = self.dependant
        if not _is_plain(needs) or self.response_model is not None or not iscoroutinefunction(self.endpoint):
            return usual
        endpoint: Callable[..., Coroutine[Any, Any, Any]] = self.endpoint
        visit_name = str(needs.dependencies[0].name)
        words = [field.name for field in needs.path_params]
        model = _model(needs)
        body_name = needs.body_params[0].name if model is not None else ""
        status = self.status_code or 200

        async def handle(request: Request) -> Response:
            asked: dict[str, Any] = {}
            if model is not None:
                if (body := await _read(request, model)) is None:
                    return await usual(request)
                asked[body_name] = body
            for name in words:
                asked[name] = request.path_params[name]
            asked[visit_name] = await visit_of(request)
            answer = await endpoint(**asked)
            return answer if isinstance(answer, Response) else JSONResponse(answer, status)

        return handle


def shortened(route: BaseRoute) -> BaseRoute:
    """The same route; a WebSocket's that asks for nothing but its visit holds less while it waits."""
    if isinstance(route, APIWebSocketRoute) and _is_plain(route.dependant) and not route.dependant.path_params:
        route.app = _socket_app(route.dependant)
    return route


def _socket_app(needs: Dependant) -> ASGIApp:
    endpoint: Callable[..., Coroutine[Any, Any, None]] = cast("Any", needs.call)
    socket_name, visit_name = str(needs.websocket_param_name), str(needs.dependencies[0].name)

    def app(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        socket = WebSocket(scope, receive=receive, send=send)

        async def talk(*_: Any) -> None:
            await endpoint(**{socket_name: socket, visit_name: await visit_of(socket)})

        return wrap_app_handling_exceptions(talk, socket)(scope, receive, send)

    return app


async def _read(request: Request, model: type[BaseModel]) -> BaseModel | None:
    """The body as the model has it; None for whatever needs explaining."""
    if request.headers.get("content-type") not in JSON:
        return None
    try:
        return model.model_validate(json.loads(await request.body()))
    except (ValidationError, ValueError, RecursionError):
        return None


def _is_plain(needs: Dependant) -> bool:
    """One visit, at most one model as body, and words of the path as they stand there: nothing else to solve."""
    if [each.call for each in needs.dependencies] != [visit_of] or needs.dependencies[0].dependencies:
        return False
    if needs.query_params or needs.header_params or needs.cookie_params or needs.security_scopes_param_name:
        return False
    special = (
        needs.request_param_name,
        needs.http_connection_param_name,
        needs.response_param_name,
        needs.background_tasks_param_name,
    )
    if any(special) or any(
        field.field_info.metadata or field.field_info.annotation is not str for field in needs.path_params
    ):
        return False
    return not needs.body_params or _model(needs) is not None


def _model(needs: Dependant) -> type[BaseModel] | None:
    if len(needs.body_params) != 1:
        return None
    kind = needs.body_params[0].field_info.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
