"""Checks of lesson 10: a stream read whole, left early, and told honestly. Knows the journal; knows no notebook."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from labkit.checks.bench import Bench, Scene
from labkit.checks.proof import brief, counted, each, parted, quoted, verdict
from labkit.outcome import Wrong
from labkit.witness import Exchange

PATH = "/v1/chat/completions"
CUT = "cut by a fault"
LEFT = "client left"
DELTAS_TO_LEAVE = 8  # after the full stop: 200 ms at the model's pace
END_WAIT = 15.0  # seconds: a model that nobody told goes on to the end of its answer
HURRY = {"x-lab-pace": "ttft=0;tps=100000"}
CRASHES = {"IndexError": "every-chunk-has-choices"}
SLICED_CRASHES = {"JSONDecodeError": "chunk-is-event", "UnicodeDecodeError": "chunk-is-event"}

STREAM_TEXT_HINTS = (
    "Three layers, one inside the other: bytes arrive in any portions; lines end where a line ends; an event is a line "
    "that begins with `data:`. Only the event is JSON.",
    "`response.iter_lines()` puts lines together for you, whatever the network did. Decode a line when it is whole. "
    "Pass over lines that do not begin with `data:`, and stop at `[DONE]`. One event has usage and no choices.",
    'Almost the code: for each line that starts with b"data: ", `event = json.loads(line[6:])`. For each choice in '
    '`event["choices"]`, add `choice["delta"].get("content")` if there is one. If `event.get("usage")`, keep its '
    "`total_tokens`.",
)

FIRST_SENTENCE_HINTS = (
    "A loop that ends only stops listening. The connection stays open, so nobody tells the model.",
    "The stream of the SDK is a thing to close: it has `.close()`, and it works in a `with` block.",
    "Almost the code: `with client.chat.completions.create(…, stream=True) as stream:`, the loop inside the block, and "
    'a `return` as soon as the text so far has a "." in it. Leaving the block closes the stream.',
)

HONEST_ANSWER_HINTS = (
    "A loop that is over says nothing about the answer. Write down what would prove each of the four endings.",
    "Proof of an end is a finish_reason, or [DONE]. Proof of a failure is an event with `error` in it, or an exception "
    "while you read. No proof at all is an ending too: unknown.",
    'Almost the code: begin with `text, ended = "", "unknown"`. In the loop, set `ended` when you see `error`, '
    "`finish_reason` or [DONE]. Put the loop into `try`, and let `except requests.RequestException` set it to "
    '"failed". Return both, whatever happened.',
)


@dataclass(frozen=True, slots=True)
class Told:
    """One answer as it left the server: its text, its bill (None: never told), how it ended and what shows that."""

    text: str
    tokens: int | None
    ending: str
    because: str


def stream_text(bench: Bench, answer: Callable[..., Any]) -> str:
    """The whole text and the bill, from an honest stream and from one that comes byte by byte."""
    calm, prompt = bench.scene(1011, beliefs=CRASHES), "What is cold brew tea? Answer in two sentences."
    _text_and_tokens(bench.call(calm, answer, calm.base_url, calm.key, prompt), calm, prompt)
    plan, prompt = "pings,crlf,slice;bytes=1", "Which tea goes well with a rainy afternoon?"
    rough = bench.scene(1012, plan, beliefs=CRASHES | SLICED_CRASHES)
    heard = _text_and_tokens(bench.call(rough, answer, rough.base_url, rough.key, prompt), rough, prompt)
    deltas = counted(len(heard.deltas), "delta")
    return f"Two answers whole, one of them byte by byte: {deltas}, 🍵 unharmed, {told(heard).tokens} tokens billed."


def _text_and_tokens(value: Any, scene: Scene, prompt: str) -> Exchange:
    seen = scene.exchanges()
    right = any(value == (one.text, one.tokens) for one in map(told, seen))
    exchange = _the_one(seen, prompt, right)
    text, tokens = _pair(value, "the text and the number of tokens", (str, int))
    due = told(exchange)
    if text != due.text:
        expected, got = parted(due.text, text)
        raise Wrong(
            "The text is not what the server sent.",
            expected=expected,
            seen=got,
            proof=brief(exchange, chunks=12),
            look="what does your code take for one event? The bytes come in portions of any size",
            belief="chunk-is-event",
        )
    if tokens != due.tokens:
        counted_deltas = tokens in (len(exchange.deltas), len(exchange.events), len(exchange.chunks))
        raise Wrong(
            "The text is right, the number of tokens is not.",
            expected=f"total_tokens: {due.tokens}" if due.tokens else "the server's own count, which you must ask for",
            seen=f"{tokens}; the answer had {counted(len(exchange.deltas), 'delta')}",
            proof=brief(exchange),
            look="`stream_options` with include_usage: which event brings the bill, and what else is in it?",
            belief="delta-is-token" if counted_deltas else "",
        )
    return exchange


def _pair(value: Any, what: str, kinds: tuple[type, type]) -> tuple[Any, Any]:
    """The two values that an answer returned. Raises Wrong where it returned something else."""
    if isinstance(value, tuple) and tuple(map(type, value)) == kinds:
        return value
    names = f"({kinds[0].__name__}, {kinds[1].__name__})"
    raise Wrong(
        f"Your function returns something else than {what}.",
        expected=f"a tuple {names}",
        seen=quoted(value),
        look="the `return` line: two values with a comma between them",
    )
