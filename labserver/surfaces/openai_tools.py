"""`tools`, `tool_choice` and their older forms, read and checked. Becomes the Tools that may be called now.

A choice needs no rule further down: whatever may not be called is left out, and what is left says if it must be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from labserver.events import Tool
from labserver.surfaces import openai_schemas
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_refusals import Refused

NAME = r"^[a-zA-Z0-9_-]+$"
MOST = 128
PARAMETERS = "invalid_function_parameters"


class OldFunction(Strict):
    name: Annotated[str, Field(pattern=NAME, max_length=64)]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Function(OldFunction):
    """A function that the client offers; `parameters` is a JSON Schema, absent for a function without any."""

    strict: bool | None = None


class FunctionTool(Strict):
    type: Literal["function"]
    function: Function


class Name(Strict):
    name: str


class NamedChoice(Strict):
    type: Literal["function"]
    function: Name


class Allowed(Strict):
    mode: Literal["auto", "required"]
    tools: Annotated[list[NamedChoice], Field(min_length=1, max_length=MOST)]


class AllowedChoice(Strict):
    type: Literal["allowed_tools"]
    allowed_tools: Allowed


Tools = Annotated[list[FunctionTool], Field(min_length=1, max_length=MOST)]
ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("mode")]
    | Annotated[Annotated[NamedChoice | AllowedChoice, Field(discriminator="type")], Tag("object")],
    either("'none', 'auto', 'required' or an object", mode=str, object=dict),
]
OldFunctions = Annotated[list[OldFunction], Field(min_length=1, max_length=MOST)]
OldChoice = Annotated[
    Annotated[Literal["none", "auto"], Tag("mode")] | Annotated[Name, Tag("object")],
    either("'none', 'auto' or an object", mode=str, object=dict),
]


@dataclass(frozen=True, slots=True)
class Offer:
    """The tools that may be called in this turn. `by_name`: exactly this one, which OpenAI ends with `stop`."""

    tools: tuple[Tool, ...] = ()
    must_call: bool = False
    by_name: bool = False


def offer(tools: Sequence[FunctionTool] | None, choice: Any, *, parallel: bool | None) -> Offer:
    """Raises Refused where a schema or the choice does not fit."""
    for param, value in (("tool_choice", choice), ("parallel_tool_calls", parallel)):
        if value is not None and not tools:
            raise Refused(f"Invalid value for '{param}': '{param}' is only allowed when 'tools' are specified.", param)
    given = [each.function for each in tools or ()]
    for at, function in enumerate(given):
        _check(function, f"tools[{at}].function", strict=function.strict or False)
    known = _as_tools(given)
    match choice:
        case "none":
            return Offer()
        case NamedChoice():
            return Offer(_only([choice], known), must_call=True, by_name=True)
        case AllowedChoice():
            allowed = choice.allowed_tools
            return Offer(_only(allowed.tools, known), must_call=allowed.mode == "required")
    return Offer(known, must_call=choice == "required")


def old_offer(functions: Sequence[OldFunction] | None, choice: Any) -> Offer:
    """`functions` and `function_call`, from before there were tools."""
    if choice is not None and not functions:
        raise Refused(
            "Invalid value for 'function_call': 'function_call' is only allowed when 'functions' are specified.",
            "function_call",
        )
    for at, function in enumerate(functions or ()):
        _check(function, f"functions[{at}]")
    known = _as_tools(functions or ())
    if not isinstance(choice, Name):
        return Offer() if choice == "none" else Offer(known)
    named = tuple(tool for tool in known if tool.name == choice.name)
    if not named:
        raise Refused(
            f"Invalid value for 'function_call': no function named {choice.name} was specified in the 'functions' "
            "parameter.",
            "function_call",
        )
    return Offer(named, must_call=True, by_name=True)


def _check(function: OldFunction, param: str, *, strict: bool = False) -> None:
    if function.parameters is not None:
        whose = f"function '{function.name}'"
        openai_schemas.check(function.parameters, whose, f"{param}.parameters", PARAMETERS, strict=strict)


def _as_tools(functions: Sequence[OldFunction]) -> tuple[Tool, ...]:
    return tuple(Tool(each.name, each.description or "", each.parameters) for each in functions)


def _only(choices: Sequence[NamedChoice], known: Sequence[Tool]) -> tuple[Tool, ...]:
    by_name = {tool.name: tool for tool in known}
    for choice in choices:
        if choice.function.name not in by_name:
            raise Refused(
                f"Invalid value for 'tool_choice': no function named '{choice.function.name}' was specified in the "
                "'tools' parameter.",
                "tool_choice",
            )
    return tuple(by_name[choice.function.name] for choice in choices)
