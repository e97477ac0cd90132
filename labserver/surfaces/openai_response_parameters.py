"""The same table as PARAMETERS, of a response: what becomes of each parameter, and why.

A contract test compares it with the parameters that the installed `openai` package declares, so that none goes missing.
"""

from labserver.surfaces.openai_parameters import SUPPORTED, Parameter, ignored, refused

RESPONSE_PARAMETERS: dict[str, Parameter] = {
    "access_programs": refused("Unsupported parameter: 'access_programs' is not supported with this model."),
    "background": SUPPORTED,
    "context_management": refused("Unsupported parameter: 'context_management' is not supported with this model."),
    "conversation": refused(
        "Unsupported parameter: 'conversation' is not supported here. Use 'previous_response_id' instead."
    ),
    "image": ignored("no picture is looked at"),
    "include": SUPPORTED,
    "input": SUPPORTED,
    "instructions": SUPPORTED,
    "max_output_tokens": SUPPORTED,
    "max_tool_calls": ignored("it counts calls of built-in tools, and there are none"),
    "metadata": SUPPORTED,
    "model": SUPPORTED,
    "moderation": refused("Unsupported parameter: 'moderation' is not supported with this model."),
    "parallel_tool_calls": SUPPORTED,
    "previous_response_id": SUPPORTED,
    "prompt": refused("Unsupported parameter: 'prompt' is not supported here. Send 'instructions' and 'input'."),
    "prompt_cache_key": ignored("there is no cache of prompts; it is told again"),
    "prompt_cache_options": ignored("there is no cache of prompts"),
    "prompt_cache_retention": ignored("there is no cache of prompts"),
    "reasoning": SUPPORTED,
    "safety_identifier": ignored("nobody is watched; it is told again"),
    "service_tier": SUPPORTED,
    "store": SUPPORTED,
    "stream": SUPPORTED,
    "stream_options": ignored("no delta is padded: a lesson's events show what they carry and nothing else"),
    "temperature": SUPPORTED,
    "text": SUPPORTED,
    "tool_choice": SUPPORTED,
    "tools": SUPPORTED,
    "top_logprobs": SUPPORTED,
    "top_p": ignored("the mock picks among a few wordings, by temperature alone; it is told again"),
    "truncation": SUPPORTED,
    "user": ignored("nobody is watched; it is told again"),
}
