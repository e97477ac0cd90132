"""A realtime response as it comes to be: the same story as `openai_narrator` tells, in the words of a socket.

There events are numbered and stay within their response; here they name it, and items enter a conversation too. Knows
no socket. Source: `RealtimeServerEvent` of the `openai` package.
"""

from collections.abc import Callable, Iterator

from labserver.errors import Cancelled, LabError
from labserver.events import Delta, End, Start, StreamEvent
from labserver.sandbox import Stamp
from labserver.surfaces.openai_narrator import ENDS, Narrator, Payload
from labserver.surfaces.openai_realtime_conversation import Conversation
from labserver.surfaces.refusals import openai_error

WHERE = ("item_id", "output_index")
HERE = (*WHERE, "content_index")
KEPT = {  # what stays of an event as it is
    "response.content_part.added": HERE,
    "response.content_part.done": HERE,
    "response.output_text.delta": (*HERE, "delta"),
    "response.output_text.done": (*HERE, "text"),
    "response.function_call_arguments.delta": (*WHERE, "delta"),
    "response.function_call_arguments.done": (*WHERE, "arguments"),
    "response.output_item.added": ("output_index",),
    "response.output_item.done": ("output_index",),
}
STAGES = {"response.output_item.added": "added", "response.output_item.done": "done"}


class RealtimeNarrator:
    """`conversation` is where its items go, None for a response out of band. `told` is said again of the request."""

    def __init__(self, stamp: Stamp, told: Payload, conversation: Conversation | None) -> None:
        self.stamp = stamp
        self.told = told
        self.conversation = conversation
        self.status = "in_progress"
        self.details: Payload | None = None
        self.begun = False
        self.deltas = 0
        self._usage: Payload | None = None
        self._open = False
        self._story = Narrator(stamp, {"background": False})

    @property
    def id(self) -> str:
        return self._story.id

    def opening(self) -> Iterator[Payload]:
        self._story.begin()
        yield self._state("response.created")

    def take(self, event: StreamEvent) -> Iterator[Payload]:
        self.begun = self.begun or isinstance(event, Start)
        self.deltas += isinstance(event, Delta)
        for payload in self._story.take(event):
            yield from self._translated(payload)

    def completed(self) -> Iterator[Payload]:
        """The model has said everything."""
        self._story.end()
        self.status = self._story.status
        reason = ENDS.get(self._story.finish_reason)
        self.details = {"type": "incomplete", "reason": reason} if reason else None
        yield self._state("response.done")

    def cut(self, error: LabError, read: int) -> Iterator[Payload]:
        """The model was stopped or has failed, `read` tokens into the question; what was said until then is kept."""
        if self._open:
            for payload in self._story.take(End("length")):
                yield from self._translated(payload)
        if self.begun:
            self._usage = _usage(read, self.deltas)
        if isinstance(error, Cancelled):
            self.status, self.details = "cancelled", {"type": "cancelled", "reason": "client_cancelled"}
        else:
            said = openai_error(error)["error"]
            about = {name: said[name] for name in ("type", "code", "message")}
            self.status, self.details = "failed", {"type": "failed", "error": about}
        yield self._state("response.done")

    def _translated(self, payload: Payload) -> Iterator[Payload]:
        kind = payload["type"]
        said = {"type": kind, "response_id": self.id} | {name: payload[name] for name in KEPT[kind]}
        if "item_id" in said:
            said["item_id"] = _item_id(said["item_id"])
        if "part" in payload:
            said["part"] = {"type": "text", "text": payload["part"]["text"]}
        if kind.startswith("response.function_call_arguments"):
            call = self._story.output[payload["output_index"]]
            said["call_id"] = call["call_id"]
            if kind.endswith(".done"):
                said["name"] = call["name"]
        if kind not in STAGES:
            yield said
            return
        self._open = STAGES[kind] == "added"
        item = _item(payload["item"])
        yield said | {"item": item}
        if self.conversation is not None:
            yield self._in(self.conversation, item)

    def _in(self, conversation: Conversation, item: Payload) -> Payload:
        put: Callable[[Payload], str | None] = conversation.put if self._open else conversation.settle
        kind = f"conversation.item.{'added' if self._open else 'done'}"
        return {"type": kind, "previous_item_id": put(item), "item": item}

    def _state(self, kind: str) -> Payload:
        usage = self._story.usage
        spent = _usage(usage["input_tokens"], usage["output_tokens"]) if usage else self._usage
        response = {
            "object": "realtime.response",
            "id": self.id,
            "status": self.status,
            "status_details": self.details,
            "output": [_item(item) for item in self._story.output],
            "conversation_id": self.conversation.id if self.conversation is not None else None,
            **self.told,
            "usage": spent,
        }
        return {"type": kind, "response": response}


def _item_id(story_id: str) -> str:
    """A socket's items are all called `item_...`, messages and calls alike."""
    return f"item_{story_id.partition('_')[2]}"


def _item(item: Payload) -> Payload:
    head = {"id": _item_id(item["id"]), "object": "realtime.item", "type": item["type"], "status": item["status"]}
    if item["type"] == "message":
        parts = [{"type": "output_text", "text": part["text"]} for part in item["content"]]
        return head | {"role": item["role"], "content": parts}
    return head | {name: item[name] for name in ("name", "call_id", "arguments")}


def _usage(read: int, said: int) -> Payload:
    nothing = {"text_tokens": 0, "audio_tokens": 0, "image_tokens": 0}
    return {
        "total_tokens": read + said,
        "input_tokens": read,
        "output_tokens": said,
        "input_token_details": {
            "text_tokens": read,
            "audio_tokens": 0,
            "image_tokens": 0,
            "cached_tokens": 0,
            "cached_tokens_details": nothing,
        },
        "output_token_details": {"text_tokens": said, "audio_tokens": 0},
    }
