"""10.3: what people really report about the end of a stream. Knows no check."""

import json
from collections.abc import Iterator
from typing import Any

import requests
from openai import APIError, OpenAI

from labkit.author.answers import NOT_THE_WAY, right, wrong


@right
def right_with_the_sdk(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = "", "unknown"
    with OpenAI(base_url=f"{base_url}/v1", api_key=key, max_retries=0) as client:
        ask: dict[str, Any] = {"model": "tea-small", "messages": [{"role": "user", "content": prompt}]}
        ask |= {"max_completion_tokens": max_tokens} if max_tokens else {}
        try:
            for chunk in client.chat.completions.create(stream=True, **ask):
                text += chunk.choices[0].delta.content or ""
                reason = chunk.choices[0].finish_reason
                ended = {"stop": "complete", "length": "length", None: ended}[reason]
        except APIError:
            ended = "failed"
    return text, ended


def ask(base_url: str, key: str, prompt: str, **more: Any) -> requests.Response:
    body = {"model": "tea-small", "messages": [{"role": "user", "content": prompt}], "stream": True, **more}
    headers = {"Authorization": f"Bearer {key}"}
    return requests.post(f"{base_url}/v1/chat/completions", json=body, headers=headers, stream=True)


def read(response: requests.Response, heard: list[str]) -> Iterator[dict[str, Any]]:
    """The events; `heard` collects the text as it comes."""
    for line in response.iter_lines():
        event = json.loads(line[6:]) if line.startswith(b"data: {") else {"done": line == b"data: [DONE]"}
        heard += [choice["delta"].get("content", "") for choice in event.get("choices", [])]
        yield event


def reason_in(event: dict[str, Any]) -> Any:
    return next((choice["finish_reason"] for choice in event.get("choices", [])), None)


@wrong(
    "did not end like that",
    "'unknown'",
    "= HTTP answer: complete (no_done;after=4)",
    "prove",
    belief="loop-ended-so-complete",
)
def trusts_the_loop(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    heard: list[str] = []
    ended = "complete"
    try:
        for event in read(ask(base_url, key, prompt, max_tokens=max_tokens), heard):
            ended = "length" if reason_in(event) == "length" else "failed" if "error" in event else ended
    except requests.RequestException:
        ended = "failed"
    return "".join(heard), ended


@wrong("an error event came", "'failed'", 'last event: {"error"', belief="loop-ended-so-complete")
def swallows_every_error(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = told(base_url, key, prompt, max_tokens)
    return text, "complete" if ended == "failed" else ended


@wrong("words in it that the model never said", "not a part of the answer")
def puts_errors_into_the_text(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = told(base_url, key, prompt, max_tokens)
    return (text + "\n[error: the model stopped]", ended) if ended == "failed" else (text, ended)


@right
def told(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> tuple[str, str]:
    """What the wrong answers below are built on: each then spoils one thing."""
    heard: list[str] = []
    ended = "unknown"
    try:
        for event in read(ask(base_url, key, prompt, max_tokens=max_tokens), heard):
            reason = reason_in(event)
            ended = {"stop": "complete", "length": "length"}.get(reason, ended)
            ended = "failed" if "error" in event else ended
    except requests.RequestException:
        ended = "failed"
    return "".join(heard), ended


@wrong("finish_reason was stop", "'complete'", "no_done")
def insists_on_done(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    heard: list[str] = []
    found: list[dict[str, Any]] = []
    try:
        found += read(ask(base_url, key, prompt, max_tokens=max_tokens), heard)
    except requests.RequestException:
        return "".join(heard), "failed"
    if not any(event.get("done") for event in found):
        return "".join(heard), "unknown"
    return "".join(heard), "length" if "length" in map(reason_in, found) else "complete"


@wrong("It took 2 requests", "each one is paid for", "on the screen already", "→ POST")
def asks_again_when_it_failed(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = told(base_url, key, prompt, max_tokens)
    return told(base_url, key, prompt, max_tokens) if ended == "failed" else (text, ended)


@wrong(NOT_THE_WAY, "it took 2 requests")
def pays_twice_to_be_sure(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    first = told(base_url, key, prompt, max_tokens)
    second = told(base_url, key, prompt, max_tokens)
    return first if first == second else second


@wrong("limit on the answer's length", "max_tokens: 5", "max_tokens: null")
def forgets_the_limit(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    return told(base_url, key, prompt)


@wrong(NOT_THE_WAY, "the answer came in one piece", "stream: false")
def does_not_stream(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    answer = ask(base_url, key, prompt, stream=False, max_tokens=max_tokens).json()
    reason = answer["choices"][0]["finish_reason"]
    return answer["choices"][0]["message"]["content"], "length" if reason == "length" else "complete"


@wrong("not what the model said", "Keep them")
def drops_what_came_before(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = told(base_url, key, prompt, max_tokens)
    return ("", "failed") if ended == "failed" else (text, ended)


@wrong("'stop', which is none of complete, length")
def says_it_in_other_words(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = told(base_url, key, prompt, max_tokens)
    return text, {"complete": "stop"}.get(ended, ended)


@wrong("a tuple (str, str)", "True")
def returns_a_bool(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = told(base_url, key, prompt, max_tokens)
    return text, ended == "complete"


@wrong("KeyError: 'choices'", "late_error;after=4", status="crashed")
def trusts_every_event(base_url: str, key: str, prompt: str, max_tokens: int | None = None) -> Any:
    text, ended = "", "unknown"
    for line in ask(base_url, key, prompt, max_tokens=max_tokens).iter_lines():
        if line.startswith(b"data: {"):
            choice = json.loads(line[6:])["choices"][0]
            text += choice["delta"].get("content", "")
            ended = {"stop": "complete", "length": "length", None: ended}[choice["finish_reason"]]
    return text, ended
