"""One OpenAPI document out of some routes: what FastAPI knows, and what it does not. Knows routes, no dialect.

The examples of answers are recordings of this server, kept in `recorded.json`: tests/labserver/documented.py makes
them, and a test compares each with what the server says today.
"""

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

import labserver
from labserver import sse
from labserver.surfaces.manual_parts import (
    CONDITIONS,
    HEADERS,
    MARKS,
    OPENAI_STANDING,
    STANDING,
    TAGS,
    WISHES,
    carrying,
)
from labserver.surfaces.promised import refusal_schemas, with_nulls
from labserver.surfaces.secured import secured

RECORDED = Path(__file__).with_name("recorded.json")
UNMARKED = ("/lab", "/metrics")  # these have no journal, no faults and no limits

Document = dict[str, Any]


@cache
def recorded() -> dict[str, Any]:
    """`GET /path` -> status -> content type -> {"example": value}."""
    told: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return told


def describe(routes: Sequence[BaseRoute], title: str, description: str) -> Document:
    document = get_openapi(title=title, version=labserver.__version__, description=description, routes=routes)
    found = list(_operations(document, routes))
    _name([(route, operation) for route, _, operation in found])
    for _, name, operation in found:
        _drop_foreign_refusals(operation["responses"])
        _mark(name, operation)
        for response in operation["responses"].values():
            response.get("content", {}).get(sse.MEDIA_TYPE, {}).pop("schema", None)  # of the whole: it has no end
        for status, contents in recorded().get(name, {}).items():
            shown = operation["responses"].get(status, {}).get("content", {})
            for media_type, example in contents.items():
                if media_type in shown:
                    shown[media_type] |= example
    components = document.setdefault("components", {})
    components["schemas"] = _schemas(components.get("schemas", {}), [operation for _, _, operation in found])
    components["headers"] = HEADERS
    used = {tag for _, _, operation in found for tag in operation["tags"]}
    document["tags"] = [{"name": tag, "description": told} for tag, told in TAGS.items() if tag in used]
    return secured(document)


def _operations(document: Document, routes: Sequence[BaseRoute]) -> Iterator[tuple[APIRoute, str, dict[str, Any]]]:
    """(route, `GET /path`, its operation)."""
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                yield route, f"{method} {route.path_format}", document["paths"][route.path_format][method.lower()]


def _name(found: list[tuple[APIRoute, dict[str, Any]]]) -> None:
    """The function's name is the operation's id; where that is taken, its tag goes before it."""
    taken: set[str] = set()
    for route, operation in found:
        name = route.operation_id or route.name
        operation["operationId"] = f"{operation['tags'][0]}_{name}" if name in taken else name
        taken.add(operation["operationId"])


def _drop_foreign_refusals(responses: dict[str, Any]) -> None:
    """FastAPI promises a 422 of its own shape wherever a route takes something; no dialect here speaks it."""
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for refusal in (response for status, response in responses.items() if status >= "4"):
        if "application/json" in refusal.get("content", {}):
            refusal["content"] = {"application/json": with_nulls(refusal["content"]["application/json"])}


def _schemas(known: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """What the routes' models are, but for FastAPI's own refusal, and the shapes of ours."""
    contents = (
        content
        for operation in operations
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
    )
    wanted = {content.get("schema", {}).get("$ref", "") for content in contents}
    ours = {name: schema for name, schema in known.items() if name not in ("HTTPValidationError", "ValidationError")}
    return dict(sorted((ours | refusal_schemas(wanted)).items()))


def _mark(name: str, operation: dict[str, Any]) -> None:
    """The headers that no route names: what all take and send, and the conditions of those that answer 304 or 412."""
    path = name.split(" ")[1]
    watched = path.startswith(UNMARKED)
    sent = MARKS[:1] if watched else (*MARKS, *(OPENAI_STANDING if path.startswith("/v1") else STANDING))
    parameters = operation.setdefault("parameters", [])
    parameters += [condition for status, condition in CONDITIONS.items() if status in operation["responses"]]
    parameters += [wish for wish in WISHES if not watched or wish["name"] == "x-request-id"]
    for response in operation["responses"].values():
        response["headers"] = {**response.get("headers", {}), **carrying(*sent)}
