"""The PARAMETERS table: what becomes of each parameter of a chat completion, and why. One row a parameter, no more.

A contract test compares it with the parameters that the installed `openai` package declares, so that none goes missing.
"""

from typing import Literal, NamedTuple

from labserver.surfaces.openai_refusals import Refused


class Parameter(NamedTuple):
    """`supported`; `ignored`: accepted and checked, without an effect; or `refused`, and `why` is what is answered."""

    treatment: Literal["supported", "ignored", "refused"]
    why: str = ""
    code: str | None = None


SUPPORTED = Parameter("supported")
UNSUPPORTED = "unsupported_parameter"


def ignored(why: str) -> Parameter:
    return Parameter("ignored", why)


def refused(why: str, code: str | None = UNSUPPORTED) -> Parameter:
    return Parameter("refused", why, code)


PARAMETERS: dict[str, Parameter] = {
    "messages": SUPPORTED,
    "model": SUPPORTED,
    "audio": refused("Unsupported parameter: 'audio' is not supported with this model."),
    "frequency_penalty": ignored("the mock's words do not come from frequencies"),
    "function_call": SUPPORTED,
    "functions": SUPPORTED,
    "logit_bias": ignored("the mock has no vocabulary with token ids"),
    "logprobs": SUPPORTED,
    "max_completion_tokens": SUPPORTED,
    "max_tokens": SUPPORTED,
    "metadata": ignored("nothing is stored that it could be attached to"),
    "modalities": SUPPORTED,
    "moderation": refused("Unsupported parameter: 'moderation' is not supported with this model."),
    "n": SUPPORTED,
    "parallel_tool_calls": SUPPORTED,
    "prediction": ignored("it makes a real model faster, and changes no word"),
    "presence_penalty": ignored("the mock's words do not come from frequencies"),
    "prompt_cache_key": ignored("there is no cache of prompts"),
    "prompt_cache_options": ignored("there is no cache of prompts"),
    "prompt_cache_retention": ignored("there is no cache of prompts"),
    "reasoning_effort": refused("Unrecognized request argument supplied: reasoning_effort", code=None),
    "response_format": SUPPORTED,
    "safety_identifier": ignored("nobody is watched"),
    "seed": SUPPORTED,
    "service_tier": SUPPORTED,
    "stop": SUPPORTED,
    "store": ignored("answers are not stored; the journal is what remembers them"),
    "stream": SUPPORTED,
    "stream_options": SUPPORTED,
    "temperature": SUPPORTED,
    "tool_choice": SUPPORTED,
    "tools": SUPPORTED,
    "top_logprobs": SUPPORTED,
    "top_p": ignored("the mock picks among a few wordings, by temperature alone"),
    "user": ignored("nobody is watched"),
    "verbosity": refused("Unsupported parameter: 'verbosity' is not supported with this model."),
    "web_search_options": refused("Web search options not supported with this model."),
}


def refusal(name: str) -> Refused:
    """What is said to whoever sends parameter `name`, one of the refused."""
    row = PARAMETERS[name]
    return Refused(row.why, name if row.code else None, row.code)
