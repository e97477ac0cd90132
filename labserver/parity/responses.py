"""Claims about a streamed response, the younger of OpenAI's two dialects; many providers do not offer it."""

import json
from typing import Any

from labserver.parity.heard import DONE, Heard, short
from labserver.parity.target import MOST_TOKENS, QUESTION, Target
from labserver.parity.verdict import expect

ENDS = ("response.completed", "response.incomplete", "response.failed")


def are_named_after_their_type(target: Target) -> None:
    heard = _streamed(target)
    for event, data in zip(_told(heard), _payloads(heard), strict=True):
        expect(event == data.get("type"), f"event {event} carries the type {short(data.get('type'))}")


def are_numbered_without_gaps(target: Target) -> None:
    numbers = [data.get("sequence_number") for data in _payloads(_streamed(target))]
    expect(numbers == list(range(len(numbers))), f"sequence numbers: {short(numbers)}")


def it_ends_with_its_own_event(target: Target) -> None:
    heard = _streamed(target)
    last = heard.events[-1]
    expect(last.data != DONE, "the last event is [DONE]")
    expect(last.event in ENDS, f"the last event is {last.event}")


def deltas_are_the_text(target: Target) -> None:
    payloads = _payloads(_streamed(target))
    deltas = "".join(data["delta"] for data in payloads if data.get("type") == "response.output_text.delta")
    texts = [data.get("text") for data in payloads if data.get("type") == "response.output_text.done"]
    expect(deltas and texts == [deltas], f"the deltas spell {short(deltas)}, the end says {short(texts)}")


def _streamed(target: Target) -> Heard:
    asked = {"model": target.model, "input": QUESTION, "max_output_tokens": MOST_TOKENS, "stream": True}
    heard = target.post("/responses", asked).offered()
    expect(heard.events, f"no event, but {short(heard.text)}")
    return heard


def _told(heard: Heard) -> list[str]:
    return [event.event for event in heard.events if event.data != DONE]


def _payloads(heard: Heard) -> list[dict[str, Any]]:
    found = []
    for event in heard.events:
        if event.data != DONE:
            try:
                found.append(json.loads(event.data))
            except ValueError:
                expect(False, f"data that is no JSON: {short(event.data)}")
    return found
