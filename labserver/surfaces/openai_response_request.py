"""What a request for a response may say, and how it becomes a ChatRequest. Knows pydantic; answers nothing."""

import json
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from labserver.errors import ContextTooLong
from labserver.events import ChatRequest, Format, Message
from labserver.providers.delivery import prompt_tokens
from labserver.surfaces import openai_flat_tools, openai_items, openai_schemas
from labserver.surfaces.openai_answer import TIERS
from labserver.surfaces.openai_flat_tools import FlatChoice, FlatTools, flat_offer
from labserver.surfaces.openai_items import CallItem, MessageItem, OutputItem
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_request import CONTEXT, MAX_TOKENS
from labserver.surfaces.openai_response_parameters import RESPONSE_PARAMETERS
from labserver.surfaces.openai_tools import NAME

FEWEST_TOKENS = 16  # that the original lets an answer be cut to
LOGPROBS = "message.output_text.logprobs"
NEVER_ASKED = frozenset({"stream", "stream_options", "background", "store"})

Item = Annotated[
    Annotated[MessageItem, Tag("message")]
    | Annotated[CallItem, Tag("function_call")]
    | Annotated[OutputItem, Tag("function_call_output")],
    Discriminator(openai_items.which),
]
Input = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[Item], Tag("items"), Field(min_length=1, max_length=1000)],
    either("a string or array of objects", text=str, items=list),
]
Metadata = dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]]


class Words(Strict):
    type: Literal["text"] = "text"


class AnyJson(Strict):
    type: Literal["json_object"]


class FittingJson(Strict):
    type: Literal["json_schema"]
    name: Annotated[str, Field(pattern=NAME, max_length=64)]
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    description: str | None = None
    strict: bool | None = None


