"""For each claim a server that breaks it: the lab server's own answers, spoilt on their way. Knows bytes only.

A row is what happens to (path, status, headers, body) of every answer; the claim of that name must then be red.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx2

FRAMING = {"content-length", "transfer-encoding", "content-encoding"}


@dataclass
class Sent:
    """One answer on its way, and the body of its question."""

    asked: bytes
    path: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def streamed(self) -> bool:
        return "event-stream" in self.headers.get("content-type", "")


Spoil = Callable[[Sent], None]


class Spoiling(httpx2.BaseTransport):
    """The network, and somebody on it who changes what it brings."""

    def __init__(self, spoil: Spoil) -> None:
        self._spoil, self._network = spoil, httpx2.HTTPTransport()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        asked = request.read()
        answer = self._network.handle_request(request)
        answer.read()
        headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in FRAMING}
        sent = Sent(asked, request.url.path, answer.status_code, headers, answer.content)
        self._spoil(sent)
        return httpx2.Response(sent.status, headers=sent.headers, content=sent.body)

    def close(self) -> None:
        self._network.close()


def swap(old: str, new: str, count: int = -1, where: str = "") -> Spoil:
    """A pattern in the body; `where` is in the question, such as `"stop"`."""

    def spoil(sent: Sent) -> None:
        if where.encode() in sent.asked:
            sent.body = re.sub(old.encode(), new.encode(), sent.body, count=max(count, 0))

    return spoil


def header(name: str, value: str | None) -> Spoil:
    def spoil(sent: Sent) -> None:
        sent.headers.pop(name, None)
        if value is not None:
            sent.headers[name] = value

    return spoil


def answered(where: str, status: int) -> Spoil:
    """Another status, and so a plain error, for questions with `where` in them."""

    def spoil(sent: Sent) -> None:
        if where.encode() in sent.asked:
            sent.status, sent.body = status, b'{"error":{"message":"no","type":"t","param":null,"code":"c"}}'
            sent.headers["content-type"] = "application/json"

    return spoil


def a_stop_that_is_ignored(sent: Sent) -> None:
    if b'"stop"' in sent.asked:
        word = re.findall(rb'"stop": \["([^"]+)"\]', sent.asked)[0]
        sent.body = sent.body.replace(b'"content":"', b'"content":"' + word + b" ")


def a_stream_that_never_begins(sent: Sent) -> None:
    if sent.streamed:
        sent.body = b""


def a_refusal_in_a_stream(sent: Sent) -> None:
    if sent.status >= 400:
        sent.headers["content-type"] = "text/event-stream"
        sent.body = b"data: " + sent.body + b"\n\n"


def the_second_choice_never_ends(sent: Sent) -> None:
    if sent.streamed:
        blocks = sent.body.split(b"\n\n")
        ends = (b'"index":1', b'"finish_reason":"')
        sent.body = b"\n\n".join(block for block in blocks if not all(part in block for part in ends))


SPOILT: dict[str, Spoil] = {
    "whole.shape": swap('"object":"chat.completion"', '"object":"completion"'),
    "stream.content-type": header("content-type", "application/octet-stream"),
    "stream.framing": swap("data: ", "id: 7\ndata: ", 1),
    "stream.one-answer": swap('"created":\\d+', '"created":7', 1),
    "stream.role": swap('"role":"assistant",', ""),
    "stream.pieces": swap('"delta":{"content":"[^"]*"}', '"delta":{"content":""}'),
    "stream.finish": swap('"finish_reason":"\\w+"', '"finish_reason":null'),
    "stream.done": swap("data: \\[DONE\\]\n\n", ""),
    "stream.sdk": swap('"delta":{"role":"assistant","content":""}', '"delta":7'),
    "stream.leave": a_stream_that_never_begins,
    "usage.chunk": swap('"choices":\\[\\]', '"choices":[{"index":0,"delta":{}}]'),
    "usage.null": swap(',"usage":null', ""),
    "usage.sum": swap('"total_tokens":\\d+', '"total_tokens":1'),
    "usage.unasked": swap('"finish_reason":null}]', '"finish_reason":null}],"usage":{"total_tokens":1}'),
    "limit.length": swap('"finish_reason":"length"', '"finish_reason":"stop"'),
    "stop.hidden": a_stop_that_is_ignored,
    "choices.n": the_second_choice_never_ends,
    "tools.first": swap('"id":"call_\\w+",', ""),
    "tools.json": swap('"arguments":"{"', '"arguments":"<"'),
    "tools.finish": swap('"finish_reason":"tool_calls"', '"finish_reason":"stop"'),
    "tools.whole": swap('"finish_reason":"tool_calls"', '"finish_reason":"stop"'),
    "json.object": swap('"content":"{', '"content":"Here it is: {'),
    "errors.four": swap('"param":(null|"\\w+"),?', ""),
    "errors.401": swap("invalid_api_key", "bad_key"),
    "errors.404": swap("model_not_found", "no_model"),
    "errors.400": swap('"param":"temperature"', '"param":null'),
    "errors.stream": a_refusal_in_a_stream,
    "header.request-id": header("x-request-id", None),
    "header.processing": header("openai-processing-ms", "fast"),
    "header.rate-limit": header("x-ratelimit-reset-tokens", None),
    "models.list": swap('"owned_by":"[^"]*"', '"owner":"me"'),
    "models.one": swap('^{"id":"[^"]*"', '{"id":"another"'),
    "responses.names": swap("event: response.output_text.delta", "event: delta", 1),
    "responses.numbers": swap('"sequence_number":3,', '"sequence_number":4,'),
    "responses.text": swap('"delta":"[^"]*"', '"delta":"?"', 1),
    "responses.end": swap("\n\n$", "\n\ndata: [DONE]\n\n"),
    "header.retry-after": answered('"stop"', 429),
}
