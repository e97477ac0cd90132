"""A realtime session over a bare WebSocket: says what it is told to; each event is judged by the SDK's own types."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pydantic
from openai.types.realtime import RealtimeServerEvent
from openai.types.realtime.realtime_session_create_response import RealtimeSessionCreateResponse
from websockets.sync.client import ClientConnection, connect

Payload = dict[str, Any]
SERVER_EVENT: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(RealtimeServerEvent)
IN_A_SESSION = {".session.id", ".session.object"}  # which the package declares of a created session only
FAST = "ttft=0;tps=100000;jitter=0"
SLOW = "ttft=0;tps=20;jitter=0"
NEVER = "ttft=30"
LAST = "rate_limits.updated"  # of a response


class Talk:
    """`declared_only` names the fields of a model that the SDK does not know."""

    def __init__(self, socket: ClientConnection, declared_only: Callable[[Any], list[str]]) -> None:
        self.socket = socket
        self.heard: list[Payload] = []
        self._declared_only = declared_only

    def say(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    def hear(self, kind: str = "") -> Payload:
        """The next event, or the next of this type."""
        while True:
            payload: Payload = json.loads(self.socket.recv(timeout=10))
            self._judge(payload)
            self.heard.append(payload)
            if kind in ("", payload["type"]):
                return payload

    def until(self, kind: str) -> list[Payload]:
        """Every event up to the next of this type."""
        begun = len(self.heard)
        self.hear(kind)
        return self.heard[begun:]

    def put(self, text: str, **fields: Any) -> Payload:
        """Add a user's message; the item as it was added."""
        self.say("conversation.item.create", item=user(text), **fields)
        self.hear("conversation.item.added")
        return dict(self.hear("conversation.item.done")["item"])

    def ask(self, text: str, **response: Any) -> list[Payload]:
        """A user's message and a response to it: the events of the response."""
        self.put(text)
        return self.respond(**response)

    def respond(self, **response: Any) -> list[Payload]:
        self.say("response.create", response=response)
        return self.until(LAST)

    def refused(self, kind: str, **fields: Any) -> Payload:
        """The error that this event gets."""
        self.say(kind, **fields)
        event = self.hear()
        assert event["type"] == "error", event
        return dict(event["error"])

    def _judge(self, payload: Payload) -> None:
        read = SERVER_EVENT.validate_json(json.dumps(payload), strict=True)
        known = IN_A_SESSION if payload["type"].startswith("session.") else set()
        assert set(self._declared_only(read)) <= known, payload
        if known:
            rest = {name: value for name, value in payload["session"].items() if name != "parallel_tool_calls"}
            created = RealtimeSessionCreateResponse.model_validate_json(json.dumps(rest), strict=True)
            assert self._declared_only(created) == []


def user(text: str) -> Payload:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def kinds(events: list[Payload]) -> list[str]:
    return [event["type"] for event in events]


def text(events: list[Payload]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


def done(events: list[Payload]) -> Payload:
    [response] = [event["response"] for event in events if event["type"] == "response.done"]
    return dict(response)


@contextmanager
def talking(
    url: str, declared_only: Callable[[Any], list[str]], key: str | None, model: str, pace: str, **headers: str
) -> Iterator[Talk]:
    bearer = {"authorization": f"Bearer {key}"} if key else {}
    fields = bearer | {"x-lab-pace": pace} | headers
    with connect(f"{url}/v1/realtime?model={model}", additional_headers=fields, proxy=None) as socket:
        yield Talk(socket, declared_only)
