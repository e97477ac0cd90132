"""What the installed `openai` package declares of realtime stands in our tables: a new event or parameter is missed by
name.
"""

from typing import Any, get_args

import pydantic
import pytest
from openai.types.realtime import (
    ConversationItem,
    RealtimeClientEvent,
    RealtimeFunctionTool,
    RealtimeResponseCreateParams,
    RealtimeServerEvent,
    RealtimeSessionCreateRequest,
)
from openai.types.realtime.response_create_event_with_references_param import ResponseCreateEventWithReferencesParam
from openai.types.realtime.response_item_reference import ResponseItemReference
from realtime import NEVER, user

from labserver.surfaces.openai_flat_tools import BareFunction
from labserver.surfaces.openai_realtime_config import REALTIME_PARAMETERS, ResponseParams, SessionBody
from labserver.surfaces.openai_realtime_events import AUDIO, EVENTS
from labserver.surfaces.openai_realtime_items import (
    Picture,
    RealtimeCall,
    RealtimeMessage,
    RealtimeOutput,
    Reference,
    Sound,
    Words,
)

ABOUT_SOUND = (  # what a session without sound, without MCP servers and without transcription never says
    "input_audio_buffer.",
    "output_audio_buffer.",
    "response.output_audio",
    "conversation.item.input_audio_transcription.",
    "mcp_list_tools.",
    "response.mcp_call",
)
NEVER_SAID = {
    "conversation.created",  # of the beta
    "conversation.item.created",  # of the beta: `added` and `done` took its place
    "conversation.item.truncated",  # of sound
}


def members(union: Any) -> list[type[pydantic.BaseModel]]:
    """The classes of `Annotated[Union[...], ...]`."""
    return list(get_args(get_args(union)[0]))


def type_of(model: type[pydantic.BaseModel]) -> str:
    [name] = get_args(model.model_fields["type"].annotation)
    return str(name)


def fields(*models: type[pydantic.BaseModel]) -> set[str]:
    return {name for model in models for name in model.model_fields}


def test_every_event_of_a_client_is_understood_or_refused_in_words() -> None:
    assert {type_of(model) for model in members(RealtimeClientEvent)} == EVENTS.keys() | AUDIO.keys()
    for model in members(RealtimeClientEvent):
        if (kind := type_of(model)) in EVENTS:
            assert fields(EVENTS[kind]) == fields(model), kind
    declared = ResponseCreateEventWithReferencesParam.__annotations__
    assert set(declared) == fields(EVENTS["response.create"])


def test_every_parameter_of_a_session_and_a_response_has_its_row() -> None:
    ours = fields(SessionBody), fields(ResponseParams)
    assert ours == (fields(RealtimeSessionCreateRequest), fields(RealtimeResponseCreateParams))
    assert ours[0] | ours[1] == REALTIME_PARAMETERS.keys()
    assert fields(BareFunction) == fields(RealtimeFunctionTool)


def test_every_item_and_part_has_the_fields_that_are_declared() -> None:
    ours = {"message": RealtimeMessage, "function_call": RealtimeCall, "function_call_output": RealtimeOutput}
    theirs = [model for model in members(ConversationItem) if not type_of(model).startswith("mcp_")]
    assert {type_of(model) for model in theirs} == ours.keys()
    for model in theirs:
        assert fields(ours[type_of(model)]) == fields(model)
        if type_of(model) == "message":
            [part] = get_args(model.model_fields["content"].annotation)
            assert fields(part) <= fields(Words, Picture, Sound)
    assert fields(Reference) == fields(ResponseItemReference)


@pytest.fixture
def everything(talk, declared_only) -> set[str]:
    """The types of all events that a session without sound can have."""
    session = talk(model="tea-small")
    look = {"type": "function", "name": "get_weather", "description": "The weather in a city"}
    look["parameters"] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    session.say("session.update", session={"type": "realtime", "instructions": "Be brief."})
    item = session.put("What is tea?")
    session.respond()
    session.ask("What is the weather in Oslo?", tools=[look])
    session.say("conversation.item.retrieve", item_id=item["id"])
    session.say("conversation.item.delete", item_id=item["id"])
    session.hear("conversation.item.deleted")
    session.refused("nothing")
    slow = talk(pace=NEVER)
    slow.put("a")
    slow.say("response.create")
    slow.say("response.cancel")
    slow.hear("response.done")
    return {event["type"] for event in session.heard + slow.heard}


def test_every_event_of_a_server_is_said_here_or_is_about_sound(everything: set[str]) -> None:
    declared = {type_of(model) for model in members(RealtimeServerEvent)}
    assert everything == {kind for kind in declared - NEVER_SAID if not kind.startswith(ABOUT_SOUND)}


def test_a_bodys_item_is_what_the_package_calls_one() -> None:
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(ConversationItem)
    assert adapter.validate_python(user("hi"), strict=True).content[0].text == "hi"
