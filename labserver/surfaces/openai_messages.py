"""The messages of a chat request: their parts, what each role may carry, and calls that must be answered.

Knows OpenAI's rules for a conversation and becomes events' Messages; knows no model. Pictures are never fetched.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from labserver.events import Called, Message
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_refusals import Refused, invalid_value

NAME = r"^[^\s<|\\/>]+$"


class TextPart(Strict):
    type: Literal["text"]
    text: str
    prompt_cache_breakpoint: dict[str, Any] | None = None


class ImageUrl(Strict):
    url: str
    detail: Literal["auto", "low", "high", "original"] | None = None


class ImagePart(Strict):
    """A picture as a `data:` URL or behind an `http` one; the lab counts it and never looks at it."""

    type: Literal["image_url"]
    image_url: ImageUrl
    prompt_cache_breakpoint: dict[str, Any] | None = None


class RefusalPart(Strict):
    type: Literal["refusal"]
    refusal: str


class AudioPart(Strict):
    type: Literal["input_audio"]
    input_audio: dict[str, Any]
    prompt_cache_breakpoint: dict[str, Any] | None = None


class FilePart(Strict):
    type: Literal["file"]
    file: dict[str, Any]
    prompt_cache_breakpoint: dict[str, Any] | None = None


Part = Annotated[TextPart | ImagePart | RefusalPart | AudioPart | FilePart, Field(discriminator="type")]
Content = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[Part], Tag("parts"), Field(min_length=1)],
    either("a string or array of objects", text=str, parts=list),
]


class CalledFunction(Strict):
    name: str
    arguments: str


class CalledTool(Strict):
    """A call as the model made it, sent back; `index` is left in it by whoever put it together from a stream."""

    index: int | None = None
    id: str
    type: Literal["function"]
    function: CalledFunction


class ChatMessage(Strict):
    """One turn. What it may hold beside `content` depends on its role; see `ALLOWED`."""

    role: Literal["system", "assistant", "user", "function", "tool", "developer"]
    content: Content | None = None
    name: Annotated[str, Field(pattern=NAME, max_length=64)] | None = None
    tool_calls: Annotated[list[CalledTool], Field(min_length=1, max_length=128)] | None = None
    tool_call_id: str | None = None
    function_call: CalledFunction | None = None
    refusal: str | None = None
    audio: dict[str, Any] | None = None
    # What the SDK itself puts into a message and people send back as it is; it says nothing to a model.
    annotations: list[dict[str, Any]] | None = None

    @property
    def parts(self) -> Sequence[Part]:
        return self.content if isinstance(self.content, list) else ()

    @property
    def text(self) -> str:
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


SPEAKS = {"content", "name"}
ALLOWED = {
    "system": SPEAKS,
    "developer": SPEAKS,
    "user": SPEAKS,
    "assistant": SPEAKS | {"tool_calls", "function_call", "refusal", "audio", "annotations"},
    "tool": {"content", "tool_call_id"},
    "function": SPEAKS,
}


def as_turns(messages: Sequence[ChatMessage]) -> tuple[Message, ...]:
    """The conversation, checked turn by turn. Raises Refused in OpenAI's words."""
    turns: list[Message] = []
    pending: list[str] = []  # calls that the tool messages here may still answer
    open_since = False  # whether the turns before this one are calls and their answers
    for at, message in enumerate(messages):
        _check_fields(message, at)
        _check_parts(message, at)
        if message.role == "tool":
            _check_answer(message, at, turns, open_since=open_since)
            pending = [call for call in pending if call != message.tool_call_id]
        elif pending:
            raise _unanswered(pending, f"messages.[{at}].role")
        else:
            open_since = bool(message.tool_calls)
            pending = [call.id for call in message.tool_calls or ()]
        turns.append(_turn(message))
    if pending:
        raise _unanswered(pending, "messages")
    return tuple(turns)


def _check_fields(message: ChatMessage, at: int) -> None:
    for name in message.model_fields_set - {"role"} - ALLOWED[message.role]:
        if getattr(message, name) is not None:
            raise Refused(f"Unknown parameter: 'messages[{at}].{name}'.", f"messages[{at}].{name}", "unknown_parameter")
    required = {"tool": ("content", "tool_call_id"), "function": ("content", "name"), "assistant": ()}
    for name in required.get(message.role, ("content",)):
        if name not in message.model_fields_set:
            path = f"messages[{at}].{name}"
            raise Refused(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")
    if message.audio is not None:
        raise Refused("This model has given no audio answer that could be referred to.", f"messages.[{at}].audio")
    silent = message.role == "assistant" and (message.tool_calls or message.function_call or message.refusal)
    if message.content is None and not silent and message.role != "function":
        raise Refused("Invalid value for 'content': expected a string, got null.", f"messages.[{at}].content")


def _check_parts(message: ChatMessage, at: int) -> None:
    for place, part in enumerate(message.parts):
        path = f"messages[{at}].content[{place}]"
        if isinstance(part, AudioPart | FilePart):
            raise Refused(
                f"Invalid content type. {part.type} is only supported by certain models.",
                f"messages.[{at}].content.[{place}].type",
            )
        if isinstance(part, ImagePart) and message.role != "user":
            raise Refused(
                f"Invalid 'messages[{at}]'. Image URLs are only allowed for messages with role 'user', but this "
                f"message with role '{message.role}' contains an image URL.",
                f"messages[{at}]",
                "invalid_value",
            )
        if isinstance(part, ImagePart) and not part.image_url.url.startswith(("http://", "https://", "data:image/")):
            raise Refused(
                f"Invalid '{path}.image_url.url'. Expected an http(s) URL or a base64-encoded data URL with an image "
                "MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got neither.",
                f"{path}.image_url.url",
                "invalid_value",
            )
        if isinstance(part, RefusalPart) and message.role != "assistant":
            raise invalid_value(
                "refusal", ["text", "image_url"] if message.role == "user" else ["text"], f"{path}.type"
            )


def _check_answer(message: ChatMessage, at: int, turns: Sequence[Message], *, open_since: bool) -> None:
    if not open_since:
        raise Refused(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
            "'tool_calls'.",
            f"messages.[{at}].role",
        )
    calls = next(turn.calls for turn in reversed(turns) if turn.calls)
    if message.tool_call_id not in {call.id for call in calls}:
        raise Refused(
            f"Invalid parameter: 'tool_call_id' of '{message.tool_call_id}' not found in 'tool_calls' of previous "
            "message.",
            f"messages.[{at}].tool_call_id",
        )


def _unanswered(calls: Sequence[str], param: str) -> Refused:
    return Refused(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        f"The following tool_call_ids did not have response messages: {', '.join(calls)}",
        param,
    )


def _turn(message: ChatMessage) -> Message:
    """In the older form a call has no id: the function's name stands for it."""
    if message.role == "function":
        return Message("tool", message.text, call_id=message.name or "")
    calls = tuple(Called(call.id, call.function.name, call.function.arguments) for call in message.tool_calls or ())
    if message.function_call:
        calls = (Called(message.function_call.name, message.function_call.name, message.function_call.arguments),)
    images = sum(isinstance(part, ImagePart) for part in message.parts)
    return Message(message.role, message.text, calls, message.tool_call_id or "", images)
