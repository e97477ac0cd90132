"""What a chat completion request may say, and how it becomes a ChatRequest. Knows pydantic; answers nothing."""

import json
from typing import Annotated, Any, Literal

from pydantic import Field, Tag

from labserver.errors import ContextTooLong
from labserver.events import ChatRequest
from labserver.providers.delivery import prompt_tokens
from labserver.surfaces.openai_format import ResponseFormat, format_of
from labserver.surfaces.openai_messages import ChatMessage, as_turns
from labserver.surfaces.openai_model import Strict, either
from labserver.surfaces.openai_parameters import PARAMETERS, refusal
from labserver.surfaces.openai_refusals import Refused
from labserver.surfaces.openai_tools import Offer, OldChoice, OldFunctions, ToolChoice, Tools, offer, old_offer

MAX_TOKENS = 100_000
CONTEXT = 400_000  # tokens that a question may have; enough for every lesson, and a bound all the same
Bounded = Annotated[int, Field(ge=1, le=MAX_TOKENS)]
Penalty = Annotated[float, Field(ge=-2, le=2, allow_inf_nan=False)]
StopSequence = Annotated[str, Field(min_length=1)]
Stop = Annotated[
    Annotated[StopSequence, Tag("one")] | Annotated[list[StopSequence], Tag("several"), Field(max_length=4)],
    either("a string or array of strings", one=str, several=list),
]
# What a request is known by since the first version: others count only where they are sent, so that ids stay the same.
ALWAYS_ASKED = ("model", "temperature", "max_tokens", "max_completion_tokens", "n", "seed", "stop")
NEVER_ASKED = frozenset({*ALWAYS_ASKED, "messages", "stream", "stream_options"})


class StreamOptions(Strict):
    include_usage: bool | None = None
    include_obfuscation: bool | None = None


class ChatBody(Strict):
    """The request body: every parameter of `PARAMETERS`, and no other."""

    model: Annotated[str, Field(min_length=1, examples=["gpt-4o-mini"])]
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2, allow_inf_nan=False)] = None
    max_tokens: Bounded | None = None
    max_completion_tokens: Bounded | None = None
    n: Annotated[int | None, Field(ge=1, le=16)] = None
    seed: Annotated[int | None, Field(ge=-(2**63), lt=2**63)] = None
    stop: Stop | None = None
    tools: Tools | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    functions: OldFunctions | None = None
    function_call: OldChoice | None = None
    response_format: ResponseFormat | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int | None, Field(ge=0, le=20)] = None
    service_tier: Literal["auto", "default", "flex", "scale", "priority", "fast"] | None = None
    modalities: Annotated[list[Literal["text", "audio"]], Field(min_length=1)] | None = None
    top_p: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    logit_bias: dict[str, Annotated[int, Field(ge=-100, le=100)]] | None = None
    user: str | None = None
    store: bool | None = None
    metadata: Annotated[dict[str, Annotated[str, Field(max_length=512)]], Field(max_length=16)] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    prediction: dict[str, Any] | None = None
    audio: Any = None
    moderation: Any = None
    reasoning_effort: Any = None
    verbosity: Any = None
    web_search_options: Any = None

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    @property
    def wants_obfuscation(self) -> bool:
        """Off unless it is asked for: a lesson's chunks show what they carry and nothing else."""
        return bool(self.stream_options and self.stream_options.include_obfuscation)

    @property
    def offer(self) -> Offer:
        """The tools that may be called now. Raises Refused."""
        if self.functions or self.function_call:
            return old_offer(self.functions, self.function_call)
        return offer(self.tools, self.tool_choice, parallel=self.parallel_tool_calls)

    def asked(self) -> dict[str, Any]:
        """What ids are made from: the same for the same question, streamed or whole."""
        messages = [
            {"role": message.role, "content": None} | message.model_dump(exclude_unset=True, exclude_none=True)
            for message in self.messages
        ]
        further = self.model_dump(exclude_unset=True, exclude_none=True, exclude=set(NEVER_ASKED))
        return {name: getattr(self, name) for name in ALWAYS_ASKED} | {"messages": messages} | further

    def as_chat(self) -> ChatRequest:
        """The request for a provider, once every rule that needs more than one field is kept. Raises LabError."""
        self._check_together()
        offered = self.offer
        messages = as_turns(self.messages)
        if (size := prompt_tokens(messages, offered.tools)) > CONTEXT:
            raise ContextTooLong(
                f"This model's maximum context length is {CONTEXT} tokens. However, your messages resulted in {size} "
                "tokens. Please reduce the length of the messages.",
                param="messages",
            )
        return ChatRequest(
            messages=messages,
            model=self.model,
            temperature=1.0 if self.temperature is None else self.temperature,
            max_tokens=self.max_completion_tokens or self.max_tokens,
            stop=(self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ()),
            n=self.n or 1,
            seed=(self.seed or 0) & 0xFFFFFFFF,
            tools=offered.tools,
            must_call=offered.must_call,
            parallel=self.parallel_tool_calls is not False and not offered.by_name and not self.functions,
            format=format_of(self.response_format, self.messages),
            top_logprobs=(self.top_logprobs or 0) if self.logprobs else None,
        )

    def _check_together(self) -> None:
        try:
            json.dumps(self.model_dump(exclude_unset=True), ensure_ascii=False, allow_nan=False).encode()
        except ValueError as error:
            raise Refused(
                "We could not parse the JSON body of your request: it holds half of a surrogate pair or a number "
                "without an end. Send whole characters and finite numbers."
            ) from error
        for name, row in PARAMETERS.items():
            if row.treatment == "refused" and getattr(self, name) is not None:
                raise refusal(name)
        if self.max_tokens is not None and self.max_completion_tokens is not None:
            raise Refused(
                "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
                "max_tokens",
                "invalid_parameter_combination",
            )
        if self.top_logprobs is not None and not self.logprobs:
            raise Refused("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", "top_logprobs")
        if self.stream_options is not None and not self.stream:
            raise Refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options")
        if self.modalities and "audio" in self.modalities:
            raise Refused("Invalid value: 'audio'. Supported value is: 'text'.", "modalities", "invalid_value")
        if self.tools and self.functions:
            raise Refused("Setting 'tools' and 'functions' at the same time is not supported.", "functions")
