"""Claims about whole answers: their shape, what cuts them short, JSON, models, headers."""

import json
from typing import Any

from labserver.parity.heard import Heard, short
from labserver.parity.target import MOST_TOKENS, Target
from labserver.parity.verdict import Differs, NotOffered, NotSeen, expect

RATE_LIMIT = tuple(
    f"x-ratelimit-{part}-{of}" for part in ("limit", "remaining", "reset") for of in ("requests", "tokens")
)
AS_JSON = "Answer with a JSON object: the field colour says which colour green tea has."


def is_one_object(target: Target) -> None:
    answer = target.chat().fine().json
    expect(answer.get("object") == "chat.completion", f"object is {short(answer.get('object'))}")
    message = _choice(answer).get("message") or {}
    expect(message.get("role") == "assistant" and message.get("content"), f"the message is {short(message)}")
    usage = answer.get("usage") or {}
    expect(usage.get("total_tokens"), f"usage is {short(usage)}")


def limit_ends_with_length(target: Target) -> None:
    most = 5
    answer = target.chat(most=most).fine().json
    reason = _choice(answer).get("finish_reason")
    expect(reason == "length", f"finish_reason is {short(reason)}")
    used = (answer.get("usage") or {}).get("completion_tokens", 0)
    expect(used <= most, f"{used} tokens came, and {most} were asked for")


def a_stop_sequence_never_shows(target: Target) -> None:
    """A word that the model is known to say: the third of its own answer at temperature 0."""
    plain = _text(target.chat(temperature=0).offered())
    word = next((word for word in plain.split()[2:] if len(word) > 2), "")
    expect(word, f"the whole answer is {short(plain)}")
    heard = target.chat(temperature=0, stop=[word]).offered()
    text = "" if not heard.json.get("choices") else _choice(heard.json)["message"].get("content") or ""
    expect(word not in text, f"the stop sequence {short(word)} stands in {short(text)}")
    reason = _choice(heard.json).get("finish_reason")
    expect(reason == "stop", f"finish_reason is {short(reason)}")


def json_mode_gives_json(target: Target) -> None:
    heard = target.chat(AS_JSON, response_format={"type": "json_object"}).offered()
    text = _text(heard)
    try:
        value = json.loads(text)
    except ValueError:
        raise Differs(f"its words are no JSON: {short(text)}") from None
    expect(isinstance(value, dict), f"its words are no JSON object: {short(text)}")


def models_are_listed(target: Target) -> None:
    listed = target.get("/models").offered().json
    expect(listed.get("object") == "list" and listed.get("data"), short(listed))
    for model in listed["data"]:
        for name in ("id", "object", "created", "owned_by"):
            expect(name in model, f"a model has no `{name}`: {short(model)}")


def a_model_is_found_by_its_name(target: Target) -> None:
    listed = target.get("/models").offered().json.get("data") or [{}]
    name = str(listed[0].get("id"))
    found = target.get(f"/models/{name}").offered().json
    expect(found.get("id") == name, f"asked for {name}, it gave {short(found)}")


def has_a_request_id(target: Target) -> None:
    for heard in (target.chat().fine(), target.billed(), _refusal(target)):
        there = ", ".join(sorted(name for name in heard.headers if "request-id" in name or "call-id" in name))
        expect("x-request-id" in heard.headers, f"{heard.sought} ({heard.status}) has {there or 'none'}")


def says_how_long_it_took(target: Target) -> None:
    took = target.chat().fine().headers.get("openai-processing-ms")
    if took is None:
        raise NotOffered("no openai-processing-ms")
    expect(took.isdigit(), f"openai-processing-ms: {short(took)}")


def tells_the_rate_limit(target: Target) -> None:
    there = target.chat().fine().headers
    found = [name for name in RATE_LIMIT if name in there]
    if not found:
        raise NotOffered("none of the six x-ratelimit headers")
    expect(len(found) == len(RATE_LIMIT), f"only {', '.join(found)}")


def a_429_says_when_to_come_back(target: Target) -> None:
    """Looked for in every answer of this run; nobody is hammered to provoke one."""
    refused = [heard for heard in target.everything if heard.status == 429]
    if not refused:
        raise NotSeen("no 429 came")
    for heard in refused:
        expect({"retry-after", "retry-after-ms"} & heard.headers.keys(), f"{heard.sought}: 429 without Retry-After")


def _refusal(target: Target) -> Heard:
    return target.post("/chat/completions", {"model": target.model, "max_tokens": MOST_TOKENS})


def _choice(answer: Any) -> dict[str, Any]:
    found = answer.get("choices") if isinstance(answer, dict) else None
    expect(isinstance(found, list) and found and isinstance(found[0], dict), f"there is no choice in {short(answer)}")
    choice: dict[str, Any] = found[0]  # type: ignore[index] # expect has seen it
    return choice


def _text(heard: Heard) -> str:
    return str((_choice(heard.json).get("message") or {}).get("content") or "")
