"""How strictly a body under `/v1` is read, and unions that say what they expected. Knows pydantic; knows no route."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Discriminator

from labserver.surfaces.openai_refusals import ONE_OF


class Strict(BaseModel):
    """No field that OpenAI does not know, and no number in a string."""

    model_config = ConfigDict(strict=True, extra="forbid")


def either(expected: str, **kinds: type) -> Discriminator:
    """Which member of a union a value is by its JSON type: `either("a string or array", text=str, parts=list)`."""

    def which(value: Any) -> str | None:
        told = {} if isinstance(value, BaseModel) else value  # on its way out an object is a model already
        return next((tag for tag, kind in kinds.items() if isinstance(told, kind)), None)

    return Discriminator(which, custom_error_type=ONE_OF, custom_error_message=expected)
