"""JSON Merge Patch onto one resource: what it is, what was sent, what it becomes. Pure; knows no field.

Source: RFC 7396. A null takes a field away, an object is merged, anything else replaces.
"""

from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from labserver.errors import InvalidRequest

B = TypeVar("B", bound=BaseModel)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7396's MergePatch, word for word; neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def patched(body: type[B], current: dict[str, Any], patch: dict[str, Any]) -> B:
    """The whole body that a PUT would have sent. Raises RequestValidationError where it does not fit."""
    try:
        return body.model_validate(merged(current, patch))
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply; nothing here is.") from None
    except ValidationError as error:
        problems = error.errors(include_url=False)
        raise RequestValidationError([{**problem, "loc": ("body", *problem["loc"])} for problem in problems]) from error
