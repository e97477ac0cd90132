"""The `input` of a response: messages, function calls and their outputs, checked and read. Knows no model.

Becomes events' Messages for a model, and items with ids for whoever lists them. Pictures are never fetched.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from labserver.events import Called, Message
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_refusals import Refused, invalid_value

Status = Literal["in_progress", "completed", "incomplete"]


class InputText(Strict):
    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: dict[str, Any] | None = None


class InputImage(Strict):
    """A picture as a `data:` URL or behind an `http` one; the lab counts it and never looks at it."""

    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None


class OutputText(Strict):
    """What a model said, sent back as it came."""

    type: Literal["output_text"]
    text: str
    annotations: list[dict[str, Any]] | None = None
    logprobs: list[dict[str, Any]] | None = None


class OutputRefusal(Strict):
    type: Literal["refusal"]
    refusal: str


Part = Annotated[InputText | InputImage | OutputText | OutputRefusal, Field(discriminator="type")]
Content = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[Part], Tag("parts"), Field(min_length=1)],
    either("a string or array of objects", text=str, parts=list),
]


class MessageItem(Strict):
    """One turn in words; `type` may be left out."""

    type: Literal["message"] = "message"
    role: Literal["assistant", "system", "developer", "user"]
    content: Content
    id: str | None = None
    status: Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, InputText | OutputText))

    @property
    def images(self) -> int:
        return 0 if isinstance(self.content, str) else sum(isinstance(part, InputImage) for part in self.content)


class CallItem(Strict):
    """A call as the model made it, sent back."""

    type: Literal["function_call"]
    call_id: Annotated[str, Field(min_length=1, max_length=64)]
    name: str
    arguments: str
    id: str | None = None
    status: Status | None = None
    namespace: str | None = None
    caller: dict[str, Any] | None = None


class OutputItem(Strict):
    """What the client's function gave for the call with this id."""

    type: Literal["function_call_output"]
    call_id: Annotated[str, Field(min_length=1, max_length=64)]
    output: Content
    id: str | None = None
    status: Status | None = None

    @property
    def text(self) -> str:
        if isinstance(self.output, str):
            return self.output
        return "".join(part.text for part in self.output if isinstance(part, InputText))


KINDS = ("message", "function_call", "function_call_output")


def which(value: Any) -> str:
    """An item is of its `type`; without one it is a message."""
    kind = value.get("type", "message") if isinstance(value, dict) else getattr(value, "type", "message")
    return str(kind)


Payload = dict[str, Any]

ROLES = {  # what stands in a message of whom
    "assistant": (OutputText, OutputRefusal),
    "user": (InputText, InputImage),
    "system": (InputText,),
    "developer": (InputText,),
}
TYPES = {InputText: "input_text", InputImage: "input_image", OutputText: "output_text", OutputRefusal: "refusal"}
Item = MessageItem | CallItem | OutputItem


def check(items: Sequence[Item]) -> None:
    """That each message holds what its role may say. Raises Refused."""
    for at, item in enumerate(items):
        if not isinstance(item, MessageItem) or isinstance(item.content, str):
            continue
        for place, part in enumerate(item.content):
            path = f"input[{at}].content[{place}]"
            if type(part) not in ROLES[item.role]:
                raise invalid_value(part.type, [TYPES[kind] for kind in ROLES[item.role]], path)
            if isinstance(part, InputImage):
                check_picture(part.image_url, path)


def check_picture(url: str | None, path: str) -> None:
    """Raises Refused for what is no address of a picture; it is not fetched."""
    if not (url or "").startswith(("http", "data:image/")):
        raise Refused(
            f"Invalid '{path}.image_url'. Expected a valid URL, but got a value with an invalid format.",
            f"{path}.image_url",
            "invalid_value",
        )


def as_messages(items: Sequence[Item]) -> tuple[Message, ...]:
    """Calls that stand side by side are one turn of the assistant."""
    turns: list[Message] = []
    for item in items:
        if isinstance(item, MessageItem):
            turns.append(Message(item.role, item.text, images=item.images))
        elif isinstance(item, OutputItem):
            turns.append(Message("tool", item.text, call_id=item.call_id))
        else:
            call = Called(item.call_id, item.name, item.arguments)
            before = turns[-1].calls if turns and turns[-1].calls else ()
            turns[len(turns) - bool(before) :] = [Message("assistant", "", (*before, call))]
    return tuple(turns)


def check_calls(turns: Sequence[Message]) -> None:
    """Each call has its output by now, and each output its call. Raises Refused in OpenAI's words."""
    calls = [call.id for turn in turns for call in turn.calls]
    answered = [turn.call_id for turn in turns if turn.role == "tool"]
    for name in answered:
        if name not in calls:
            raise Refused(f"No tool call found for function call output with call_id {name}.", "input")
    for name in calls:
        if name not in answered:
            raise Refused(f"No tool output found for function call {name}.", "input")


def listed(items: Sequence[Item], name: Callable[[str, int], str]) -> list[dict[str, Any]]:
    """The items as they are told again: each with an id, its text in parts. `name(prefix, place)` makes an id."""
    return [_told(item, name, at) for at, item in enumerate(items)]


def _told(item: Item, name: Callable[[str, int], str], at: int) -> dict[str, Any]:
    said = item.model_dump(exclude_none=True)
    if isinstance(item, MessageItem):
        if isinstance(item.content, str):
            kind = "output_text" if item.role == "assistant" else "input_text"
            said["content"] = [{"type": kind, "text": item.content}]
        for part in said["content"]:
            extra: dict[str, Payload] = {
                "output_text": {"annotations": [], "logprobs": []},
                "input_image": {"detail": "auto"},
            }
            part |= {key: value for key, value in extra.get(part["type"], {}).items() if key not in part}
    prefix = {"message": "msg", "function_call": "fc", "function_call_output": "fco"}[item.type]
    return {"id": item.id or name(prefix, at), "status": "completed"} | said
