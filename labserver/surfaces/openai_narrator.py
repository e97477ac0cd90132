"""A response as it comes to be: a model's events in, OpenAI's numbered stream events out. Knows no HTTP, no clock.

The same events always give the same numbers, so whoever lost the stream can be told the rest. What was said until now
is also the response itself, for whoever asks in between. Source: `ResponseStreamEvent` of the `openai` package.
"""

import copy
import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from labserver.errors import Cancelled, ClientLeft, LabError
from labserver.events import End, StreamEvent, Text, ToolCall, Usage
from labserver.sandbox import Stamp
from labserver.surfaces import openai_answer
from labserver.surfaces.refusals import openai_error

Payload = dict[str, Any]
ENDS = {"length": "max_output_tokens", "content_filter": "content_filter"}  # finish reason -> why it is incomplete
MODEL_ERRORS = ("rate_limit_exceeded", "server_error")  # of the codes, those that a failed response may have


def name(stamp: Stamp, prefix: str, place: object) -> str:
    """The id of a part of a response: the same for the same response and place."""
    digest = hashlib.sha256(f"{stamp.digest}\n{prefix}\n{place}".encode()).hexdigest()
    return f"{prefix}_{digest[:32]}"


@dataclass(slots=True)
class Narrator:
    """`told` is what the response says again of its request; with `background` it begins in a queue."""

    stamp: Stamp
    told: Payload
    status: str = "in_progress"
    sequence: int = 0
    output: list[Payload] = field(default_factory=list)
    usage: Payload | None = None
    error: Payload | None = None
    finish_reason: str = "stop"
    seconds: float | None = None
    _open: bool = False
    _calls: dict[int, int] = field(default_factory=dict)  # number of a call -> its place in the output

    @property
    def id(self) -> str:
        return f"resp_{self.stamp.digest[:32]}"

    def response(self) -> Payload:
        """The whole response, as far as it is known."""
        why = ENDS.get(self.finish_reason) if self.status == "incomplete" else None
        over = self.status == "completed" and self.seconds is not None
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.stamp.seconds,
            "status": self.status,
            "completed_at": self.stamp.seconds + int(self.seconds or 0) if over else None,
            "error": self.error,
            "incomplete_details": {"reason": why} if why else None,
            **self.told,
            "output": copy.deepcopy(self.output),
            "usage": self.usage,
        }

    def opening(self) -> Iterator[Payload]:
        """What is said before the model says anything."""
        if self.told["background"]:
            self.status = "queued"
            yield self._state("response.created")
            yield self._state("response.queued")
        else:
            yield self._state("response.created")
        self.status = "in_progress"
        yield self._state("response.in_progress")

    def take(self, event: StreamEvent | LabError) -> Iterator[Payload]:
        match event:
            case Text():
                yield from self._say(event)
            case ToolCall():
                yield from self._call(event)
            case End(finish_reason):
                if not self.output:
                    yield from self._open_item(self._message())
                self.finish_reason = finish_reason
                yield from self._close_item("incomplete" if finish_reason in ENDS else "completed")
            case Usage():
                self.usage, self.seconds = _bill(event), event.seconds
            case LabError():
                yield from self._fail(event)

    def closing(self) -> Iterator[Payload]:
        """The last event, once the model has said everything."""
        if self.status == "in_progress":
            self.status = "incomplete" if self.finish_reason in ENDS else "completed"
            yield self._state(f"response.{self.status}")

    def hear(self, *events: StreamEvent | LabError) -> None:
        """Take events without telling anybody."""
        for event in events:
            deque(self.take(event), maxlen=0)

    def begin(self) -> None:
        deque(self.opening(), maxlen=0)

    def end(self) -> None:
        deque(self.closing(), maxlen=0)

    def trouble(self, error: LabError) -> Payload:
        """An `error` event: the stream cannot go on, whatever becomes of the response."""
        said = openai_error(error)["error"]
        return self._event("error", code=said["code"], message=said["message"], param=said["param"])

    def _fail(self, error: LabError) -> Iterator[Payload]:
        """`response.failed`; for one that was cancelled there is no event: the stream only ends."""
        for item in self.output[-1:] if self._open else ():
            item["status"] = "incomplete"
        self._open = False
        if isinstance(error, Cancelled | ClientLeft):
            self.status = "cancelled"
            return
        code = openai_error(error)["error"]["code"]
        self.status = "failed"
        self.error = {"code": code if code in MODEL_ERRORS else "server_error", "message": error.message}
        yield self._state("response.failed")

    def _say(self, event: Text) -> Iterator[Payload]:
        if not self._open or self.output[-1]["type"] != "message":
            yield from self._open_item(self._message())
        odds = [openai_answer.odds(event)] if event.odds else []
        part = self.output[-1]["content"][0]
        part["text"] += event.text
        part["logprobs"] += odds
        yield self._event("response.output_text.delta", **self._here, delta=event.text, logprobs=list(map(_bare, odds)))

    def _call(self, event: ToolCall) -> Iterator[Payload]:
        if event.name:
            place = self._calls[event.call] = len(self.output)
            yield from self._open_item(
                {
                    "id": name(self.stamp, "fc", place),
                    "type": "function_call",
                    "status": "in_progress",
                    "arguments": "",
                    "call_id": name(self.stamp, "call", place),
                    "name": event.name,
                }
            )
        if event.arguments:
            place = self._calls[event.call]
            item = self.output[place]
            item["arguments"] += event.arguments
            where = {"item_id": item["id"], "output_index": place}
            yield self._event("response.function_call_arguments.delta", **where, delta=event.arguments)

    def _message(self) -> Payload:
        place = len(self.output)
        return {
            "id": name(self.stamp, "msg", place),
            "type": "message",
            "status": "in_progress",
            "content": [],
            "role": "assistant",
        }

    def _open_item(self, item: Payload) -> Iterator[Payload]:
        yield from self._close_item("completed")
        self.output.append(item)
        self._open = True
        yield self._item("response.output_item.added")
        if item["type"] == "message":
            item["content"].append({"type": "output_text", "annotations": [], "logprobs": [], "text": ""})
            yield self._event("response.content_part.added", **self._here, part=copy.deepcopy(item["content"][0]))

    def _close_item(self, status: str) -> Iterator[Payload]:
        if not self._open:
            return
        item, self._open = self.output[-1], False
        if item["type"] == "message":
            part = copy.deepcopy(item["content"][0])
            odds = list(map(_bare, part["logprobs"]))
            yield self._event("response.output_text.done", **self._here, text=part["text"], logprobs=odds)
            yield self._event("response.content_part.done", **self._here, part=part)
        else:
            yield self._event("response.function_call_arguments.done", **self._place, arguments=item["arguments"])
        item["status"] = status
        yield self._item("response.output_item.done")

    @property
    def _place(self) -> Payload:
        return {"item_id": self.output[-1]["id"], "output_index": len(self.output) - 1}

    @property
    def _here(self) -> Payload:
        return {**self._place, "content_index": 0}

    def _item(self, kind: str) -> Payload:
        return self._event(kind, output_index=len(self.output) - 1, item=copy.deepcopy(self.output[-1]))

    def _state(self, kind: str) -> Payload:
        return self._event(kind, response=self.response())

    def _event(self, kind: str, **fields: Any) -> Payload:
        payload = {"type": kind, "sequence_number": self.sequence, **fields}
        self.sequence += 1
        return payload


def _bare(odds: Payload) -> Payload:
    """The odds of an event lack the bytes that those of the whole text have."""
    likely = [{"token": one["token"], "logprob": one["logprob"]} for one in odds["top_logprobs"]]
    return {"token": odds["token"], "logprob": odds["logprob"], "top_logprobs": likely}


def _bill(usage: Usage) -> Payload:
    return {
        "input_tokens": usage.prompt_tokens,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": usage.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.total_tokens,
    }
