"""10.2: what people really write to stop a model early. Knows no check."""

from typing import Any

import requests
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from labkit.author.answers import NOT_THE_WAY, right, wrong

TIME_SCALE = 2.0  # slower than life: the check judges the moment of leaving, and the machine may be busy


def stream_of(base_url: str, key: str, prompt: str, **more: Any) -> Stream[ChatCompletionChunk]:
    client = OpenAI(base_url=f"{base_url}/v1", api_key=key)
    messages: Any = [{"role": "user", "content": prompt}]
    stream: Any = client.chat.completions.create(model="tea-small", messages=messages, stream=True, **more)
    return stream  # type: ignore[no-any-return]  # `more` hides which overload it is


def whole(stream: Stream[ChatCompletionChunk]) -> str:
    return "".join(choice.delta.content or "" for chunk in stream for choice in chunk.choices)


@right
def right_with_close(base_url: str, key: str, prompt: str) -> Any:
    stream = stream_of(base_url, key, prompt)
    text = ""
    try:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if "." in text:
                return text[: text.index(".") + 1]
    finally:
        stream.close()


@right
def right_by_hand(base_url: str, key: str, prompt: str) -> Any:
    body = {"model": "tea-small", "messages": [{"role": "user", "content": prompt}], "stream": True}
    headers = {"Authorization": f"Bearer {key}"}
    text = ""
    with requests.post(f"{base_url}/v1/chat/completions", json=body, headers=headers, stream=True) as response:
        for line in response.iter_lines():
            if b'"content":"' in line:
                text += line.split(b'"content":"')[1].split(b'"}')[0].decode()
            if "." in text:
                return text


@wrong(NOT_THE_WAY, "your loop has stopped, the model has not", "who tells", belief="break-stops-the-model")
def only_breaks(base_url: str, key: str, prompt: str) -> Any:
    text = ""
    for chunk in stream_of(base_url, key, prompt):
        text += chunk.choices[0].delta.content or ""
        if "." in text:
            break
    return text[: text.index(".") + 1]


@wrong(NOT_THE_WAY, "the server sent 1", "of them after the full stop", belief="break-stops-the-model")
def breaks_and_keeps_the_stream(base_url: str, key: str, prompt: str) -> Any:
    stream, text = stream_of(base_url, key, prompt), ""
    while "." not in text:
        text += next(stream).choices[0].delta.content or ""
    return text


@wrong(NOT_THE_WAY, "the model has not", belief="break-stops-the-model")
def breaks_and_goes_on_working(base_url: str, key: str, prompt: str) -> Any:
    """So much is made here that Python would come by and collect the forgotten stream, which closes it by luck."""
    text = only_breaks(base_url, key, prompt)
    tables: list[list[str]] = [[] for _ in range(1_000_000)]
    return text if tables else ""


@wrong(NOT_THE_WAY, "your code read the whole answer", "= HTTP answer: complete")
def reads_everything(base_url: str, key: str, prompt: str) -> Any:
    with stream_of(base_url, key, prompt) as stream:
        return whole(stream).split(".")[0] + "."


@wrong(NOT_THE_WAY, "beforehand where to stop, with `max_tokens`", "max_tokens: 30")
def guesses_a_limit(base_url: str, key: str, prompt: str) -> Any:
    return whole(stream_of(base_url, key, prompt, max_tokens=30)).split(".")[0] + "."


@wrong(NOT_THE_WAY, 'stop: ["."]')
def sends_a_stop_list(base_url: str, key: str, prompt: str) -> Any:
    return whole(stream_of(base_url, key, prompt, stop=["."])) + "."


@wrong(NOT_THE_WAY, "the answer came in one piece")
def does_not_stream(base_url: str, key: str, prompt: str) -> Any:
    with OpenAI(base_url=f"{base_url}/v1", api_key=key) as client:
        answer = client.chat.completions.create(model="tea-small", messages=[{"role": "user", "content": prompt}])
    return (answer.choices[0].message.content or "").split(".")[0] + "."


@wrong("not the first sentence", "up to and including its first full stop")
def loses_the_full_stop(base_url: str, key: str, prompt: str) -> Any:
    return right_with_close(base_url, key, prompt).rstrip(".")


@wrong(NOT_THE_WAY, "you left late", "deltas after it")
def waits_for_two_sentences(base_url: str, key: str, prompt: str) -> Any:
    text = ""
    with stream_of(base_url, key, prompt) as stream:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if text.count(".") == 2:
                return text[: text.index(".") + 1]


@wrong("asked something else", "'How do I brew green tea?'", "one sentence")
def asks_for_one_sentence(base_url: str, key: str, prompt: str) -> Any:
    return whole(stream_of(base_url, key, f"{prompt} Answer in one sentence."))


@wrong("not the first sentence", "['")
def returns_the_pieces(base_url: str, key: str, prompt: str) -> Any:
    return [right_with_close(base_url, key, prompt)]
