"""Turns in which tools play a part: calls to make, and what to say of their results. Knows a conversation's order.

A tool is called once for the same arguments after a question; when everything asked for was called, the results are
told in words, so that an agent's loop ends. A request that says it must call, calls again.
"""

import json
from collections.abc import Sequence
from typing import Any

from labserver.events import Called, ChatRequest, Message
from labserver.providers import tokens
from labserver.providers.choosing import Wanted, again, nearest, wanted
from labserver.providers.delivery import Call
from labserver.providers.kinds import name_words

LONGEST_RESULT = 2000  # characters that are told of one
VERBS = frozenset({"get", "find", "fetch", "lookup", "list", "search", "retrieve", "check"})


def calls(request: ChatRequest) -> tuple[Call, ...]:
    """The tool calls that answer this request now; none when it is time for words."""
    if not request.tools:
        return ()
    prompt, since = _since_question(request.messages)
    made = {(call.name, _canonical(call.arguments)) for message in since for call in message.calls}
    asked = wanted(request.tools, prompt) or ([] if since else _as_before(request, prompt))
    open_ones = [one for one in asked if (one.name, _canonical(one.arguments)) not in made]
    if not open_ones and request.must_call:
        open_ones = [nearest(request.tools, prompt)]
    now = open_ones if request.parallel else open_ones[:1]
    return tuple(Call(one.name, tuple(tokens.split(one.arguments))) for one in now)


def results(messages: Sequence[Message]) -> str:
    """What the tools said since the last question, in words; empty when none has."""
    _, since = _since_question(messages)
    names = {call.id: call.name for message in since for call in message.calls}
    told = [_told(names.get(message.call_id, ""), message.content) for message in since if message.role == "tool"]
    return "\n".join(told)


def question_and_results(messages: Sequence[Message]) -> str:
    """The last question and everything that the tools said since, as one text to take facts from."""
    prompt, since = _since_question(messages)
    return "\n".join([prompt, *(message.content for message in since if message.role == "tool")])


def _since_question(messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
    place = max((at for at, message in enumerate(messages) if message.role == "user"), default=-1)
    return (messages[place].content if place >= 0 else ""), messages[place + 1 :]


def _as_before(request: ChatRequest, prompt: str) -> list[Wanted]:
    earlier: list[Called] = [call for message in request.messages for call in message.calls]
    last = earlier[-1].name if earlier else None
    return next((again(tool, prompt) for tool in request.tools if tool.name == last), [])


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except ValueError:
        return arguments


def _told(name: str, content: str) -> str:
    """`get_order_status`, `{"status": "shipped"}` -> `Order status: status shipped.`"""
    parts = name_words(name)
    subject = " ".join(parts[1:] if parts[:1] and parts[0] in VERBS and len(parts) > 1 else parts) or "result"
    try:
        text = _spoken(json.loads(content))
    except (ValueError, RecursionError):
        text = content.strip()
    text = text if len(text) <= LONGEST_RESULT else f"{text[:LONGEST_RESULT]}…"
    return (
        f"{subject[:1].upper()}{subject[1:]}: {text or 'nothing'}{'' if text.endswith(('.', '!', '?', '…')) else '.'}"
    )


def _spoken(value: Any) -> str:
    match value:
        case dict():
            return "; ".join(f"{name.replace('_', ' ')}: {_spoken(part)}" for name, part in value.items())
        case list():
            return ", ".join(f"({_spoken(part)})" if isinstance(part, dict | list) else _spoken(part) for part in value)
        case bool():
            return "yes" if value else "no"
        case None:
            return "none"
        case str():
            return value
    return json.dumps(value)
