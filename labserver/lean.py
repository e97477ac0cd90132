"""A route that takes the short way where nothing is to be explained. Knows FastAPI's routes; knows no dialect.

FastAPI reads a request in general: exit stacks, solved dependencies, a type adapter, an encoder that walks the answer.
A route of ours asks for the visit, perhaps for one JSON body, perhaps for words of its path. Where a request fits that
shape it is read directly, by the same pydantic model; anything else, down to the smallest mistake, goes FastAPI's own
way, so that every refusal is what it is everywhere.
"""

from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from typing import Any, cast

from fastapi.dependencies.models import Dependant
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.routing import APIRoute, APIWebSocketRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from labserver.visit import visit_in, visit_of

SHORTENED: set[ASGIApp] = set()  # the apps of the sockets that hold less
IS_JSON = (b"content-type", b"application/json")
JSON = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


class LeanRoute(APIRoute):
    """For a router's `route_class`. A route whose endpoint asks for anything else stays as it was: not `lean`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.lean = _is_plain(self.dependant) and self.response_model is None and iscoroutinefunction(endpoint)
        if self.lean:
            self.app = self._short(AsyncExitStackMiddleware(self.app))

    def _short(self, usual: ASGIApp) -> ASGIApp:
        endpoint: Callable[..., Coroutine[Any, Any, Any]] = self.endpoint
        needs, status = self.dependant, self.status_code or 200
        visit_name = str(needs.dependencies[0].name)
        words = [field.name for field in needs.path_params]
        model = _model(needs)
        body_name = needs.body_params[0].name if model is not None else ""

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            asked: dict[str, Any] = {}
            if model is not None:
                if next((value for name, value in scope["headers"] if name == b"content-type"), b"") not in JSON:
                    await usual(scope, receive, send)
                    return
                raw = await _body(receive)
                if (body := _read(raw, model)) is None:
                    await usual(scope, _again(raw, receive), send)
                    return
                asked[body_name] = body
                del raw, body
            for name in words:
                asked[name] = scope["path_params"][name]
            asked[visit_name] = visit_in(scope)
            answer = await endpoint(**asked)
            del asked  # an answer may take long, and what was asked need not wait for its end
            if isinstance(answer, Response):
                await answer(scope, receive, send)
                return
            whole = to_json(answer)
            headers = [(b"content-length", b"%d" % len(whole)), IS_JSON]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": whole})

        return app


def is_short(route: BaseRoute) -> bool:
    """Whether its app needs nothing of what FastAPI keeps ready around a route."""
    return route.lean if isinstance(route, LeanRoute) else getattr(route, "app", None) in SHORTENED


def shortened(route: BaseRoute) -> BaseRoute:
    """The same route; a WebSocket's that asks for nothing but its visit holds less while it waits."""
    if isinstance(route, APIWebSocketRoute) and _is_plain(route.dependant) and not route.dependant.path_params:
        route.app = _socket_app(route.dependant)
        SHORTENED.add(route.app)
    return route


def _socket_app(needs: Dependant) -> ASGIApp:
    endpoint: Callable[..., Coroutine[Any, Any, None]] = cast("Any", needs.call)
    socket_name, visit_name = str(needs.websocket_param_name), str(needs.dependencies[0].name)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive=receive, send=send)
        await endpoint(**{socket_name: socket, visit_name: visit_in(scope)})

    return app


def _read(raw: bytes, model: type[BaseModel]) -> BaseModel | None:
    """The body as the model has it; None for whatever needs explaining."""
    try:
        return model.model_validate_json(raw)
    except ValidationError:
        return None


async def _body(receive: Receive) -> bytes:
    """Raises ClientDisconnect, as Starlette does, where the client leaves before it is whole."""
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(pieces)


def _again(raw: bytes, receive: Receive) -> Receive:
    """The whole body once more, then what comes after it."""
    waiting = [raw]

    async def heard() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return heard


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
