"""What the `openai` SDK makes of a wire that is odd, spoiled, late or lost: faults that only a client's view shows."""

import json
import time

import openai
import pytest
from openai import OpenAI

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
ASK = {"model": "script", "messages": [{"role": "user", "content": "|".join(WORDS)}]}


def chunks(client: OpenAI, fault: str, **more):
    with client.chat.completions.create(**ASK, stream=True, extra_headers={"x-lab-fault": fault}, **more) as stream:
        yield from stream


def words(client: OpenAI, fault: str) -> list[str]:
    deltas = [chunk.choices[0].delta.content for chunk in chunks(client, fault)]
    return [delta for delta in deltas if delta]


@pytest.mark.parametrize(
    "fault", ["cr", "split_utf8", "cr,split_utf8,pings", "stall;after=2;seconds=0.1", "slow_first_byte;seconds=0.1"]
)
def test_what_is_odd_or_late_but_correct_changes_nothing(client: OpenAI, fault: str) -> None:
    assert words(client, fault) == WORDS


@pytest.mark.parametrize(
    ("fault", "heard"),
    [
        ("duplicate;after=1", ["Green", "Green", " tea", " is", " good", " 🍵", "."]),
        ("reorder;after=1", [" tea", "Green", " is", " good", " 🍵", "."]),
    ],
)
def test_events_twice_or_out_of_order_are_believed(client: OpenAI, fault: str, heard: list[str]) -> None:
    assert words(client, fault) == heard


def test_broken_json_is_a_bare_decode_error(server, key: str, client: OpenAI) -> None:
    heard = []
    with pytest.raises(json.JSONDecodeError):
        for chunk in chunks(client, "bad_json;after=3"):
            heard.append(chunk.choices[0].delta.content)
    assert heard == ["", "Green", " tea"]
    assert server.last(key)["ended"] is not None
    server.await_quiet()


def test_a_byte_order_mark_costs_the_first_event(client: OpenAI) -> None:
    first = next(iter(chunks(client, "bom")))
    assert first.choices[0].delta.role is None
    assert first.choices[0].delta.content == "Green"


def test_a_reset_is_a_lost_connection_and_never_retried(server, key: str, client: OpenAI) -> None:
    with pytest.raises(openai.APIConnectionError):
        words(client, "reset;after=3")
    assert [record["ended"] for record in server.journal(key)] == ["reset by a fault"]


def test_a_bill_that_never_comes_is_no_error(client: OpenAI) -> None:
    usage = {"stream_options": {"include_usage": True}}
    honest, broken = (list(chunks(client, fault, **usage)) for fault in ("pings", "no_usage"))
    assert honest[-1].usage is not None
    assert honest[-1].usage.total_tokens > 0
    assert len(broken) == len(honest) - 1
    assert all(chunk.usage is None for chunk in broken)


def test_a_rate_limit_is_waited_out_as_long_as_it_says(server, key: str, client: OpenAI) -> None:
    server.http.post("/lab/faults", headers={"x-api-key": key}, json={"plan": "status;code=429;retry_after=1"})
    began = time.monotonic()
    answer = client.chat.completions.create(**ASK)
    assert answer.choices[0].message.content == "".join(WORDS)
    assert time.monotonic() - began >= 1
    assert [record.answered[9:12] for record in server.journal(key)] == [b"429", b"200"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (403, openai.PermissionDeniedError),
        (404, openai.NotFoundError),
        (409, openai.ConflictError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_every_status_becomes_the_sdks_own_error(client: OpenAI, code: int, error: type[openai.APIStatusError]) -> None:
    with pytest.raises(error) as caught:
        client.with_options(max_retries=0).chat.completions.create(
            **ASK, extra_headers={"x-lab-fault": f"status;code={code}"}
        )
    assert caught.value.status_code == code
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_a_lost_reply_is_asked_for_again_so_the_work_is_done_twice(server, key: str, client: OpenAI) -> None:
    server.http.post("/lab/faults", headers={"x-api-key": key}, json={"plan": "lose_reply"})
    answer = client.chat.completions.create(**ASK)
    assert answer.choices[0].message.content == "".join(WORDS)
    first, second = server.journal(key)
    assert (first["ended"], first["response"], first["produced"]) == ("cut by a fault", [], len(WORDS))
    assert (second["ended"], second["produced"]) == ("complete", len(WORDS))
