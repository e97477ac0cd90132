"""Every operation of both OpenAPI descriptions, and how to ask for just what it documents. Knows OpenAPI, no route.

What is asked: required parameters by their example, optional ones only where a parameter (not its schema) has one,
and the body once per example. What must be there first is read from the links of other operations' answers.
As a program it records what the server answers: PYTHONPATH=. python tests/labserver/documented.py
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx2

from labserver.surfaces.manual_document import RECORDED

PAGES = ("/openapi.json", "/lab/openapi.json")
SEED = 7
SHOWN = 2  # of a list
BLOCKS = 3  # of an endless stream
PATIENCE = 10.0  # seconds until an answer that comes later must have come


@dataclass(frozen=True)
class Answer:
    status: str
    media_type: str
    headers: httpx2.Headers
    value: Any


@dataclass(frozen=True)
class Operation:
    name: str
    spec: dict[str, Any]
    document: dict[str, Any]

    def resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            at: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                at = at[step]
            node = at
        return node

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return [self.resolved(parameter) for parameter in self.spec.get("parameters", [])]

    @property
    def bodies(self) -> dict[str, list[Any]]:
        """Content type -> its examples."""
        content = self.spec.get("requestBody", {}).get("content", {})
        return {media_type: self.examples(told) for media_type, told in content.items()}

    @property
    def responses(self) -> dict[str, dict[str, Any]]:
        return {status: self.resolved(told) for status, told in self.spec["responses"].items()}

    def examples(self, told: dict[str, Any]) -> list[Any]:
        """Those of a media type object, of its schema, or the one that its schema's required fields make up."""
        if "example" in told:
            return [told["example"]]
        if told.get("examples"):
            return [example["value"] for example in told["examples"].values()]
        schema = self.resolved(told.get("schema", {}))
        if given := schema.get("examples") or ([schema["example"]] if "example" in schema else []):
            return list(given)
        fields = {name: self.resolved(schema.get("properties", {})[name]) for name in schema.get("required", [])}
        if not all(field.get("examples") for field in fields.values()):
            return []
        return [{name: field["examples"][0] for name, field in fields.items()}] if "properties" in schema else []

    def first(self, parameter: dict[str, Any]) -> Any:
        own = self.own_example(parameter)
        return own if own is not None else next(iter(parameter["schema"].get("examples", ())), None)

    def own_example(self, parameter: dict[str, Any]) -> Any:
        return next(iter(self.examples({**parameter, "schema": {}})), None)

    def requests(self) -> Iterator[dict[str, Any]]:
        method, path = self.name.split(" ")
        for wishes in product(*(self.wishes(parameter) for parameter in self.parameters)):
            yield from self.asked(method, path, list(zip(self.parameters, wishes, strict=True)))

    def wishes(self, parameter: dict[str, Any]) -> list[Any]:
        """Every example of its own, else (of one that must be there) the first of its schema; [None] leaves it out."""
        own = self.examples({**parameter, "schema": {}})
        return own or [self.first(parameter) if parameter.get("required") else None]

    def asked(self, method: str, path: str, wishes: list[tuple[dict[str, Any], Any]]) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {}
        headers: dict[str, str] = {}
        for parameter, asked in wishes:
            if asked is None:
                continue
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", str(asked))
            elif parameter["in"] == "query":
                query[parameter["name"]] = asked
            else:
                headers[parameter["name"]] = str(asked)
        whole = {"method": method, "url": path, "params": query}
        bodies = [(kind, example) for kind, examples in self.bodies.items() for example in examples]
        for media_type, example in bodies:
            form = "urlencoded" in media_type
            content = {"data": example} if form else {"content": json.dumps(example)}
            yield {**whole, **content, "headers": {**headers, "content-type": media_type}}
        if not bodies:
            yield {**whole, "headers": headers}

    def awaited(self) -> set[tuple[str, str]]:
        """(status, content type) of every documented success that has a body."""
        return {
            (status, media_type)
            for status, told in self.responses.items()
            if status.isdigit() and status < "300"
            for media_type in told.get("content", {})
        }

    def forerunners(self, others: list["Operation"]) -> list["Operation"]:
        """Whose answers lead here."""
        links = [(other, link) for other in others for r in other.responses.values() for link in r.get("links", {})]
        return [other for other, link in links if link == self.spec["operationId"]]


def operations(server: Any, page: str) -> list[Operation]:
    document = server.http.get(page).raise_for_status().json()
    return [
        Operation(f"{method.upper()} {path}", spec, document)
        for path, item in document["paths"].items()
        for method, spec in item.items()
    ]


def answers(server: Any, operation: Operation, others: list[Operation]) -> list[Answer]:
    """What a fresh sandbox answers to what is documented, asked again while that is 202."""
    key = server.sandbox(SEED)
    heard: list[Answer] = []
    with httpx2.Client(base_url=server.url, headers={"x-api-key": key, "accept-encoding": "identity"}) as client:
        client.get("/health")  # so that a journal has something to show
        if {"client": []} in operation.spec.get("security", []):
            client.auth = (client.get("/lab/auth").json()["client_id"], key)
        for forerunner in operation.forerunners(others):
            for asked in forerunner.requests():
                client.request(**asked).raise_for_status()
        deadline = time.monotonic() + PATIENCE
        while not heard or (heard[-1].status == "202" and time.monotonic() < deadline):
            for asked in operation.requests():
                with client.stream(**asked, timeout=PATIENCE) as response:
                    heard.append(_endless(response, client) if operation.spec.get("x-endless") else _whole(response))
        client.delete("/lab/sandboxes")
    return heard


def _whole(response: httpx2.Response) -> Answer:
    return _answer(response, response.read())


def _endless(response: httpx2.Response, client: httpx2.Client) -> Answer:
    """The first blocks of a stream that tells what else happens, so something does."""
    body, pieces = b"", response.iter_bytes()
    while body.count(b"\n\n") < BLOCKS:
        body += next(pieces)
        client.post("/shop/orders", json={"product_id": 123, "quantity": 1}).raise_for_status()
    return _answer(response, b"".join(block + b"\n\n" for block in body.split(b"\n\n")[:BLOCKS]))


def _answer(response: httpx2.Response, body: bytes) -> Answer:
    media_type = response.headers.get("content-type", "").partition(";")[0]
    return Answer(str(response.status_code), media_type, response.headers, _value(media_type, body))


def _value(media_type: str, body: bytes) -> Any:
    if media_type == "application/json":
        return abridged(json.loads(body)) if body else None
    if media_type == "application/octet-stream":
        return body[:16].decode("latin-1")
    return body.decode()


def abridged(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: abridged(inner) for name, inner in value.items()}
    return [abridged(inner) for inner in value[:SHOWN]] if isinstance(value, list) else value


def record(server: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for page in PAGES:
        others = operations(server, page)
        for operation in others:
            wanted = set() if operation.spec.get("x-measured") else operation.awaited()
            for answer in answers(server, operation, others) if wanted else ():
                if (answer.status, answer.media_type) in wanted:
                    statuses = made.setdefault(operation.name, {}).setdefault(answer.status, {})
                    statuses.setdefault(answer.media_type, {"example": answer.value})
                else:
                    print(f"{operation.name} answered {answer.status} {answer.media_type}: {answer.value!r:.200}")
    return made


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest has it
    from conftest import LiveServer

    with tempfile.TemporaryDirectory() as folder:
        live = LiveServer(Path(folder), "--solo")
        try:
            RECORDED.write_text(json.dumps(record(live), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        finally:
            live.stop()