class TextConfig(Strict):
    format: Annotated[Words | AnyJson | FittingJson, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class StreamOptions(Strict):
    include_obfuscation: bool | None = None


class ResponseBody(Strict):
    """The request body: every parameter of `RESPONSE_PARAMETERS`, and no other."""

    model: Annotated[str, Field(min_length=1, examples=["gpt-4o-mini"])]
    input: Input | None = None
    instructions: Annotated[str | None, Field(description="counts for this response alone")] = None
    previous_response_id: Annotated[str | None, Field(description="the answer that this one goes on from")] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    background: Annotated[bool | None, Field(description="answer at once, and work on without the client")] = None
    store: Annotated[bool | None, Field(description="true unless said otherwise; then it can be asked for again")] = (
        None
    )
    temperature: Annotated[float | None, Field(ge=0, le=2, allow_inf_nan=False)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    max_output_tokens: Annotated[int | None, Field(ge=FEWEST_TOKENS, le=MAX_TOKENS)] = None
    max_tool_calls: Annotated[int | None, Field(ge=1)] = None
    tools: FlatTools | None = None
    tool_choice: FlatChoice | None = None
    parallel_tool_calls: bool | None = None
    text: TextConfig | None = None
    include: list[
        Literal[
            "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
            "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
            "reasoning.encrypted_content", "message.output_text.logprobs",
        ]
    ] | None = None  # fmt: skip
    top_logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    reasoning: dict[str, Any] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"] | None = None
    metadata: Annotated[Metadata, Field(max_length=16)] | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    image: dict[str, Any] | None = None
    access_programs: Any = None
    context_management: Any = None
    conversation: Any = None
    moderation: Any = None
    prompt: Any = None

    @property
    def items(self) -> list[MessageItem | CallItem | OutputItem]:
        if isinstance(self.input, str):
            return [MessageItem(role="user", content=self.input)]
        return self.input or []

    @property
    def wants_odds(self) -> bool:
        return LOGPROBS in (self.include or ())

    def asked(self) -> dict[str, Any]:
        """What ids are made from: the same for the same question, streamed or whole."""
        return self.model_dump(exclude_unset=True, exclude_none=True, exclude=set(NEVER_ASKED), by_alias=True)

    def as_chat(self, before: tuple[Message, ...], seed: int) -> ChatRequest:
        """The request for a provider, `before` it what was said so far. Raises LabError."""
        self._check_together()
        offered = flat_offer(self.tools, self.tool_choice)
        spoken = before + openai_items.as_messages(self.items)
        openai_items.check_calls(spoken)
        told = (Message("developer", self.instructions),) if self.instructions else ()
        while (size := prompt_tokens(told + spoken, offered.tools)) > CONTEXT:
            if self.truncation != "auto" or len(spoken) == 1:
                raise ContextTooLong(
                    "Your input exceeds the context window of this model. Please adjust your input and try again. "
                    f"It has {size} tokens, and {CONTEXT} is the limit.",
                    param="input",
                )
            spoken = spoken[1 + len(spoken) // 4 :]
        return ChatRequest(
            messages=told + spoken,
            model=self.model,
            temperature=1.0 if self.temperature is None else self.temperature,
            max_tokens=self.max_output_tokens,
            seed=seed,
            tools=offered.tools,
            must_call=offered.must_call,
            parallel=self.parallel_tool_calls is not False and not offered.by_name,
            format=self._format(told + spoken),
            top_logprobs=(self.top_logprobs or 0) if self.wants_odds else None,
        )

    def _format(self, messages: tuple[Message, ...]) -> Format | None:
        wanted = self.text and self.text.format
        if isinstance(wanted, AnyJson):
            if not any("json" in message.content.lower() for message in messages):
                raise Refused(
                    "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
                    "'json_object'.",
                    "input",
                )
            return Format()
        if isinstance(wanted, FittingJson):
            whose = f"response_format '{wanted.name}'"
            strict = wanted.strict or False
            openai_schemas.check(wanted.schema_, whose, "text.format.schema", "invalid_json_schema", strict=strict)
            return Format(wanted.schema_)
        return None

    def _check_together(self) -> None:
        try:
            json.dumps(self.model_dump(), ensure_ascii=False, allow_nan=False).encode()
        except ValueError as error:
            raise Refused(
                "We could not parse the JSON body of your request: it holds half of a surrogate pair or a number "
                "without an end. Send whole characters and finite numbers."
            ) from error
        for name, row in RESPONSE_PARAMETERS.items():
            if row.treatment == "refused" and getattr(self, name) is not None:
                raise Refused(row.why, name, row.code)
        for name, value in (self.reasoning or {}).items():
            if value is not None:
                path = f"reasoning.{name}"
                raise Refused(
                    f"Unsupported parameter: '{path}' is not supported with this model.", path, "unsupported_parameter"
                )
        if self.text and self.text.verbosity not in (None, "medium"):
            raise Refused(
                f"Unsupported value: '{self.text.verbosity}' is not supported with the '{self.model}' model. "
                "Supported values are: 'medium'.",
                "text.verbosity",
                "unsupported_value",
            )
        if self.input is None and self.previous_response_id is None:
            raise Refused(
                'One of "input" or "previous_response_id" must be provided.', "input", "missing_required_parameter"
            )
        if self.background and self.store is False:
            raise Refused("Background mode requires 'store' to be true.", "store", "invalid_parameter_combination")
        if self.stream_options is not None and not self.stream:
            raise Refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
        openai_items.check(self.items)

    def told(self) -> dict[str, Any]:
        """What every view of the response says again of its request."""
        text = self.text or TextConfig()
        shown = (text.format or Words()).model_dump(by_alias=True, exclude_none=True)
        choice = self.tool_choice or "auto"
        return {
            "background": bool(self.background),
            "instructions": self.instructions,
            "max_output_tokens": self.max_output_tokens,
            "max_tool_calls": self.max_tool_calls,
            "metadata": self.metadata or {},
            "model": self.model,
            "parallel_tool_calls": self.parallel_tool_calls is not False,
            "previous_response_id": self.previous_response_id,
            "prompt_cache_key": self.prompt_cache_key,
            "reasoning": {"effort": None, "summary": None},
            "safety_identifier": self.safety_identifier,
            "service_tier": TIERS.get(self.service_tier or "auto", "priority"),
            "temperature": 1.0 if self.temperature is None else self.temperature,
            "text": {"format": shown, "verbosity": "medium"},
            "tool_choice": choice if isinstance(choice, str) else choice.model_dump(),
            "tools": openai_flat_tools.told(self.tools),
            "top_logprobs": self.top_logprobs or 0,
            "top_p": 1.0 if self.top_p is None else self.top_p,
            "truncation": self.truncation or "disabled",
            "user": self.user,
        }
