"""Checks of lesson 10: a stream read whole, left early, and told honestly. Knows the journal; knows no notebook."""

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from labkit.checks.bench import Bench, Scene
from labkit.checks.chat import PATH, asked, the_one, told
from labkit.checks.proof import brief, counted, parted, quoted, verdict
from labkit.exchange import Exchange
from labkit.outcome import Wrong

LEFT = "client left"
DELTAS_TO_LEAVE = 8  # after the full stop: 200 ms at the model's pace
END_WAIT = 15.0  # seconds: a model that nobody told goes on to the end of its answer
HURRY = {"x-lab-pace": "ttft=0;tps=100000"}
CRASHES = {"IndexError": "every-chunk-has-choices"}
STREAMS = (  # a fault, a prompt, and the belief that fails under this fault and under none before it
    ("", "What is cold brew tea? Answer in two sentences.", ""),
    ("slice;bytes=1", "Which tea goes well with a rainy afternoon?", "chunk-is-event"),
    ("pings,crlf,slice;bytes=1", "How do I brew green tea? Answer in one sentence.", ""),
)

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


def stream_text(bench: Bench, answer: Callable[..., Any]) -> str:
    """The whole text and the bill: from an honest stream, byte by byte, and with comments and CR LF as well.

    The faults come one after the other, so that a failure says which of them it cannot stand.
    """
    total = 0
    for seed, (plan, prompt, belief) in enumerate(STREAMS, start=1011):
        scene = bench.scene(seed, *filter(None, [plan]), beliefs=CRASHES | ({"Exception": belief} if belief else {}))
        value = bench.call(scene, answer, scene.base_url, scene.key, prompt)
        total += _text_and_tokens(value, scene, prompt, belief)
    return f"{len(STREAMS)} answers whole, two of them byte by byte; 🍵 unharmed, {total} tokens billed."


def _text_and_tokens(value: Any, scene: Scene, prompt: str, belief: str) -> int:
    """The bill, if value is what the exchange brought; `belief` is what a broken text looks like here."""
    seen = scene.exchanges()
    answers = [told(one) for one in seen]
    right = any(value == (one.text, one.tokens) for one in answers)
    exchange = the_one(seen, prompt, right)
    (due,) = answers
    text, tokens = _pair(value, "the text and the number of tokens", (str, int))
    if text != due.text:
        expected, got = parted(due.text, text)
        raise Wrong(
            "The text is not what the server sent.",
            expected=expected,
            seen=got,
            proof=brief(exchange, chunks=12 if scene.fault else 0),
            look="what does your code take for one event? The bytes come in portions of any size"
            if belief
            else "what does your code do with a line that it does not know, and with the end of a line?",
            belief=belief,
        )
    if tokens != due.tokens:
        counted_deltas = tokens in (len(exchange.deltas), len(exchange.events), len(exchange.chunks))
        raise Wrong(
            "The text is right, the number of tokens is not.",
            expected=f"total_tokens: {due.tokens}" if due.tokens else "the server's own count, which you must ask for",
            seen=f"{tokens}; the answer had {counted(len(exchange.deltas), 'delta')}",
            proof=brief(exchange),
            look="where does your code keep total_tokens? The event that brings it has no choices"
            if due.tokens and not tokens
            else "usage has three numbers: which of them is the whole bill?"
            if due.tokens
            else "`stream_options` with include_usage: which event brings the bill, and what else is in it?",
            belief="delta-is-token" if counted_deltas else "",
        )
    return due.tokens or 0


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


def first_sentence(bench: Bench, answer: Callable[..., Any]) -> str:
    """The first sentence, and the client gone: the server must not go on writing for nobody."""
    whole = []
    for seed, prompt in ((1021, "How do I brew green tea?"), (1022, "What is cold brew tea?")):
        scene = bench.scene(seed)
        with _no_collection():  # which would close a forgotten stream, now or later, by chance
            value = bench.call(scene, answer, scene.base_url, scene.key, prompt)
            talking = any(exchange.ended is None for exchange in scene.exchanges(wait=0.2))
            seen = scene.exchanges(wait=END_WAIT)
        whole.append(_gone(value, scene, seen, prompt, talking))
    first, second = whole
    total = f"{first} and {second} in all"
    return f"Two sentences, and you left within {DELTAS_TO_LEAVE} deltas of each full stop, of {total}."


