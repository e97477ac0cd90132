"""One question, streamed in each of the lab's dialects: pieces of text out. Knows the wire; knows no widget.

A row of DIALECTS is an async generator: close it, or cancel the task that reads it, and the connection closes, so that
the server sees its client leave. What goes wrong comes out as AnswerError, in words for a person.
"""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

PATIENCE = httpx2.Timeout(60, connect=5)  # seconds: a model may think long, a door opens at once
NOBODY = "Nobody answers there. Run the `labkit.open` cell again: it starts a lab server where there is none."
LOST = "The connection was lost in the middle of the answer. What came is kept; try again."
UNFINISHED = "The answer stopped before its end: nothing said that it was finished. What came is kept; try again."


class AnswerError(RuntimeError):
    """No answer, or not all of it. The message says what happened and what to do."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said: `role` is `user` or `assistant`."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """Where to ask, with which key and model; `headers` go along with every request."""

    url: str
    key: str
    model: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}", **self.headers}


Dialect = Callable[[Place, Sequence[Turn]], AsyncGenerator[str, None]]


async def query(place: Place, turns: Sequence[Turn]) -> AsyncGenerator[str, None]:
    """Seed 001's server-sent events. The dialect knows no history: the last turn is asked."""
    body = {"query": turns[-1].text, "model": place.model}
    try:
        async with (
            httpx2.AsyncClient(headers=place.sent, timeout=PATIENCE, trust_env=False, verify=False) as http,
            http.stream("POST", f"{place.url}/api/v1/query/stream", json=body) as answer,
        ):
            if not answer.is_success:
                raise AnswerError(_refused(answer.status_code, await answer.aread()))
            async for event in httpx2.EventSource(answer):
                if event.data == "[DONE]":
                    return
                if piece := _message(event.data):
                    yield piece
    except httpx2.ConnectError:
        raise AnswerError(NOBODY) from None
    except httpx2.TransportError:
        raise AnswerError(LOST) from None
    raise AnswerError(UNFINISHED)


async def chat_completions(place: Place, turns: Sequence[Turn]) -> AsyncGenerator[str, None]:
    """OpenAI's chat completions by its own SDK, the whole conversation each time; the SDK's own retries are off."""
    messages: Any = [{"role": turn.role, "content": turn.text} for turn in turns]
    http = openai.DefaultAsyncHttpxClient(trust_env=False, verify=False)
    client = openai.AsyncOpenAI(
        base_url=f"{place.url}/v1",
        api_key=place.key,
        default_headers=place.headers,
        max_retries=0,
        timeout=PATIENCE,
        http_client=http,
    )
    finished = False
    try:
        async with (
            client,
            await client.chat.completions.create(model=place.model, messages=messages, stream=True) as stream,
        ):
            async for chunk in stream:
                for choice in chunk.choices[:1]:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        yield choice.delta.content
    except openai.APIStatusError as error:
        raise AnswerError(_refused(error.status_code, error.response.content)) from None
    except openai.APIConnectionError as error:
        raise AnswerError(NOBODY if isinstance(error.__cause__, httpx2.ConnectError) else LOST) from None
    except openai.APIError as error:
        raise AnswerError(f"The server broke the answer off: {error.message}") from None
    except httpx2.TransportError:
        raise AnswerError(LOST) from None
    except json.JSONDecodeError:
        raise AnswerError("The server sent something that the openai client could not read. Try again.") from None
    if not finished:
        raise AnswerError(UNFINISHED)


async def query_socket(place: Place, turns: Sequence[Turn]) -> AsyncGenerator[str, None]:
    """Seed 001's messages on a WebSocket of its own; to stop is to close it. No history: the last turn is asked."""
    address = place.url.replace("http", "ws", 1) + "/api/v1/query/ws"
    try:
        async with connect(address, additional_headers=place.sent, proxy=None, open_timeout=5) as socket:
            await socket.send(json.dumps({"query": turns[-1].text, "model": place.model}))
            async for said in socket:
                message = str(said)
                if piece := _message(message):
                    yield piece
                elif json.loads(message).get("type") == "end":
                    return
    except InvalidStatus as error:
        raise AnswerError(_refused(error.response.status_code, bytes(error.response.body or b""))) from None
    except ConnectionClosed:
        raise AnswerError(LOST) from None
    except (OSError, InvalidHandshake):
        raise AnswerError(NOBODY) from None
    raise AnswerError(UNFINISHED)


DIALECTS: dict[str, Dialect] = {"query": query, "openai": chat_completions, "websocket": query_socket}


async def ask(dialect: str, place: Place, turns: Sequence[Turn]) -> AsyncGenerator[str, None]:
    """The pieces of an answer, as they come."""
    async with aclosing(DIALECTS[dialect](place, turns)) as pieces:
        async for piece in pieces:
            yield piece


def known(dialect: str) -> str:
    if dialect in DIALECTS:
        return dialect
    raise LookupError(f"There is no dialect {dialect!r}. There are: {', '.join(DIALECTS)}.")


def _message(data: str) -> str:
    """The text of one of seed 001's messages, empty where it carries none. Raises AnswerError for an `error`."""
    try:
        message = json.loads(data)
    except ValueError:
        raise AnswerError("The server sent something that is no JSON. Try again.") from None
    if message.get("type") == "error":
        raise AnswerError(f"The server broke the answer off: {message.get('error')}")
    return str(message.get("chunk", "")) if message.get("type") == "content" else ""


def _refused(status: int, body: bytes) -> str:
    """The server's own words, whichever dialect they came in."""
    try:
        said = json.loads(body)
    except ValueError:
        said = {}
    error = said.get("error", said) if isinstance(said, dict) else {}
    words = error.get("message", "") if isinstance(error, dict) else str(error)
    return f"The server said no ({status}){f': {words}' if words else '.'}"
