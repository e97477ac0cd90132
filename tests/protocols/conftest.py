"""The `openai` package's own types as judges: a payload is exactly what they declare, no field more and none less."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pydantic
import pytest
from openai import OpenAI
from openai.types import ErrorObject, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.create_embedding_response import CreateEmbeddingResponse
from openai.types.responses import Response, ResponseItemList, ResponseStreamEvent
from realtime import Talk, talking

FAST = "ttft=0;tps=100000;jitter=0"
TYPES: dict[str, type[pydantic.BaseModel]] = {
    "chat.completion": ChatCompletion,
    "chat.completion.chunk": ChatCompletionChunk,
    "model": Model,
    "response": Response,
    "item list": ResponseItemList,
    "embeddings": CreateEmbeddingResponse,
}
STREAM_EVENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(ResponseStreamEvent)


def exactly(payload: dict[str, Any], kind: str = "") -> pydantic.BaseModel:
    """The payload, read strictly by the type that it claims to be (or `kind`, where its `object` is only `list`).

    Fields that the type does not declare fail. An event of a response has a `sequence_number`.
    """
    if "sequence_number" in payload:
        read: pydantic.BaseModel = STREAM_EVENT.validate_json(json.dumps(payload), strict=True)
    else:
        its = ErrorObject if "message" in payload else TYPES[kind or payload["object"]]
        read = its.model_validate_json(json.dumps(payload), strict=True)
    assert list(undeclared(read)) == []
    return read


def undeclared(value: Any, path: str = "") -> Iterator[str]:
    """Where a payload has fields that the SDK's types do not know. Its models let them pass."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from undeclared(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from undeclared(each, f"{path}[{at}]")


@pytest.fixture(name="exactly")
def exactly_() -> Callable[[dict[str, Any]], pydantic.BaseModel]:
    return exactly


@pytest.fixture
def declared_only() -> Callable[[Any], list[str]]:
    """The fields that the SDK's types do not know: there are none in what is ours."""
    return lambda value: list(undeclared(value))


def refusal_in(answer: Any) -> dict[str, Any]:
    """The error of a 400, which has exactly its four fields."""
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.fixture
def ask(server) -> Callable[..., list[dict[str, Any]]]:
    """Post a chat request as it stands: the payloads of the answer, one, or one per chunk, each exactly of its type.

    An error is a payload too, and is checked for its four fields.
    """

    def ask(key: str | None = None, **body: Any) -> list[dict[str, Any]]:
        body = {"model": "tea-small"} | body
        headers = {"authorization": f"Bearer {key or server.sandbox()}", "x-lab-pace": FAST}
        answer = server.http.post("/v1/chat/completions", json=body, headers=headers)
        if answer.status_code != 200:
            payloads = [refusal_in(answer)]
        elif body.get("stream"):
            *events, done, end = answer.text.split("\n\n")
            assert (done, end) == ("data: [DONE]", "")
            payloads = [json.loads(event.removeprefix("data: ")) for event in events]
        else:
            payloads = [answer.json()]
        for payload in payloads:
            exactly(payload)
        return payloads

    return ask


@pytest.fixture
def respond(server) -> Callable[..., list[dict[str, Any]]]:
    """Post a request for a response as it stands: the payloads of the answer, one, or one per event, each exactly of
    its type. An error is a payload too, and is checked for its four fields.
    """

    def respond(key: str | None = None, pace: str = FAST, **body: Any) -> list[dict[str, Any]]:
        headers = {"authorization": f"Bearer {key or server.sandbox()}", "x-lab-pace": pace}
        answer = server.http.post("/v1/responses", json={"model": "tea-small"} | body, headers=headers)
        if answer.status_code != 200:
            payloads = [refusal_in(answer)]
        elif body.get("stream"):
            *blocks, end = answer.text.split("\n\n")
            assert end == ""
            pairs = [block.removeprefix("event: ").split("\ndata: ") for block in blocks]
            payloads = [json.loads(data) for _, data in pairs]
            assert [name for name, _ in pairs] == [payload["type"] for payload in payloads]
        else:
            payloads = [answer.json()]
        for payload in payloads:
            exactly(payload)
        return payloads

    return respond


@pytest.fixture
def talk(server, key: str, declared_only: Callable[[Any], list[str]]) -> Iterator[Callable[..., Talk]]:
    """Open a realtime session, each event of which is exactly of its type; `session.created` was heard."""
    with ExitStack() as sessions:

        def open_session(
            own_key: str | None = None, model: str = "script", pace: str = FAST, url: str | None = None, **headers: str
        ) -> Talk:
            how = talking(url or server.ws_url, declared_only, own_key or key, model, pace, **headers)
            session = sessions.enter_context(how)
            assert session.hear()["type"] == "session.created"
            return session

        yield open_session


@pytest.fixture
def key(server) -> str:
    """Of a fresh sandbox."""
    return server.sandbox()


@pytest.fixture
def client(server, key: str) -> Iterator[OpenAI]:
    """The `openai` SDK in that sandbox, as it comes: it repeats what fails."""
    headers = {"x-lab-pace": FAST}
    with OpenAI(base_url=f"{server.url}/v1", api_key=key, default_headers=headers, timeout=10) as client:
        yield client


@pytest.fixture
def openai_client(client: OpenAI) -> OpenAI:
    """The same, and it repeats nothing."""
    return client.with_options(max_retries=0)
