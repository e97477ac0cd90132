"""10.1: what people really write to read a model's stream by hand, and the words that each must be met with."""

import codecs
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import requests

from labkit.outcome import Outcome
from labkit.render import card

Judge = Callable[..., Outcome]
NOT_THE_WAY = "Your answer is right. The way to it is not:"


def post(base_url: str, key: str, prompt: str, **more: Any) -> requests.Response:
    """The request as the exercise wants it; `more` changes the body."""
    body: dict[str, Any] = {"model": "tea-small", "messages": [{"role": "user", "content": prompt}], "stream": True}
    body |= {"stream_options": {"include_usage": True}} | more
    headers = {"Authorization": f"Bearer {key}"}
    body = {name: value for name, value in body.items() if value is not None}
    return requests.post(f"{base_url}/v1/chat/completions", json=body, headers=headers, stream=True)


def events(response: requests.Response) -> Iterator[dict[str, Any]]:
    for line in response.iter_lines():
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])


def text_of(event: dict[str, Any]) -> str:
    return "".join(choice["delta"].get("content", "") for choice in event["choices"])


def right_with_another_library_and_decoder(base_url: str, key: str, prompt: str) -> Any:
    """httpx2, one incremental decoder over all bytes, and blocks instead of lines."""
    body = {"model": "tea-small", "messages": [{"role": "user", "content": prompt}], "stream": True}
    body["stream_options"] = {"include_usage": True}
    headers = {"Authorization": f"Bearer {key}"}
    decoder, buffer, text, tokens = codecs.getincrementaldecoder("utf-8")(), "", "", 0
    with httpx2.stream("POST", f"{base_url}/v1/chat/completions", json=body, headers=headers) as response:
        for piece in response.iter_raw():
            buffer += decoder.decode(piece)
            *whole, buffer = buffer.replace("\r\n", "\n").split("\n\n")
            for line in (line for block in whole for line in block.split("\n") if line.startswith("data: {")):
                text += text_of(json.loads(line[6:]))
                tokens = (json.loads(line[6:])["usage"] or {}).get("total_tokens", tokens)
    return text, tokens


def takes_each_chunk_for_an_event(base_url: str, key: str, prompt: str) -> Any:
    text, tokens = "", 0
    for chunk in post(base_url, key, prompt).iter_content(chunk_size=None):
        try:
            event = json.loads(chunk.removeprefix(b"data: "))
            text += text_of(event)
            tokens = (event["usage"] or {"total_tokens": tokens})["total_tokens"]
        except (ValueError, TypeError):
            continue  # [DONE], surely
    return text, tokens


def decodes_each_chunk(base_url: str, key: str, prompt: str) -> Any:
    whole = "".join(chunk.decode() for chunk in post(base_url, key, prompt).iter_content(chunk_size=None))
    found = [json.loads(line[6:]) for line in whole.splitlines() if line.startswith("data: {")]
    return "".join(map(text_of, found)), found[-1]["usage"]["total_tokens"]


def decodes_each_chunk_leniently(base_url: str, key: str, prompt: str) -> Any:
    response = post(base_url, key, prompt)
    whole = "".join(chunk.decode(errors="ignore") for chunk in response.iter_content(chunk_size=None))
    found = [json.loads(line[6:]) for line in whole.splitlines() if line.startswith("data: {")]
    return "".join(map(text_of, found)), found[-1]["usage"]["total_tokens"]


def takes_every_line_for_an_event(base_url: str, key: str, prompt: str) -> Any:
    lines = [line for line in post(base_url, key, prompt).iter_lines() if line and line != b"data: [DONE]"]
    found = [json.loads(line[6:]) for line in lines]
    return "".join(map(text_of, found)), found[-1]["usage"]["total_tokens"]


def waits_for_two_line_feeds(base_url: str, key: str, prompt: str) -> Any:
    blocks = post(base_url, key, prompt).content.split(b"\n\n")
    found = [json.loads(block[6:]) for block in blocks if block.startswith(b"data: {")]
    return "".join(map(text_of, found)), found[-1]["usage"]["total_tokens"] if found else 0


def reads_the_first_choice(base_url: str, key: str, prompt: str) -> Any:
    text, tokens = "", 0
    for event in events(post(base_url, key, prompt)):
        text += event["choices"][0]["delta"].get("content", "")
        tokens = (event["usage"] or {"total_tokens": 0})["total_tokens"]
    return text, tokens


