"""`response_format`: words, any JSON object, or one that fits a schema. Read and checked; writes nothing."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from labserver.events import Format
from labserver.surfaces import openai_schemas
from labserver.surfaces.openai_messages import ChatMessage
from labserver.surfaces.openai_model import Strict
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_tools import NAME


class TextFormat(Strict):
    type: Literal["text"]


class JsonObject(Strict):
    type: Literal["json_object"]


class NamedSchema(Strict):
    name: Annotated[str, Field(pattern=NAME, max_length=64)]
    description: str | None = None
    schema_: Annotated[dict[str, Any] | None, Field(alias="schema")] = None
    strict: bool | None = None


class JsonSchema(Strict):
    type: Literal["json_schema"]
    json_schema: NamedSchema


ResponseFormat = Annotated[TextFormat | JsonObject | JsonSchema, Field(discriminator="type")]


def format_of(wanted: TextFormat | JsonObject | JsonSchema | None, messages: Sequence[ChatMessage]) -> Format | None:
    """None for words. Raises Refused for JSON that nobody speaks of, and for a schema that OpenAI would not take."""
    if isinstance(wanted, JsonObject):
        if not any("json" in message.text.lower() for message in messages):
            raise Refused(
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                "messages",
            )
        return Format()
    if isinstance(wanted, JsonSchema):
        named = wanted.json_schema
        if named.schema_ is None:
            path = "response_format.json_schema.schema"
            raise Refused(f"Missing required parameter: '{path}'.", path, "missing_required_parameter")
        whose = f"response_format '{named.name}'"
        openai_schemas.check(named.schema_, whose, "response_format", strict=named.strict or False)
        return Format(named.schema_)
    return None
