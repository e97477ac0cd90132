"""An item of a realtime conversation as a client sends it: checked, and told again. Knows one item; no conversation.

Source: `ConversationItem` of the `openai` package. Text and pictures only; pictures are counted and never looked at.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from labserver.events import Message
from labserver.surfaces import openai_items
from labserver.surfaces.openai_items import CallItem, MessageItem, OutputItem, Status
from labserver.surfaces.openai_model import Strict
from labserver.surfaces.openai_refusals import Refused, invalid_value

Payload = dict[str, Any]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Words(Strict):
    type: Literal["input_text", "output_text"]
    text: str


class Picture(Strict):
    type: Literal["input_image"]
    image_url: str
    detail: Literal["auto", "low", "high"] | None = None


class Sound(Strict):
    """Known, so that it can be refused in words."""

    type: Literal["input_audio", "output_audio"]
    audio: str | None = None
    transcript: str | None = None


class Item(Strict):
    id: Name | None = None
    object: Literal["realtime.item"] | None = None
    status: Status | None = None


class RealtimeMessage(Item):
    type: Literal["message"]
    role: Literal["assistant", "system", "user"]
    content: Annotated[list[Annotated[Words | Picture | Sound, Field(discriminator="type")]], Field(min_length=1)]


class RealtimeCall(Item):
    """A call as the model made it, or as if it had."""

    type: Literal["function_call"]
    name: Name
    arguments: str
    call_id: Name | None = None


class RealtimeOutput(Item):
    type: Literal["function_call_output"]
    call_id: Name
    output: str


class Reference(Strict):
    """An item that the conversation has already; in a response's `input` only."""

    type: Literal["item_reference"]
    id: Name


NewItem = RealtimeMessage | RealtimeCall | RealtimeOutput
ROLES = {"assistant": ("output_text",), "system": ("input_text",), "user": ("input_text", "input_image")}


def check(item: NewItem, path: str) -> None:
    """That a message holds what its role may say. Raises Refused."""
    if not isinstance(item, RealtimeMessage):
        return
    for place, part in enumerate(item.content):
        where = f"{path}.content[{place}]"
        if isinstance(part, Sound):
            kind = ROLES[item.role][0]
            raise Refused(
                f"This lab speaks text only, and '{part.type}' is sound. Send a part of type '{kind}'.",
                f"{where}.type",
                "invalid_value",
            )
        if part.type not in ROLES[item.role]:
            raise invalid_value(part.type, ROLES[item.role], f"{where}.type")
        if isinstance(part, Picture):
            openai_items.check_picture(part.image_url, where)


def told(item: NewItem, item_id: str, call_id: str) -> Payload:
    """The item as it is told again. The ids are for one that came without."""
    said = item.model_dump(exclude_none=True)
    if isinstance(item, RealtimeCall):
        said.setdefault("call_id", call_id)
    status = "incomplete" if item.status == "incomplete" else "completed"  # only a model's own item is in progress
    head = {"id": item_id, "object": "realtime.item", "type": item.type, "status": status}
    return head | {name: value for name, value in said.items() if name not in head}


def as_turns(items: list[Payload]) -> tuple[Message, ...]:
    """What a model reads of them. A call's output stands right behind it; a call without one is left out."""
    outputs = {item["call_id"]: item for item in items if item["type"] == "function_call_output"}
    settled: list[MessageItem | CallItem | OutputItem] = []
    waiting: list[Payload] = []  # outputs of the calls that stand side by side
    for item in items:
        if item["type"] == "function_call":
            if (output := outputs.pop(item["call_id"], None)) is not None:
                settled.append(_call(item))
                waiting.append(output)
            continue
        settled += [_output(output) for output in waiting]
        waiting = []
        if item["type"] == "message":
            settled.append(MessageItem.model_validate({"role": item["role"], "content": item["content"]}))
    return openai_items.as_messages([*settled, *map(_output, waiting)])


def _call(item: Payload) -> CallItem:
    return CallItem(type="function_call", call_id=item["call_id"], name=item["name"], arguments=item["arguments"])


def _output(item: Payload) -> OutputItem:
    return OutputItem(type="function_call_output", call_id=item["call_id"], output=item["output"])
