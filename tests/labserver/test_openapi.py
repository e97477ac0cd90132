"""Both descriptions are valid OpenAPI and complete: whatever a route lacks is named, with the route."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from documented import PAGES, Operation, operations
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

KEYS = {("http", "bearer", None), ("apiKey", "header", "X-API-Key"), ("apiKey", "query", "key")}
ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
NEEDS_NO_EXAMPLE = ("enum", "const", "default")


@pytest.fixture(scope="module", params=PAGES)
def described(server, request) -> list[Operation]:
    return operations(server, request.param)


def complain(lines: list[str]) -> None:
    assert not lines, "\n".join(["", *lines])


def alternatives(operation: Operation, schema: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema and what it may be instead: `int | None` is two."""
    schema = operation.resolved(schema)
    return [schema, *(operation.resolved(inner) for inner in schema.get("anyOf", ()))]


def media(operation: Operation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(where, content type, media type object) of the request's body and of every answer's."""
    for media_type, told in operation.spec.get("requestBody", {}).get("content", {}).items():
        yield f"{operation.name}: the request body as {media_type}", media_type, told
    for status, response in operation.responses.items():
        for media_type, told in response.get("content", {}).items():
            yield f"{operation.name}: the answer {status} as {media_type}", media_type, told


def test_the_description_is_valid_openapi(described: list[Operation]) -> None:
    validate(described[0].document)


def test_every_tag_is_described_and_every_described_tag_is_used(described: list[Operation]) -> None:
    told = {tag["name"]: tag.get("description") for tag in described[0].document["tags"]}
    used = {tag for operation in described for tag in operation.spec.get("tags", ())}
    complain([f"{op.name}: it has no tag" for op in described if not op.spec.get("tags")])
    cure = "Give it a row in TAGS, labserver/surfaces/manual_parts.py."
    complain([f"the tag {tag!r} has no description. {cure}" for tag in used if not told.get(tag)])
    assert used == set(told)


def test_every_operation_says_what_it_is_under_a_name_of_its_own(described: list[Operation]) -> None:
    lines: list[str] = []
    ids = Counter(operation.spec.get("operationId", "") for operation in described)
    for operation in described:
        name = operation.spec.get("operationId", "")
        if not operation.spec.get("summary"):
            lines.append(f"{operation.name}: no summary")
        if len(operation.spec.get("description", "")) < 16:
            lines.append(f"{operation.name}: no description. Write the function's docstring.")
        if not ID.fullmatch(name) or ids[name] > 1:
            lines.append(f"{operation.name}: the operationId {name!r} is not readable or not unique")
    complain(lines)


def test_every_parameter_is_described_and_has_an_example(described: list[Operation]) -> None:
    lines: list[str] = []
    for operation in described:
        for parameter in operation.parameters:
            where = f"{operation.name}: the parameter {parameter['name']}"
            if not parameter.get("description"):
                lines.append(f"{where} has no description")
            kinds = alternatives(operation, parameter["schema"])
            plain = any(kind.get(word) is not None for kind in kinds for word in NEEDS_NO_EXAMPLE)
            boolean = any(kind.get("type") == "boolean" for kind in kinds)
            if not plain and not boolean and operation.first(parameter) is None:
                lines.append(f"{where} has no example")
    complain(lines)


def test_every_body_has_an_example_and_an_answer_in_json_a_schema(described: list[Operation]) -> None:
    lines: list[str] = []
    for operation in described:
        if "requestBody" in operation.spec and not operation.bodies:
            lines.append(f"{operation.name}: its request body has no content type")
        for where, media_type, told in media(operation):
            if not operation.examples(told):
                lines.append(f"{where} has no example")
            schema = operation.resolved(told.get("schema", {}))
            if media_type == "application/json" and "answer" in where and not schema.keys() & {"properties", "anyOf"}:
                lines.append(f"{where} has no schema with fields. Name a model in the route's responses.")
    complain(lines)


def test_every_example_fits_its_schema(described: list[Operation]) -> None:
    lines: list[str] = []
    for operation in described:
        parameters = [
            (f"{operation.name}: the parameter {p['name']}", p["schema"], [operation.first(p)])
            for p in operation.parameters
            if operation.first(p) is not None
        ]
        bodies = [(where, told.get("schema", {}), operation.examples(told)) for where, _, told in media(operation)]
        for where, schema, examples in parameters + bodies:
            whole = {**schema, "components": operation.document["components"]}
            for example in examples:
                lines += [
                    f"{where}: its example does not fit at {error.json_path}: {error.message:.200}"
                    for error in Draft202012Validator(whole).iter_errors(example)
                ]
    complain(lines)


def test_every_answer_is_described_and_a_stream_shows_whole_events(described: list[Operation]) -> None:
    lines: list[str] = []
    for operation in described:
        if not any(status < "3" for status in operation.responses):
            lines.append(f"{operation.name}: no success is documented")
        for status, response in operation.responses.items():
            where = f"{operation.name}: the answer {status}"
            if not re.fullmatch("[1-5](XX|[0-9]{2})", status):
                lines.append(f"{where} is no status")
            if not response.get("description"):
                lines.append(f"{where} has no description")
            if status == "401" and "WWW-Authenticate" not in response.get("headers", {}):
                lines.append(f"{where} lacks the header WWW-Authenticate")
            if status == "429" and "Retry-After" not in response.get("headers", {}):
                lines.append(f"{where} lacks the header Retry-After")
        for where, media_type, told in media(operation):
            if media_type == "text/event-stream":
                lines += [f"{where}: no whole events" for text in operation.examples(told) if text[-2:] != "\n\n"]
    complain(lines)


def test_every_header_is_described_with_an_example(described: list[Operation]) -> None:
    for name, header in described[0].document["components"]["headers"].items():
        assert header["description"] and "example" in header and header["schema"], name


def test_a_key_may_stand_in_three_places_or_be_left_out(described: list[Operation]) -> None:
    document = described[0].document
    schemes = document["components"]["securitySchemes"]
    found = {
        (scheme["type"], scheme.get("in", scheme.get("scheme")), scheme.get("name")) for scheme in schemes.values()
    }
    assert found >= KEYS
    for operation in described:
        ways = operation.spec.get("security", [{}])
        assert ({} in ways) == (operation.name != "GET /auth/me"), operation.name
        assert {name for way in ways for name in way} <= set(schemes), operation.name
    assert all(scheme["description"] for scheme in schemes.values())


def test_every_link_leads_to_an_operation_and_to_a_parameter_of_it(described: list[Operation]) -> None:
    named = {operation.spec["operationId"]: operation for operation in described}
    links = [
        link for op in described for response in op.responses.values() for link in response.get("links", {}).items()
    ]
    for name, link in links:
        taken = {parameter["name"] for parameter in named[name].parameters}
        assert link["operationId"] == name
        assert link["parameters"].keys() <= taken, name
