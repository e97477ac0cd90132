"""A ChatRequest in the words of OpenAI's API, as the `openai` package takes them. Pure: asks nobody."""

import hashlib
from collections.abc import Callable
from typing import Any

from labserver.errors import InvalidRequest
from labserver.events import ChatRequest, Message
from labserver.providers.presets import Preset

SEEDS = 0x7FFF_FFFF  # what every provider takes; the sandbox's own seed stands above these bits and stays here


def asked(request: ChatRequest, model: str, preset: Preset) -> dict[str, Any]:
    """The arguments of `chat.completions.create`. Raises InvalidRequest for pictures, of which we know the number only.

    What a request does not say is left out, so that the provider's own default holds.
    """
    if any(message.images for message in request.messages):
        raise InvalidRequest("Pictures do not reach a real provider from here. Send text only.", param="messages")
    said: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, preset) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": request.temperature,
    }
    if request.max_tokens is not None:
        said[preset.limit] = request.max_tokens
    if request.stop:
        said["stop"] = list(request.stop)
    if request.n > 1:
        said["n"] = request.n
    if seed := request.seed & SEEDS:
        said["seed"] = seed
    if request.top_logprobs is not None:
        said |= {"logprobs": True, "top_logprobs": request.top_logprobs}
    if request.format is not None:
        said["response_format"] = _format(request)
    if request.tools:
        said["tools"] = [_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
        said |= {"tool_choice": "required"} if request.must_call else {}
        said |= {} if request.parallel else {"parallel_tool_calls": False}
    return {name: value for name, value in said.items() if name not in preset.lacks}


def _message(message: Message, preset: Preset) -> dict[str, Any]:
    name: Callable[[str], str] = short_id if preset.short_ids else str
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": name(message.call_id), "content": message.content}
    role = "system" if message.role == "developer" and not preset.developer else message.role
    told: dict[str, Any] = {"role": role, "content": message.content}
    if message.calls:
        told["content"] = message.content or None
        told["tool_calls"] = [
            {"id": name(call.id), "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
    return told


def short_id(call_id: str) -> str:
    """Nine letters and digits that stand for an id, the same ones each time."""
    return hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:9]


def _tool(name: str, description: str, parameters: Any) -> dict[str, Any]:
    told = {"name": name} | ({"description": description} if description else {})
    return {"type": "function", "function": told | ({} if parameters is None else {"parameters": dict(parameters)})}


def _format(request: ChatRequest) -> dict[str, Any]:
    if request.format is None or request.format.schema is None:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(request.format.schema)}}
