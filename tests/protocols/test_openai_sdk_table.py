"""What the installed `openai` package does with a server, row by row, the same for its sync and its async client.

The server is a scripted one, so that each row is about the client alone. The client's own waits are noted and not
waited: what it would sleep is the fact. These rows are what lessons 04 and 10 tell of the package.
"""

import json
import time
from email.utils import formatdate
from typing import Any

import openai
import pytest
from either_client import Either, Instead
from openai import _base_client
from upstream import DONE, Answer, Upstream, chunk, event, refuses, says

ROLE, TEA, IS = chunk({"role": "assistant", "content": ""}), chunk({"content": "Tea"}), chunk({"content": " is"})
END = chunk({}, "stop")
PING = b": ping\n\n"
BOM = b"\xef\xbb\xbf"


@pytest.fixture(params=["sync", "async"])
def either(request: pytest.FixtureRequest, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> Either:
    waits: list[float] = []

    async def slept(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(_base_client, "time", Instead(time, waits.append))
    monkeypatch.setattr(_base_client, "anyio", Instead(_base_client.anyio, slept))
    return Either(request.param, upstream.url, waits)


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_these_statuses_are_tried_twice_again_with_growing_waits(
    either: Either, upstream: Upstream, status: int
) -> None:
    upstream.answers.extend([refuses(status, "no")] * 4)
    with pytest.raises(openai.APIStatusError) as caught:
        either.whole()
    assert (caught.value.status_code, len(upstream.chats)) == (status, 3)
    first, second = either.waits
    assert 0.375 <= first <= 0.5, "half a second, less up to a quarter of it"
    assert 0.75 <= second <= 1.0


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_these_are_not(either: Either, upstream: Upstream, status: int) -> None:
    upstream.answers.append(refuses(status, "no"))
    with pytest.raises(openai.APIStatusError):
        either.whole()
    assert (len(upstream.chats), either.waits) == (1, [])


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": "120"}, 120.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after_ms": "250", "retry_after": "7"}, 0.25),
    ],
)
def test_a_wait_of_up_to_two_minutes_is_kept_to_the_letter(
    either: Either, upstream: Upstream, headers: dict[str, str], wait: float
) -> None:
    upstream.answers.append(refuses(429, "slow", **headers))
    upstream.answers.append(whole_answer())
    assert either.whole().choices[0].message.content == "Tea"
    assert either.waits == [wait]


def test_a_wait_said_as_a_date_is_kept_too(either: Either, upstream: Upstream) -> None:
    upstream.answers.append(refuses(503, "slow", retry_after=formatdate(time.time() + 60, usegmt=True)))
    upstream.answers.append(whole_answer())
    either.whole()
    [wait] = either.waits
    assert 30 < wait <= 60


@pytest.mark.parametrize(
    "headers",
    [
        {"retry_after": "121"},
        {"retry_after_ms": "120001"},
        {"retry_after": formatdate(4102444800, usegmt=True)},
        {"retry_after": "121", "x_should_retry": "true"},
    ],
)
def test_who_is_told_to_wait_longer_does_not_try_again_at_all(
    either: Either, upstream: Upstream, headers: dict[str, str]
) -> None:
    upstream.answers.append(refuses(429, "slow", **headers))
    with pytest.raises(openai.RateLimitError):
        either.whole()
    assert (len(upstream.chats), either.waits) == (1, [])


@pytest.mark.parametrize(("status", "said", "tries"), [(400, "true", 3), (404, "true", 3), (503, "false", 1)])
def test_x_should_retry_overrules_the_status(
    either: Either, upstream: Upstream, status: int, said: str, tries: int
) -> None:
    upstream.answers.extend([refuses(status, "no", x_should_retry=said)] * 3)
    with pytest.raises(openai.APIStatusError):
        either.whole()
    assert len(upstream.chats) == tries


def test_no_try_carries_an_idempotency_key_and_each_says_which_it_is(either: Either, upstream: Upstream) -> None:
    upstream.answers.extend([refuses(503, "no"), refuses(503, "no"), whole_answer()])
    either.whole()
    tries = [asked.headers for asked in upstream.chats]
    assert [headers["x-stainless-retry-count"] for headers in tries] == ["0", "1", "2"]
    assert not [name for headers in tries for name in headers if "idempotency" in name]
    assert upstream.chats[0].body == upstream.chats[2].body


@pytest.mark.parametrize(
    ("pieces", "heard"),
    [
        ([ROLE, TEA, IS], ["Tea", " is"]),
        ([ROLE, TEA, IS, END], ["Tea", " is", "stop"]),
        ([ROLE, TEA, b"data: {"], ["Tea"]),
        ([ROLE, TEA, DONE, IS], ["Tea"]),
    ],
    ids=["no end at all", "no [DONE]", "half a line", "words after [DONE]"],
)
def test_a_clean_end_in_the_wrong_place_is_an_end(
    either: Either, upstream: Upstream, pieces: list[bytes], heard: list[str]
) -> None:
    upstream.answers.append(Answer(list(pieces)))
    words: list[str] = []
    either.heard(words)
    assert words == heard


