"""What the journal says about one chat completion: what was asked, what was told, how it ended. Knows one dialect.

`the_one` is where a check begins: it refuses traffic that no right answer to any exercise about a stream would make.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labkit.checks.proof import brief, each, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

PATH = "/v1/chat/completions"
CUT = "cut by a fault"


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as it left the server: its text, its bill (None: never told), how it ended and what shows that."""

    text: str
    tokens: int | None
    ending: str
    because: str


def asked(exchange: Exchange) -> dict[str, Any]:
    """The request's body; empty where it is not a JSON object."""
    try:
        body = json.loads(exchange.request_body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def field(body: dict[str, Any], name: str) -> str:
    """A field of a request's body as a card says it; one that was not sent is not null."""
    return f"{name}: {json.dumps(body[name])}" if name in body else f"no `{name}` in the body"


def _question(body: dict[str, Any]) -> str:
    """The last thing that the user said; its content may be text, or a list of text parts."""
    said = [message["content"] for message in body["messages"] if message["role"] == "user"][-1:]
    parts = said[0] if said and isinstance(said[0], list) else [{"text": text} for text in said]
    return "".join(str(part["text"]) for part in parts)


def told(exchange: Exchange) -> Told:
    """What the server said, streamed or in one piece."""
    if asked(exchange).get("stream") is not True:
        return _told_at_once(exchange)
    messages = [event.json for event in exchange.events]
    usages = [message["usage"]["total_tokens"] for message in messages if message.get("usage")]  # type: ignore[index]
    ending, because = _ending(exchange, messages)
    return Told("".join(text for _, text in exchange.deltas), usages[-1] if usages else None, ending, because)


def _told_at_once(exchange: Exchange) -> Told:
    try:
        answer = json.loads(exchange.body)
        choice = answer["choices"][0]
        ending = "length" if choice["finish_reason"] == "length" else "complete"
        tokens = answer["usage"]["total_tokens"]
        return Told(choice["message"]["content"], tokens, ending, f"finish_reason was {choice['finish_reason']}")
    except (ValueError, LookupError, TypeError):
        return Told("", None, "failed", f"the server answered {exchange.status}")


def _ending(exchange: Exchange, messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """How a stream ended, in the order in which the evidence counts."""
    reasons = [choice["finish_reason"] for message in messages for choice in message.get("choices", ())]
    finish = next(filter(None, reasons), None)
    if any("error" in message for message in messages):
        return "failed", "an error event came, long after the 200"
    if exchange.ended == CUT:
        return "failed", "the connection broke in the middle of the answer"
    if finish == "length":
        return "length", "finish_reason was length"
    if finish:
        return "complete", f"finish_reason was {finish}"
    if any(event.data == "[DONE]" for event in exchange.events):
        return "complete", "[DONE] came"
    return "unknown", "the stream ended without a finish_reason and without [DONE]"


def the_one(
    seen: Sequence[Exchange], prompt: str, right: bool, twice: str = "what you need is already in the first answer"
) -> Exchange:
    """The only exchange, if it is one streamed completion of this prompt. Raises Wrong where it is not.

    `right` says whether the value that the learner's code returned is right, `twice` why not to ask a second time.
    """
    expected = f"one POST {PATH} with your key and stream true"
    if not seen:
        raise Wrong(
            "No request with this key reached the server.",
            expected=expected,
            seen="an empty journal",
            look="the address (base_url, then the path) and the header Authorization: Bearer, a space, the key",
        )
    if len(seen) > 1:
        raise Wrong(
            verdict(right, f"it took {len(seen)} requests where one was enough."),
            expected=expected,
            seen=f"{len(seen)} requests, and each one is paid for",
            proof=each(seen),
            look=f"which line of yours sends the second one? Mind: {twice}",
        )
    (exchange,) = seen
    if exchange.path != PATH or exchange.status != 200:
        raise Wrong(
            f"The server answered {exchange.status}.",
            expected=expected,
            seen=f"{exchange.method} {exchange.target}",
            proof=brief(exchange),
            look="the first line of the request, then what the server says about it",
        )
    body = asked(exchange)
    if _question(body) != prompt:
        raise Wrong(
            "The model was asked something else.",
            expected=f"a message of the user that says {prompt!r}",
            seen=f"messages: {quoted(body['messages'], 120)}",
            proof=brief(exchange),
            look="where does the question in your messages come from? Use the prompt that your function is given",
        )
    if body.get("stream") is not True:
        raise Wrong(
            verdict(right, "the answer came in one piece."),
            expected=expected,
            seen=f"{field(body, 'stream')}; nobody saw a word before the last one was written",
            proof=brief(exchange),
            look="which field of the body asks for a stream?",
        )
    return exchange