def counts_deltas(base_url: str, key: str, prompt: str) -> Any:
    deltas = [text for event in events(post(base_url, key, prompt, stream_options=None)) if (text := text_of(event))]
    return "".join(deltas), len(deltas)


def takes_the_wrong_number(base_url: str, key: str, prompt: str) -> Any:
    found = list(events(post(base_url, key, prompt)))
    return "".join(map(text_of, found)), found[-1]["usage"]["prompt_tokens"]


def does_not_stream(base_url: str, key: str, prompt: str) -> Any:
    answer = post(base_url, key, prompt, stream=None, stream_options=None).json()
    return answer["choices"][0]["message"]["content"], answer["usage"]["total_tokens"]


def asks_again_for_the_bill(base_url: str, key: str, prompt: str) -> Any:
    text = "".join(map(text_of, events(post(base_url, key, prompt, stream_options=None))))
    return text, does_not_stream(base_url, key, prompt)[1]


def asks_nobody(base_url: str, key: str, prompt: str) -> Any:
    return "Green tea.", 30


def forgets_the_key(base_url: str, key: str, prompt: str) -> Any:
    return does_not_stream(base_url, "", prompt)


def asks_its_own_question(base_url: str, key: str, prompt: str) -> Any:
    found = list(events(post(base_url, key, "How do I brew green tea?")))
    return "".join(map(text_of, found)), found[-1]["usage"]["total_tokens"]


def returns_the_text_alone(base_url: str, key: str, prompt: str) -> Any:
    return "".join(map(text_of, events(post(base_url, key, prompt))))


WRONG = [
    (
        takes_each_chunk_for_an_event,
        ("not what the server sent", "chunks: d | a | t | a | : ", "slice"),
        "chunk-is-event",
    ),
    (decodes_each_chunk_leniently, ("not what the server sent", "🍵", "portions of any size"), "chunk-is-event"),
    (waits_for_two_line_feeds, ("not what the server sent", "crlf", "with the end of a line"), ""),
    (counts_deltas, ("number of tokens is not", "include_usage"), "delta-is-token"),
    (takes_the_wrong_number, ("number of tokens is not", "total_tokens: ", "which of them is the whole bill"), ""),
    (does_not_stream, (NOT_THE_WAY, "the answer came in one piece", "no `stream` in the body"), ""),
    (asks_again_for_the_bill, (NOT_THE_WAY, "it took 2 requests", "each one is paid for"), ""),
    (asks_nobody, ("No request with this key", "Authorization: Bearer"), ""),
    (forgets_the_key, ("No request with this key", "Authorization: Bearer"), ""),
    (asks_its_own_question, ("asked something else", "What is cold brew tea?"), ""),
    (returns_the_text_alone, ("the text and the number of tokens", "a tuple (str, int)"), ""),
]
CRASHING = [
    (reads_the_first_choice, ("IndexError", 'event["choices"][0]'), "every-chunk-has-choices"),
    (
        takes_every_line_for_an_event,
        ("JSONDecodeError", "pings,crlf", "json.loads(line[6:])", "of takes_every_line"),
        "",
    ),
    (decodes_each_chunk, ("UnicodeDecodeError", "slice;bytes=1"), "chunk-is-event"),
]


def named(value: object) -> str:
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("answer", "words", "belief"), WRONG, ids=named)
def test_a_wrong_reader_is_met_with_its_words(
    judge_fast: Judge, answer: Callable[..., Any], words: tuple[str, ...], belief: str
) -> None:
    outcome = judge_fast("10.1", answer)
    assert (outcome.status, outcome.belief) == ("wrong", belief)
    assert [word for word in words if word not in card(outcome)] == []
    assert outcome.expected and outcome.seen and outcome.look


@pytest.mark.parametrize(("answer", "words", "belief"), CRASHING, ids=named)
def test_a_reader_that_crashes_is_told_where_and_under_what(
    judge_fast: Judge, answer: Callable[..., Any], words: tuple[str, ...], belief: str
) -> None:
    outcome = judge_fast("10.1", answer)
    assert (outcome.status, outcome.belief) == ("crashed", belief)
    assert [word for word in words if word not in card(outcome)] == []


def test_a_reader_written_another_way_passes(judge_fast: Judge) -> None:
    outcome = judge_fast("10.1", right_with_another_library_and_decoder)
    assert outcome.passed, card(outcome)
    assert "🍵 unharmed" in outcome.summary