def test_a_connection_that_drops_in_the_middle_is_raised_and_not_tried_again(
    either: Either, upstream: Upstream
) -> None:
    upstream.answers.append(Answer([ROLE, TEA], whole=False))
    words: list[str] = []
    with pytest.raises(openai.APIConnectionError):
        either.heard(words)
    assert (words, len(upstream.chats), either.waits) == (["Tea"], 1, [])


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([ROLE, TEA, b'data: {"id": "c", "cho\n\n', IS], ["Tea"]),
        ([ROLE, b"id: 7\n" + TEA, PING, IS], ["Tea"]),
        ([b"retry: 3000\n\n", ROLE, TEA], []),
        ([ROLE, TEA, b"event: tea\n\n", IS], ["Tea"]),
    ],
    ids=["broken JSON", "an id, then a ping", "a lone retry", "a lone event"],
)
def test_what_is_no_json_is_a_bare_decode_error_and_none_of_the_packages_own(
    either: Either, upstream: Upstream, pieces: list[bytes], words: list[str]
) -> None:
    upstream.answers.append(Answer([*pieces, DONE]))
    heard: list[str] = []
    with pytest.raises(json.JSONDecodeError):
        either.heard(heard)
    assert heard == words


@pytest.mark.parametrize("odd", [PING, b": ping\n\n: ping\n\n", b"\n\n"], ids=["a ping", "two", "blank lines"])
def test_comments_and_blank_lines_alone_do_no_harm(either: Either, upstream: Upstream, odd: bytes) -> None:
    upstream.answers.append(Answer([odd, ROLE, odd, TEA, odd, END, DONE]))
    heard: list[str] = []
    either.heard(heard)
    assert heard == ["Tea", "stop"]


def test_an_error_event_is_raised_with_its_code_and_type_after_the_words_before_it(
    either: Either, upstream: Upstream
) -> None:
    error = {"message": "overloaded", "type": "server_error", "param": None, "code": "busy"}
    upstream.answers.append(Answer([ROLE, TEA, event({"error": error}), IS, DONE]))
    heard: list[str] = []
    with pytest.raises(openai.APIError, match="overloaded") as caught:
        either.heard(heard)
    assert (heard, caught.value.code, caught.value.type) == (["Tea"], "busy", "server_error")
    assert type(caught.value) is openai.APIError


def test_a_byte_order_mark_costs_the_first_event(either: Either, upstream: Upstream) -> None:
    upstream.answers.append(Answer([BOM + TEA, IS, END, DONE]))
    heard: list[str] = []
    either.heard(heard)
    assert heard == [" is", "stop"]


def numbered(number: int, kind: str, **more: Any) -> bytes:
    data = json.dumps({"type": kind, "sequence_number": number, **more})
    return f"event: {kind}\ndata: {data}\n\n".encode()


SHELL = {"id": "resp_1", "object": "response", "created_at": 1, "model": "tea", "output": [], "tools": []}
CREATED = numbered(0, "response.created", response=SHELL | {"status": "in_progress"})
BAD_ENDS = {
    "an error event": numbered(1, "error", code="server_error", message="no", param=None),
    "response.failed": numbered(1, "response.failed", response=SHELL | {"status": "failed"}),
    "an early end": b"",
}


@pytest.mark.parametrize("end", BAD_ENDS.values(), ids=BAD_ENDS)
def test_a_response_that_fails_raises_nothing_from_the_raw_iterator(
    either: Either, upstream: Upstream, end: bytes
) -> None:
    upstream.answers.append(Answer([CREATED, *[end][: bool(end)]]))
    heard = either.response_events()
    assert heard[0] == "response.created"
    assert heard[1:] == ([json.loads(end.split(b"data: ")[1])["type"]] if end else [])


@pytest.mark.parametrize("end", BAD_ENDS.values(), ids=BAD_ENDS)
def test_the_helper_raises_a_runtime_error_for_each(either: Either, upstream: Upstream, end: bytes) -> None:
    upstream.answers.append(Answer([CREATED, *[end][: bool(end)]]))
    with pytest.raises(RuntimeError, match=r"response\.completed"):
        either.response_by_helper()


def test_a_stream_that_is_refused_is_tried_again_like_any_request(either: Either, upstream: Upstream) -> None:
    upstream.answers.extend([refuses(503, "no"), says("Tea")])
    heard: list[str] = []
    either.heard(heard)
    assert (heard, len(upstream.chats)) == (["Tea", "stop"], 2)


def whole_answer() -> Answer:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Tea"}, "finish_reason": "stop"}
    said = {"id": "c", "object": "chat.completion", "created": 1, "model": "tea", "choices": [choice]}
    return Answer([json.dumps(said).encode()], headers={"content-type": "application/json"})
