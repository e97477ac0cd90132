"""Errors in the dialect of the path they happened on: one LabError, many shapes. Never a stack trace.

What nobody foresaw does not come here: `watch` catches it, logs it, and answers through `respond`.
"""

import math
import re
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from labserver.auth import TOKEN_PATH
from labserver.denials import challenge, oauth_error
from labserver.errors import (
    InvalidRequest,
    LabError,
    MethodNotAllowed,
    NotFound,
    RateLimited,
    TooSlow,
    UnprocessableRequest,
    UnsupportedMediaType,
)
from labserver.surfaces.openai_refusals import Refused, refused

OPENAI_TYPES = {429: "rate_limit_error"}  # past it, 5xx is `server_error` and 4xx `invalid_request_error`
OPENAI_CODES = {
    "UNAUTHORIZED": "invalid_api_key",
    "MODEL_NOT_FOUND": "model_not_found",
    "CONTEXT_LENGTH_EXCEEDED": "context_length_exceeded",
    "PROCESSING_FAILED": "server_error",
    "PIPELINE_UNAVAILABLE": "server_error",
    "FORBIDDEN": "forbidden",
    "INSUFFICIENT_SCOPE": "insufficient_scope",
    "RATE_LIMITED": "rate_limit_exceeded",
    "CONTENT_FILTERED": "content_filter",
    "NOT_RECORDED": "not_recorded",
    "BUDGET_SPENT": "insufficient_quota",
    "PROVIDER_REFUSED": "server_error",
    "PROVIDER_UNREACHABLE": "server_error",
    "PROVIDER_FAILED": "server_error",
    "PROVIDER_TIMEOUT": "server_error",
}


def rest_error(error: LabError) -> dict[str, Any]:
    """Seed 004's shape: `{"error": {"code", "message", "details"}}`."""
    return {"error": {"code": error.code, "message": error.message, "details": error.details}}


def openai_error(error: LabError) -> dict[str, Any]:
    """OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`, always all four."""
    kind = OPENAI_TYPES.get(error.status, "server_error" if error.status >= 500 else "invalid_request_error")
    code = error.kind if isinstance(error, Refused) else OPENAI_CODES.get(error.code)
    return {"error": {"message": error.message, "type": kind, "param": error.param, "code": code}}


def query_error(error: LabError) -> dict[str, Any]:
    """Seed 001's message inside a stream. Its `timestamp` really is the word `error` there."""
    return {"type": "error", "error": error.message, "timestamp": "error", **when_to_retry(error)}


def when_to_retry(error: LabError) -> dict[str, int]:
    """What a message that has no headers adds: `retry_after` in whole seconds, where it is known."""
    return {} if error.retry_after is None else {"retry_after": math.ceil(error.retry_after)}


SHAPES: dict[str, Callable[[LabError], Any]] = {"/v1": openai_error, TOKEN_PATH: oauth_error, "": rest_error}
IS_JSON = re.compile(r"application/([\w.-]+\+)?json\b", re.IGNORECASE)
IN_OPENAIS_WORDS = "/v1"  # and as a 400, where FastAPI's habit is 422
NEVER_KEPT = {"cache-control": "no-store", "pragma": "no-cache"}  # RFC 6749, section 5.1


def respond(connection: HTTPConnection, error: LabError) -> JSONResponse:
    shape, headers = _shape(connection.scope["path"]), {}
    if error.retry_after is not None:
        headers["retry-after"] = _again(error.retry_after, getattr(error, "dated", False))
        if shape is openai_error and isinstance(error, RateLimited):
            headers["retry-after-ms"] = str(math.ceil(error.retry_after * 1000))
    if (told := challenge(error)) is not None:
        headers["www-authenticate"] = told
    if connection.scope["path"] == TOKEN_PATH:
        headers |= NEVER_KEPT
    if isinstance(error, TooSlow):
        headers["connection"] = "close"
    return JSONResponse(shape(error), status_code=error.status, headers=headers)


def as_bytes(target: str, error: LabError) -> bytes:
    """A whole answer, after which the connection is closed, to a request that no application has seen."""
    shape = _shape(target.partition("?")[0])
    answer = JSONResponse(shape(error), headers={"date": formatdate(usegmt=True), "connection": "close"})
    fields = b"".join(b"%b: %b\r\n" % field for field in answer.raw_headers)
    return f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\n".encode() + fields + b"\r\n" + answer.body


