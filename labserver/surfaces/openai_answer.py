"""A chat answer in OpenAI's JSON, piece by piece: heads, choices, calls, odds, bills. Knows events; knows no HTTP.

Source: `ChatCompletion` and `ChatCompletionChunk` of the `openai` package; the tests read every answer with its types.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from labserver.events import End, StreamEvent, Text, ToolCall, Usage
from labserver.sandbox import Stamp
from labserver.surfaces.openai_request import ChatBody

FINGERPRINT = "fp_wirelab"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How this request wants its answer told: `old` calls are a `function_call`, without ids."""

    stamp: Stamp
    model: str
    old: bool
    by_name: bool
    tier: str | None
    logprobs: bool

    @classmethod
    def of(cls, body: ChatBody, stamp: Stamp) -> "Dialect":
        return cls(
            stamp=stamp,
            model=body.model,
            old=bool(body.functions),
            by_name=body.offer.by_name,
            tier=TIERS.get(body.service_tier or ""),
            logprobs=bool(body.logprobs),
        )

    def head(self, kind: str) -> dict[str, Any]:
        """What every chunk of an answer has in common; `kind` is the `object`."""
        digest = self.stamp.digest[:24]
        return {"id": f"chatcmpl-{digest}", "object": kind, "created": self.stamp.seconds, "model": self.model}

    @property
    def tail(self) -> dict[str, Any]:
        """The tier is told where one was asked for."""
        return {"system_fingerprint": FINGERPRINT} | ({"service_tier": self.tier} if self.tier else {})

    def finish(self, reason: str) -> str:
        """A call that the request itself named ends with `stop`: the model had no choice to tell of."""
        if reason != "tool_calls":
            return reason
        if self.by_name:
            return "stop"
        return "function_call" if self.old else reason

    def call_id(self, choice: int, call: int) -> str:
        digest = hashlib.sha256(f"{self.stamp.digest}\n{choice}\n{call}".encode()).hexdigest()
        return f"call_{digest[:24]}"

    def delta(self, event: Text | ToolCall) -> dict[str, Any]:
        """`{"content": …}`; or the start of a call, with its id and name, or a piece of its arguments."""
        if isinstance(event, Text):
            return {"content": event.text}
        opening = {"name": event.name} if event.name else {}
        function = {**opening, "arguments": event.arguments}
        if self.old:
            return {"function_call": function}
        named = {"id": self.call_id(event.index, event.call), "type": "function"} if event.name else {}
        return {"tool_calls": [{"index": event.call, **named, "function": function}]}

    def odds(self, *events: StreamEvent) -> dict[str, Any] | None:
        """`logprobs` of some deltas of one choice, or null where nobody asked, or where no text was said."""
        if not self.logprobs:
            return None
        said = [odds(event) for event in events if isinstance(event, Text) and event.odds]
        return {"content": said, "refusal": None} if said else None


TIERS = {"auto": "default", "default": "default", "flex": "flex", "scale": "default", "priority": "priority"} | {
    "fast": "priority"
}


@dataclass(slots=True)
class Choice:
    """One choice of a whole answer, as its events come in."""

    index: int
    events: list[StreamEvent] = field(default_factory=list)
    finish_reason: str = "stop"

    def add(self, event: StreamEvent) -> None:
        if isinstance(event, End):
            self.finish_reason = event.finish_reason
        else:
            self.events.append(event)

    def told(self, dialect: Dialect) -> dict[str, Any]:
        text = "".join(event.text for event in self.events if isinstance(event, Text))
        calls = _calls([event for event in self.events if isinstance(event, ToolCall)])
        message: dict[str, Any] = {"role": "assistant", "content": None if calls else text, "refusal": None}
        if calls and dialect.old:
            message["function_call"] = calls[0]
        elif calls:
            message["tool_calls"] = [
                {"id": dialect.call_id(self.index, at), "type": "function", "function": function}
                for at, function in enumerate(calls)
            ]
        return {
            "index": self.index,
            "message": message,
            "logprobs": dialect.odds(*self.events),
            "finish_reason": dialect.finish(self.finish_reason),
        }


def whole(events: Sequence[StreamEvent], n: int, dialect: Dialect) -> dict[str, Any]:
    """A `chat.completion` from all the events of an answer."""
    choices = [Choice(index) for index in range(n)]
    bill = Usage(0, 0)
    for event in events:
        if isinstance(event, Text | ToolCall | End):
            choices[event.index].add(event)
        elif isinstance(event, Usage):
            bill = event
    return {
        **dialect.head("chat.completion"),
        "choices": [choice.told(dialect) for choice in choices],
        "usage": usage(bill),
        **dialect.tail,
    }


def usage(bill: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": bill.prompt_tokens,
        "completion_tokens": bill.completion_tokens,
        "total_tokens": bill.total_tokens,
    }


def odds(event: Text) -> dict[str, Any]:
    """One token with its log probability and its rivals'; `bytes` are its UTF-8."""
    (token, said), *likely = event.odds
    return _token(token, said) | {"top_logprobs": [_token(each, logprob) for each, logprob in likely]}


def _token(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "replace"))}


def _calls(deltas: Sequence[ToolCall]) -> list[dict[str, str]]:
    functions: list[dict[str, str]] = []
    for delta in deltas:
        if delta.name:
            functions.append({"name": delta.name, "arguments": ""})
        functions[delta.call]["arguments"] += delta.arguments
    return functions
