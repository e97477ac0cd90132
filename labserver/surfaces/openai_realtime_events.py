"""What a realtime client may say, one class an event, and how a text frame becomes one of them. Answers nothing.

Source: `RealtimeClientEvent` of the `openai` package; a contract test compares it with the tables here.
"""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from labserver.surfaces.openai_model import Strict
from labserver.surfaces.openai_realtime_config import ResponseParams, SessionBody
from labserver.surfaces.openai_realtime_items import Name, NewItem
from labserver.surfaces.openai_refusals import Refused, invalid_value, kind_of, worded

EXAMPLE = '{"type": "response.create"}'


class Event(Strict):
    """`event_id` is the client's own name for it: an error that it causes says it again."""

    event_id: Annotated[str | None, Field(max_length=512)] = None


class SessionUpdate(Event):
    type: Literal["session.update"]
    session: SessionBody


class ItemCreate(Event):
    type: Literal["conversation.item.create"]
    item: Annotated[NewItem, Field(discriminator="type")]
    previous_item_id: str | None = None


class ItemRetrieve(Event):
    type: Literal["conversation.item.retrieve"]
    item_id: Name


class ItemTruncate(Event):
    type: Literal["conversation.item.truncate"]
    item_id: Name
    content_index: int
    audio_end_ms: int


class ItemDelete(Event):
    type: Literal["conversation.item.delete"]
    item_id: Name


class ResponseCreate(Event):
    type: Literal["response.create"]
    response: ResponseParams | None = None


class ResponseCancel(Event):
    type: Literal["response.cancel"]
    response_id: str | None = None


EVENTS: dict[str, type[Event]] = {
    "session.update": SessionUpdate,
    "conversation.item.create": ItemCreate,
    "conversation.item.retrieve": ItemRetrieve,
    "conversation.item.truncate": ItemTruncate,
    "conversation.item.delete": ItemDelete,
    "response.create": ResponseCreate,
    "response.cancel": ResponseCancel,
}
SAY = "Send the words in a 'conversation.item.create' with a part of type 'input_text', then 'response.create'."
STOP = "To stop an answer, send 'response.cancel'."
AUDIO = {  # what needs sound, and what to do instead
    "input_audio_buffer.append": SAY,
    "input_audio_buffer.commit": SAY,
    "input_audio_buffer.clear": SAY,
    "output_audio_buffer.clear": STOP,
}


def parsed(text: str | None) -> dict[str, Any]:
    """The JSON object of a text frame; None is a binary one. Raises Refused."""
    if text is None:
        raise Refused(f"This socket takes text frames. Send JSON like {EXAMPLE}.", None, "invalid_json")
    try:
        said = json.loads(text)
        json.dumps(said, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(
            "We could not parse the JSON of your event: it is broken, too deep, or holds half of a surrogate pair or "
            f"a number without an end. Send JSON like {EXAMPLE}.",
            None,
            "invalid_json",
        ) from error
    if not isinstance(said, dict):
        raise Refused(f"Expected an object, but got {kind_of(said)} instead. Send JSON like {EXAMPLE}.")
    return said


def understood(said: dict[str, Any]) -> Event:
    """Raises Refused with the path of the first thing that does not fit."""
    kind = said.get("type")
    if "type" not in said:
        raise Refused("Missing required parameter: 'type'.", "type", "missing_required_parameter")
    if not isinstance(kind, str):
        expected = f"Invalid type for 'type': expected a string, but got {kind_of(kind)} instead."
        raise Refused(expected, "type", "invalid_type")
    if kind in AUDIO:
        raise Refused(f"This lab speaks text only, and '{kind}' is about sound. {AUDIO[kind]}", "type", "invalid_value")
    if kind not in EVENTS:
        raise invalid_value(kind[:100], list(EVENTS), "type")
    try:
        return EVENTS[kind].model_validate(said)
    except ValidationError as error:
        problem = error.errors()[0]
        raise worded(problem, problem["loc"], said) from error
