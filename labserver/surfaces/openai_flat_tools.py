"""`tools` and `tool_choice` of a response: flat, where a chat's are nested. Read and checked; become an Offer."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from labserver.events import Tool
from labserver.surfaces import openai_schemas
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_tools import MOST, NAME, PARAMETERS, Offer


class BareFunction(Strict):
    """A function that the client offers; `parameters` is a JSON Schema, null for a function without any."""

    type: Literal["function"]
    name: Annotated[str, Field(pattern=NAME, max_length=64)]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class FlatFunction(BareFunction):
    """The same as a response takes it; a realtime session knows no `strict`."""

    strict: bool | None = None


class FlatName(Strict):
    type: Literal["function"]
    name: str


class FlatAllowed(Strict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: Annotated[list[FlatName], Field(min_length=1, max_length=MOST)]


FlatTools = Annotated[list[FlatFunction], Field(max_length=MOST)]
FlatChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("mode")]
    | Annotated[Annotated[FlatName | FlatAllowed, Field(discriminator="type")], Tag("object")],
    either("'none', 'auto', 'required' or an object", mode=str, object=dict),
]


def flat_offer(tools: Sequence[BareFunction] | None, choice: Any) -> Offer:
    """The tools that may be called now. Raises Refused where a schema or the choice does not fit."""
    known = {one.name: Tool(one.name, one.description or "", one.parameters) for one in tools or ()}
    for at, one in enumerate(tools or ()):
        _check(one, at, strict=isinstance(one, FlatFunction) and bool(one.strict))
    match choice:
        case "none":
            return Offer()
        case FlatName():
            return Offer(_only([choice], known), must_call=True, by_name=True)
        case FlatAllowed():
            return Offer(_only(choice.tools, known), must_call=choice.mode == "required")
    if choice == "required" and not known:
        raise Refused("Tool choice 'required' must be specified with 'tools' parameter.", "tool_choice")
    return Offer(tuple(known.values()), must_call=choice == "required")


def told(tools: Sequence[FlatFunction] | None) -> list[dict[str, Any]]:
    """The tools as a response tells them. A function that says nothing of `strict` is strict where its schema is."""
    return [
        {
            "type": "function",
            "name": one.name,
            "description": one.description,
            "parameters": one.parameters,
            "strict": _is_strict(one, at) if one.strict is None else one.strict,
        }
        for at, one in enumerate(tools or ())
    ]


def _is_strict(one: FlatFunction, at: int) -> bool:
    try:
        _check(one, at, strict=True)
    except Refused:
        return False
    return one.parameters is not None


def _check(one: BareFunction, at: int, *, strict: bool) -> None:
    if one.parameters is not None:
        whose = f"function '{one.name}'"
        openai_schemas.check(one.parameters, whose, f"tools[{at}].parameters", PARAMETERS, strict=strict)


def _only(choices: Sequence[FlatName], known: dict[str, Tool]) -> tuple[Tool, ...]:
    for choice in choices:
        if choice.name not in known:
            raise Refused(f"Tool choice 'function' not found in 'tools' parameter: {choice.name}.", "tool_choice")
    return tuple(known[choice.name] for choice in choices)
