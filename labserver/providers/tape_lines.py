"""The lines of a recording: what was asked, and one line for each thing that happened. Knows JSON; opens no file.

The first line is a `Header`. Each further one is an event, `at` seconds after the question. An error is one of the
provider's: it ended the answer, before its first word or in the middle.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from labserver import errors
from labserver.errors import LabError
from labserver.events import Called, ChatRequest, End, Format, Message, Start, StreamEvent, Text, Tool, ToolCall, Usage

LONGEST = 3600.0  # seconds
Seconds = Annotated[float, Field(ge=0, le=LONGEST, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Index = Annotated[int, Field(ge=0, le=15)]
Place = Annotated[int, Field(ge=0, le=127)]
KINDS: tuple[type[LabError], ...] = (
    errors.ContentFiltered,
    errors.ContextTooLong,
    errors.InvalidRequest,
    errors.ModelNotFound,
    errors.ProcessingFailed,
    errors.ProviderFailed,
    errors.ProviderRefused,
    errors.ProviderTimedOut,
    errors.ProviderUnreachable,
    errors.RateLimited,
    errors.Unavailable,
)
ERRORS = {kind.code: kind for kind in KINDS}
OURS = (errors.BudgetSpent, errors.ClientLeft, errors.NotRecorded)  # no provider's doing, so nothing to play again


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Made(Line):
    """A tool call of an earlier turn. Its id is not kept: it is another one each time."""

    name: str
    arguments: str = ""


class Said(Line):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str = ""
    calls: tuple[Made, ...] = ()
    images: Count = 0


class Offered(Line):
    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None


class Header(Line):
    """`model` is what the request asked for, `answered_by` what the provider calls the one that answered.

    `format` is there where JSON was wanted: an object, with a `schema` if there was one. `n` is how many choices.
    """

    wirelab: Literal["recording"]
    version: Literal[1]
    recorded: datetime
    by: str = ""
    provider: str
    model: str
    answered_by: str = ""
    messages: Annotated[tuple[Said, ...], Field(min_length=1)]
    tools: tuple[Offered, ...] = ()
    format: dict[str, Any] | None = None
    n: Annotated[int, Field(ge=1, le=16)] = 1

    def request(self) -> ChatRequest:
        """What was asked, as far as it counts for finding it again."""
        wanted = None if self.format is None else Format(self.format.get("schema"))
        tools = tuple(Tool(tool.name, tool.description, tool.parameters) for tool in self.tools)
        messages = tuple(Message(one.role, one.content, _calls(one), images=one.images) for one in self.messages)
        return ChatRequest(messages, self.model, n=self.n, tools=tools, format=wanted)


def _calls(said: Said) -> tuple[Called, ...]:
    return tuple(Called("", call.name, call.arguments) for call in said.calls)


class Started(Line):
    at: Seconds
    kind: Literal["start"]

    def said(self) -> Start:
        return Start("")


class Spoken(Line):
    at: Seconds
    kind: Literal["text"]
    text: str
    choice: Index = 0
    odds: tuple[tuple[str, Annotated[float, Field(allow_inf_nan=False)]], ...] = ()

    def said(self) -> Text:
        return Text(self.text, self.choice, self.odds)


class Calling(Line):
    at: Seconds
    kind: Literal["tool_call"]
    name: str = ""
    arguments: str = ""
    call: Place = 0
    choice: Index = 0

    def said(self) -> ToolCall:
        return ToolCall(self.name, self.arguments, self.call, self.choice)


class Ended(Line):
    at: Seconds
    kind: Literal["end"]
    reason: Literal["stop", "length", "tool_calls", "content_filter"]
    choice: Index = 0

    def said(self) -> End:
        return End(self.reason, self.choice)


class Billed(Line):
    at: Seconds
    kind: Literal["usage"]
    prompt_tokens: Count
    completion_tokens: Count

    def said(self) -> Usage:
        return Usage(self.prompt_tokens, self.completion_tokens, self.at)


class Broken(Line):
    at: Seconds
    kind: Literal["error"]
    code: Literal[tuple(ERRORS)]  # type: ignore[valid-type]  # the table says which, so that none stands twice
    message: Annotated[str, Field(max_length=2000)]
    retry_after: Seconds | None = None
    param: str | None = None

    def said(self) -> LabError:
        return ERRORS[self.code](self.message, retry_after=self.retry_after, param=self.param)


Event = Annotated[Started | Spoken | Calling | Ended | Billed | Broken, Field(discriminator="kind")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def as_line(at: float, said: StreamEvent | LabError) -> dict[str, Any]:
    """One event as the JSON of its line; what is as usual is left out."""
    return {"at": round(at, 3), **_fields(said)}


def _fields(said: StreamEvent | LabError) -> Mapping[str, Any]:
    match said:
        case Start():
            return {"kind": "start"}
        case Text(text, choice, odds):
            return {"kind": "text", "text": text} | _unusual(choice=choice, odds=odds)
        case ToolCall(name, arguments, call, choice):
            return {"kind": "tool_call"} | _unusual(name=name, arguments=arguments, call=call, choice=choice)
        case End(reason, choice):
            return {"kind": "end", "reason": reason} | _unusual(choice=choice)
        case Usage():
            tokens = {"prompt_tokens": said.prompt_tokens, "completion_tokens": said.completion_tokens}
            return {"kind": "usage", **tokens}
        case LabError():
            told = {"kind": "error", "code": said.code, "message": said.message}
            wait = {} if said.retry_after is None else {"retry_after": min(LONGEST, said.retry_after)}
            return told | wait | _unusual(param=said.param)


def _unusual(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def header_of(request: ChatRequest, about: Mapping[str, Any]) -> dict[str, Any]:
    """The first line's JSON. `about` has who was asked, when and by what."""
    asked: dict[str, Any] = {"messages": [_message(message) for message in request.messages]}
    if request.tools:
        asked["tools"] = [_unusual(name=one.name, description=one.description) | _schema(one) for one in request.tools]
    if request.format is not None:
        schema = request.format.schema
        asked["format"] = {} if schema is None else {"schema": dict(schema)}
    if request.n > 1:
        asked["n"] = request.n
    return {"wirelab": "recording", "version": 1, **about, "model": request.model, **asked}


def _message(message: Message) -> dict[str, Any]:
    calls = [{"name": call.name, "arguments": call.arguments} for call in message.calls]
    return {"role": message.role, "content": message.content} | _unusual(calls=calls, images=message.images)


def _schema(tool: Tool) -> dict[str, Any]:
    return {} if tool.parameters is None else {"parameters": dict(tool.parameters)}