def _gone(value: Any, scene: Scene, seen: Sequence[Exchange], prompt: str, talking: bool) -> int:
    """How many deltas the whole answer would have had. `talking`: the model still was when the function returned."""
    text, size = _uncut(scene, seen[0]) if seen else ("", 0)
    sentence = text[: text.find(".") + 1]
    right = isinstance(value, str) and value.strip() == sentence
    exchange = the_one(seen, prompt, right)
    expected = f"the client leaves at most {DELTAS_TO_LEAVE} deltas after the full stop"
    guesses = [name for name in ("max_tokens", "max_completion_tokens", "stop") if asked(exchange).get(name)]
    if guesses:
        raise Wrong(
            verdict(right, f"you told the model beforehand where to stop, with `{guesses[0]}`."),
            expected=expected,
            seen=f"{guesses[0]}: {json.dumps(asked(exchange)[guesses[0]])}",
            proof=brief(exchange),
            look="you cannot know how long the next sentence is. Leave when you have it: how does one leave a stream?",
        )
    if not right:
        due, got = parted(sentence, value) if isinstance(value, str) else (repr(sentence), quoted(value))
        raise Wrong(
            "This is not the first sentence.",
            expected=due,
            seen=got,
            proof=brief(exchange),
            look="the text so far, up to and including its first full stop; nothing after it",
        )
    late = _deltas_after_stop(exchange)
    if exchange.ended != LEFT:
        waited = "your code read the whole answer before it came back"
        raise Wrong(
            verdict(True, "your loop has stopped, the model has not." if talking else f"{waited}."),
            expected=expected,
            seen=f"the server sent {counted(len(exchange.deltas), 'delta')}, {late} of them after the full stop",
            proof=brief(exchange),
            look="who tells the server that you are gone? What does a stream have that a list has not?"
            if talking
            else "which line collects everything? The text so far is enough to see the full stop",
            belief="break-stops-the-model" if talking else "",
        )
    if late > DELTAS_TO_LEAVE:
        raise Wrong(
            verdict(True, "you left late."),
            expected=expected,
            seen=f"you left {late} deltas after it",
            proof=brief(exchange),
            look="look for the full stop after every delta, and leave at once",
        )
    return size


def _deltas_after_stop(exchange: Exchange) -> int:
    """How many deltas left the server after the one that brought the first full stop."""
    texts = [text for _, text in exchange.deltas]
    place = next((place for place, text in enumerate(texts) if "." in text), len(texts) - 1)
    return len(texts) - 1 - place


def _uncut(scene: Scene, exchange: Exchange) -> tuple[str, int]:
    """The whole answer to the learner's own question and its number of deltas; asked after the journal was read."""
    cuts = ("stream", "stream_options", "max_tokens", "max_completion_tokens", "stop")
    body = {name: value for name, value in asked(exchange).items() if name not in cuts}
    answer = scene.ask("POST", PATH, json=body, headers=HURRY)
    if answer.status_code != 200:
        return "", 0
    told_all = answer.json()
    return told_all["choices"][0]["message"]["content"], told_all["usage"]["completion_tokens"]


@contextmanager
def _no_collection() -> Iterator[None]:
    """Nothing is closed only because the garbage collector happened to come by."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


ENDINGS = ("complete", "length", "unknown", "failed")
ACTS: tuple[tuple[str, int | None], ...] = (
    ("", None),
    ("", 5),
    ("no_done", None),
    ("no_done;after=4", None),
    ("late_error;after=4", None),
    ("cut;after=4", None),
)


def honest_answer(bench: Bench, answer: Callable[..., Any]) -> str:
    """What was said and how it ended, for each of ACTS (a fault, max_tokens); one request a call."""
    prompt = "Which tea goes well with a rainy afternoon? Answer in one sentence."
    told_right = []
    for seed, (plan, max_tokens) in enumerate(ACTS, start=1031):
        scene = bench.scene(seed, *filter(None, [plan]), beliefs=CRASHES)
        options = {} if max_tokens is None else {"max_tokens": max_tokens}
        value = bench.call(scene, answer, scene.base_url, scene.key, prompt, **options)
        seen = scene.exchanges()
        right = bool(seen) and value == (told(seen[0]).text, told(seen[0]).ending)
        exchange = the_one(seen, prompt, right, twice="the first words are on the screen already: tell how it ended")
        _judge_limit(exchange, max_tokens)
        _judge_honesty(value, exchange)
        told_right.append(told(exchange).ending)
    return f"{len(ACTS)} streams, one request each, and you told how each one ended: {', '.join(told_right)}."


def _judge_limit(exchange: Exchange, max_tokens: int | None) -> None:
    sent = asked(exchange).get("max_tokens", asked(exchange).get("max_completion_tokens"))
    if sent != max_tokens:
        raise Wrong(
            "The limit on the answer's length is not the one that your function was given.",
            expected=f"max_tokens: {json.dumps(max_tokens)} in the request",
            seen=f"max_tokens: {json.dumps(sent)}",
            proof=brief(exchange),
            look="the body of your request; None means that the field may be left out",
        )


def _judge_honesty(value: Any, exchange: Exchange) -> None:
    text, ended = _pair(value, "the text and how it ended", (str, str))
    due = told(exchange)
    if text != due.text:
        expected, got = parted(due.text, text)
        added = text.startswith(due.text)
        raise Wrong(
            "Your text has words in it that the model never said." if added else "The text is not what the model said.",
            expected=expected,
            seen=got,
            proof=brief(exchange),
            look="an error is not a part of the answer: say it with the second value"
            if added
            else "which deltas reached your code before it stopped? Keep them, whatever happens next",
        )
    if ended != due.ending:
        raise Wrong(
            f"The text is right, but it did not end like that: {due.because}.",
            expected=repr(due.ending),
            seen=repr(ended) + ("" if ended in ENDINGS else f", which is none of {', '.join(ENDINGS)}"),
            proof=brief(exchange),
            look="what in the stream would prove that the answer was complete? Is it there?"
            if ended == "complete"
            else "the last events of the stream: which of them says how the answer ended?",
            belief="loop-ended-so-complete" if ended == "complete" else "",
        )