def _shape(path: str) -> Callable[[LabError], dict[str, Any]]:
    return next(shape for prefix, shape in SHAPES.items() if not prefix or f"{path}/".startswith(f"{prefix}/"))


def _again(seconds: float, dated: bool) -> str:
    """Retry-After's two forms (RFC 9110, section 10.2.3). Both have whole seconds, rounded up: no client that keeps it
    comes too early. A date's clock is the real one, whatever the sandbox's says.
    """
    return formatdate(math.ceil(time.time() + seconds), usegmt=True) if dated else str(math.ceil(seconds))


async def _lab_error(connection: HTTPConnection, error: Exception) -> JSONResponse:
    assert isinstance(error, LabError)
    return respond(connection, error)


async def _http_error(connection: HTTPConnection, error: Exception) -> JSONResponse:
    """What Starlette itself refuses: no such path, or the wrong method for one (with `Allow`)."""
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, LabError):  # FastAPI's wrapping of what happens while it reads a body
        return respond(connection, error.__cause__)
    method, path = connection.scope.get("method", "GET"), connection.scope["path"]
    refusals: dict[int, LabError] = {
        404: NotFound(f"There is nothing at {path}. The whole map is at /."),
        405: MethodNotAllowed(f"{path} does not take {method}. The Allow header names what it takes."),
    }
    response = respond(connection, refusals.get(error.status_code, InvalidRequest(str(error.detail))))
    response.headers.update(error.headers or {})
    if error.status_code == 405 and (methods := _methods(connection)):
        response.headers["allow"] = ", ".join(methods)
    return response


def _methods(connection: HTTPConnection) -> list[str]:
    """Every method that this path takes; Starlette's own Allow names those of the first fitting route only."""
    routes = (route for router in connection.app.state.routers for route in router.routes)
    fitting = (
        route for route in routes if isinstance(route, Route) and route.path_regex.match(connection.scope["path"])
    )
    return sorted({method for route in fitting for method in route.methods or ()})


async def _invalid(connection: HTTPConnection, error: Exception) -> JSONResponse:
    """What pydantic refuses. Broken JSON is 400, a body that is not JSON by its header 415, wrong fields 422."""
    assert isinstance(error, RequestValidationError | WebSocketRequestValidationError)
    body = error.body if isinstance(error, RequestValidationError) else None
    return respond(connection, _explained(connection, error.errors(), body))


def _explained(connection: HTTPConnection, problems: Sequence[Any], body: Any) -> LabError:
    content_type = connection.headers.get("content-type")
    first = problems[0]
    if first["type"] == "json_invalid":
        reason = first.get("ctx", {}).get("error", "")
        return InvalidRequest(f"The body is not valid JSON: {reason} at character {first['loc'][-1]}.")
    if first["loc"] == ("body",) and not IS_JSON.match(content_type or ""):
        said = content_type or "no Content-Type at all"
        return UnsupportedMediaType(f"This route takes application/json; the request came with {said}.")
    if connection.scope["path"].startswith(IN_OPENAIS_WORDS + "/") and isinstance(body, dict):
        return refused(problems, body)
    fields = {".".join(str(part) for part in problem["loc"][1:]): problem["msg"] for problem in problems}
    told = "; ".join(f"{name or 'body'}: {message}" for name, message in fields.items())
    kind = InvalidRequest if connection.scope["path"].startswith(IN_OPENAIS_WORDS + "/") else UnprocessableRequest
    param = next(iter(fields)) or None
    return kind(f"The request does not fit: {told}", details={"fields": fields}, param=param)


def misfit(error: ValidationError, example: str) -> InvalidRequest:
    """A WebSocket message that is not what its socket takes: the first thing that is wrong, and what would be right."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return InvalidRequest(f"{where + ': ' if where else ''}{first['msg']}. Send a text frame of JSON like {example}.")


async def _nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    """What the router calls where no route fits; by itself it would refuse a WebSocket without a word."""
    connection = HTTPConnection(scope)
    await respond(connection, NotFound(f"There is nothing at {scope['path']}. The whole map is at /."))(
        scope, receive, send
    )


def install(app: FastAPI) -> None:
    app.router.default = _nothing_there
    app.add_exception_handler(LabError, _lab_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(WebSocketRequestValidationError, _invalid)
