"""How a realtime session answers, and how one response of it may differ. Read, checked, told; becomes a ChatRequest.

Source: `RealtimeSessionCreateRequest` and `RealtimeResponseCreateParams` of the `openai` package; a contract test
compares their parameters with the table here, so that none goes missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from labserver.errors import ContextTooLong
from labserver.events import ChatRequest, Message
from labserver.providers.delivery import prompt_tokens
from labserver.surfaces.openai_flat_tools import BareFunction, FlatName, flat_offer
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_parameters import SUPPORTED, Parameter, ignored, refused
from labserver.surfaces.openai_realtime_items import NewItem, Payload, Reference, as_turns
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_request import CONTEXT
from labserver.surfaces.openai_response_request import Metadata
from labserver.surfaces.openai_tools import MOST

MOST_TOKENS = 4096  # in one answer, as the original has it; `inf` is as many as the model likes
TEXT_ONLY = "This lab speaks text only. Set 'output_modalities' to [\"text\"]; the words then come as output_text."

REALTIME_PARAMETERS: dict[str, Parameter] = {
    "audio": ignored("nothing is heard and nothing is spoken"),
    "conversation": SUPPORTED,
    "include": ignored("nothing is transcribed"),
    "input": SUPPORTED,
    "instructions": SUPPORTED,
    "max_output_tokens": SUPPORTED,
    "metadata": SUPPORTED,
    "model": SUPPORTED,
    "output_modalities": SUPPORTED,
    "parallel_tool_calls": SUPPORTED,
    "prompt": refused("Unsupported parameter: 'prompt' is not supported here. Send 'instructions'."),
    "reasoning": refused("Unsupported parameter: 'reasoning' is not supported with this model."),
    "tool_choice": SUPPORTED,
    "tools": SUPPORTED,
    "tracing": ignored("the journal is what remembers"),
    "truncation": SUPPORTED,
    "type": SUPPORTED,
}

Tools = Annotated[list[BareFunction], Field(max_length=MOST)]
Choice = Annotated[
    Annotated[Literal["none", "auto", "required"], Tag("mode")] | Annotated[FlatName, Tag("object")],
    either("'none', 'auto', 'required' or an object", mode=str, object=dict),
]
Count = Annotated[
    Annotated[int, Tag("number"), Field(ge=1, le=MOST_TOKENS)] | Annotated[Literal["inf"], Tag("word")],
    either("an integer or 'inf'", number=int, word=str),
]
Given = Annotated[NewItem | Reference, Field(discriminator="type")]


class TokenLimits(Strict):
    post_instructions: Annotated[int | None, Field(ge=0)] = None


class Retention(Strict):
    """What is too long is cut to this part of the limit, so that it is not cut again at the next turn."""

    type: Literal["retention_ratio"]
    retention_ratio: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    token_limits: TokenLimits | None = None


Truncation = Annotated[
    Annotated[Literal["auto", "disabled"], Tag("mode")] | Annotated[Retention, Tag("object")],
    either("'auto', 'disabled' or an object", mode=str, object=dict),
]


class Wishes(Strict):
    """What may be said of a session and of one response alike."""

    instructions: str | None = None
    output_modalities: Annotated[list[Literal["text", "audio"]] | None, Field(min_length=1)] = None
    tools: Tools | None = None
    tool_choice: Choice | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Count | None = None
    audio: dict[str, Any] | None = None
    prompt: Any = None
    reasoning: Any = None

    def check(self, path: str) -> None:
        """Raises Refused."""
        for name, row in REALTIME_PARAMETERS.items():
            if row.treatment == "refused" and getattr(self, name, None) is not None:
                raise Refused(row.why, f"{path}.{name}", row.code)
        if "audio" in (self.output_modalities or ()):
            raise Refused(TEXT_ONLY, f"{path}.output_modalities", "invalid_value")

    def said(self) -> dict[str, Any]:
        """Those of a Session's fields that have a value."""
        return {one.name: value for one in fields(Session) if (value := getattr(self, one.name, None)) is not None}


class SessionBody(Wishes):
    """The `session` of a `session.update`: what it does not name stays as it is."""

    type: Literal["realtime"]
    model: str | None = None
    truncation: Truncation | None = None
    include: list[str] | None = None
    tracing: Any = None

    def said(self) -> dict[str, Any]:
        """The same; what is null goes back to its default."""
        default = Session()
        cleared = {one.name: getattr(default, one.name) for one in fields(Session) if one.name in self.model_fields_set}
        return cleared | Wishes.said(self)


class ResponseParams(Wishes):
    """The `response` of a `response.create`: what it does not name is the session's."""

    conversation: Literal["auto", "none"] | None = None
    input: Annotated[
        list[Annotated[NewItem | Reference, Field(discriminator="type")]] | None, Field(max_length=1000)
    ] = None
    metadata: Annotated[Metadata | None, Field(max_length=16)] = None


@dataclass(frozen=True, slots=True)
class Session:
    """How answers are given from now on."""

    instructions: str = ""
    tools: list[BareFunction] = field(default_factory=list)
    tool_choice: Any = "auto"
    parallel_tool_calls: bool = True
    max_output_tokens: int | str = "inf"
    truncation: Any = "auto"

    def wanting(self, wishes: Wishes, path: str) -> "Session":
        """The same with these wishes. Raises Refused."""
        wishes.check(path)
        session = replace(self, **wishes.said())
        try:
            flat_offer(session.tools, session.tool_choice)
        except Refused as error:
            raise Refused(error.message, f"{path}.{error.param}", error.kind) from error
        return session

    def told(self) -> Payload:
        choice, cut = self.tool_choice, self.truncation
        return {
            "output_modalities": ["text"],
            "instructions": self.instructions,
            "tools": [tool.model_dump(exclude_unset=True) for tool in self.tools],
            "tool_choice": choice if isinstance(choice, str) else choice.model_dump(),
            "max_output_tokens": self.max_output_tokens,
            "parallel_tool_calls": self.parallel_tool_calls,
            "truncation": cut if isinstance(cut, str) else cut.model_dump(exclude_none=True),
            "tracing": None,
            "prompt": None,
            "include": None,
        }

    def as_chat(self, model: str, items: Sequence[Payload]) -> ChatRequest:
        """The request for a provider. Raises ContextTooLong where nothing may be left out."""
        offered = flat_offer(self.tools, self.tool_choice)
        told = (Message("developer", self.instructions),) if self.instructions else ()
        limits = self.truncation.token_limits if isinstance(self.truncation, Retention) else None
        limit = min(CONTEXT, (limits and limits.post_instructions) or CONTEXT)
        kept, target = list(items), limit
        while (size := prompt_tokens(spoken := as_turns(kept))) > target and kept:
            if self.truncation == "disabled":
                raise ContextTooLong(
                    "Your input exceeds the context window of this model. Delete items, or set 'truncation' to 'auto'. "
                    f"It has {size} tokens, and {limit} is the limit.",
                    param="input",
                )
            target = int(limit * self.truncation.retention_ratio) if isinstance(self.truncation, Retention) else limit
            kept = kept[1 + len(kept) // 8 :]
        return ChatRequest(
            messages=told + spoken,
            model=model,
            max_tokens=self.max_output_tokens if isinstance(self.max_output_tokens, int) else None,
            tools=offered.tools,
            must_call=offered.must_call,
            parallel=self.parallel_tool_calls and not offered.by_name,
        )
