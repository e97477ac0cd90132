"""Responses in the background on a real socket: polled, cut and resumed by number, cancelled, failed, forgotten."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

WORDS = [f" cup{number}" for number in range(20)]
ASK: dict[str, Any] = {"model": "script", "input": "|".join(WORDS), "background": True}
FAST = "ttft=0;tps=100000;jitter=0"
BRISK = "ttft=0;tps=100;jitter=0"
NEVER = "ttft=30;tps=1;jitter=0"  # nothing more comes within a test
OVER = {"completed", "incomplete", "failed", "cancelled"}


@pytest.fixture
def key(server) -> str:
    return server.sandbox()


@pytest.fixture
def client(server, key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=10) as client:
        yield client


def at(pace: str, fault: str = "") -> dict[str, Any]:
    return {"extra_headers": {"x-lab-pace": pace} | ({"x-lab-fault": fault} if fault else {})}


def words(events: Any) -> list[str]:
    return [event.delta for event in events if event.type == "response.output_text.delta"]


def test_a_background_response_is_queued_at_once_and_polled_to_its_end(client: OpenAI, exactly) -> None:
    made = client.responses.with_raw_response.create(**ASK, **at(BRISK))
    exactly(json.loads(made.text))
    made = made.parse()
    assert (made.status, made.output) == ("queued", [])
    seen = ""
    while (now := client.responses.retrieve(made.id)).status not in OVER:
        assert now.status == "in_progress"
        assert now.output_text.startswith(seen)
        seen = now.output_text
    assert (now.status, now.output_text) == ("completed", "".join(WORDS))


def test_a_poll_in_between_sees_what_was_said_until_then(client: OpenAI) -> None:
    made = client.responses.create(**ASK, **at("ttft=0.2;tps=0.5;jitter=0"))
    while not (now := client.responses.retrieve(made.id)).output_text:
        assert now.status == "in_progress"
    assert (now.status, now.output_text, now.output[0].status) == ("in_progress", WORDS[0], "in_progress")
    assert (now.usage, now.completed_at) == (None, None)


@pytest.mark.parametrize("after", [0, 4, 11, 23])
def test_a_stream_that_is_cut_goes_on_where_it_was_cut_without_gap_or_double(server, key, client, after: int) -> None:
    heard = []
    with (
        client.responses.create(**ASK, stream=True, **at(BRISK, f"cut;after={after + 1}")) as events,
        pytest.raises(openai.APIConnectionError),
    ):
        heard.extend(events)
    assert [event.sequence_number for event in heard] == list(range(after + 1))
    with client.responses.retrieve(heard[0].response.id, stream=True, starting_after=after) as events:
        rest = list(events)
    assert [event.sequence_number for event in heard + rest] == list(range(len(heard + rest)))
    assert words(heard + rest) == WORDS
    assert rest[-1].type == "response.completed"
    assert rest[-1].response == client.responses.retrieve(heard[0].response.id)
    assert server.journal(key)[0]["ended"] == "cut by a fault"


def test_a_stream_may_be_cut_again_and_again(client: OpenAI) -> None:
    heard = []
    with (
        client.responses.create(**ASK, stream=True, **at(BRISK, "cut;after=1")) as events,
        pytest.raises(openai.APIConnectionError),
    ):
        heard.extend(events)
    cuts = 0
    while heard[-1].type != "response.completed":
        after = heard[-1].sequence_number
        fault = at(BRISK, "cut;after=4")
        try:
            with client.responses.retrieve(heard[0].response.id, stream=True, starting_after=after, **fault) as events:
                heard.extend(events)
        except openai.APIConnectionError:
            cuts += 1
    assert cuts > 4
    assert [event.sequence_number for event in heard] == list(range(len(heard)))


def test_every_event_of_the_background_is_of_openais_types_and_told_the_same_again(server, key, exactly) -> None:
    headers = {"authorization": f"Bearer {key}", "x-lab-pace": FAST}
    first = server.http.post("/v1/responses", json=ASK | {"stream": True}, headers=headers).text
    payloads = [json.loads(line.removeprefix("data: ")) for line in first.splitlines() if line.startswith("data: ")]
    for payload in payloads:
        exactly(payload)
    kinds = [payload["type"] for payload in payloads[:4]]
    assert kinds == ["response.created", "response.queued", "response.in_progress", "response.output_item.added"]
    assert payloads[0]["response"]["status"] == "queued"
    name = payloads[0]["response"]["id"]
    again = server.http.get(f"/v1/responses/{name}", params={"stream": "true"}, headers=headers)
    assert again.headers["content-type"].startswith("text/event-stream")
    assert again.text == first
    last = {"stream": "true", "starting_after": payloads[-1]["sequence_number"]}
    assert server.http.get(f"/v1/responses/{name}", params=last, headers=headers).text == ""


def test_the_helper_follows_a_response_by_its_id(client: OpenAI) -> None:
    made = client.responses.create(**ASK, stream=True, **at(BRISK))
    name = next(iter(made)).response.id
    made.close()
    with client.responses.stream(response_id=name, starting_after=8) as events:
        numbers = [event.sequence_number for event in events]
        assert events.get_final_response().output_text == "".join(WORDS)
    assert numbers[0] == 9
    assert numbers == list(range(9, 9 + len(numbers)))


def test_work_in_the_background_goes_on_without_its_client_and_other_work_does_not(server, key, client) -> None:
    with client.responses.create(**ASK, stream=True, **at(BRISK)) as events:
        left = next(iter(events)).response.id
    while (now := client.responses.retrieve(left)).status not in OVER:
        pass
    assert now.output_text == "".join(WORDS)
    with client.responses.create(**ASK | {"background": False}, stream=True, **at("ttft=0;tps=5;jitter=0")) as events:
        for event in events:
            if event.type == "response.output_text.delta":
                break
    server.await_quiet()
    stopped = client.responses.retrieve(event_id(server, key))
    assert stopped.status == "cancelled"
    assert stopped.output[0].status == "incomplete"
    assert stopped.output_text == "".join(WORDS)[: len(stopped.output_text)] != "".join(WORDS)


def event_id(server, key: str) -> str:
    """The id in the `response.created` of the newest exchange that made one."""
    made = [record for record in server.journal(key) if record.asked.startswith(b"POST /v1/responses ")]
    block = made[-1].answered.partition(b"data: ")[2].partition(b"\n")[0]
    return str(json.loads(block)["response"]["id"])


def test_a_cancelled_response_stays_as_it_was_and_its_stream_ends(server, key: str, client: OpenAI) -> None:
    async def follow_and_cancel() -> tuple[list[Any], Any]:
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, timeout=10) as other:
            heard = []
            async with await other.responses.create(**ASK, stream=True, **at("ttft=0;tps=2;jitter=0")) as events:
                async for event in events:
                    heard.append(event)
                    if event.type == "response.output_text.delta":
                        cancelled = await other.responses.cancel(heard[0].response.id)
            return heard, cancelled

    heard, cancelled = asyncio.run(follow_and_cancel())
    assert cancelled.status == "cancelled"
    assert heard[-1].type == "response.output_text.delta", "OpenAI has no event for it"
    assert cancelled.output[0].status == "incomplete"
    assert cancelled.output_text == "".join(words(heard))
    assert client.responses.cancel(cancelled.id) == cancelled == client.responses.retrieve(cancelled.id)


def test_only_the_background_can_be_cancelled_and_what_is_over_stays(client: OpenAI) -> None:
    made = client.responses.create(**ASK | {"background": False}, **at(FAST))
    with pytest.raises(openai.BadRequestError, match="Cannot cancel a synchronous response"):
        client.responses.cancel(made.id)
    late = client.responses.create(**ASK, **at(FAST))
    while (done := client.responses.retrieve(late.id)).status != "completed":
        pass
    assert client.responses.cancel(late.id) == done


@pytest.mark.parametrize(
    ("asked", "query", "why"),
    [
        ({"background": False, "stream": False}, {"stream": True}, "not created with background=true"),
        ({"stream": False}, {"stream": True}, "not created with stream=true"),
        ({"stream": False}, {"starting_after": 3}, "only allowed when 'stream' is enabled"),
    ],
)
def test_what_cannot_be_streamed_says_why(client: OpenAI, asked, query, why: str) -> None:
    made = client.responses.create(**ASK | asked, **at(FAST))
    with pytest.raises(openai.BadRequestError, match=why):
        client.responses.retrieve(made.id, extra_query=query)


def test_nobody_waits_for_a_number_that_was_not_sent(client: OpenAI) -> None:
    with client.responses.create(**ASK, stream=True, **at(NEVER)) as events:
        name = next(iter(events)).response.id
    with pytest.raises(openai.BadRequestError, match=r"number 3\. Its newest is 2") as caught:
        client.responses.retrieve(name, stream=True, starting_after=3)
    assert caught.value.param == "starting_after"


@pytest.mark.parametrize("background", [True, False])
def test_a_model_that_fails_in_mid_stream_is_told_in_an_event_that_raises_nothing(client, background: bool) -> None:
    asked = ASK | {"background": background}
    with client.responses.create(**asked, stream=True, **at(FAST, "late_error;after=3")) as events:
        heard = list(events)
    assert words(heard) == WORDS[:3]
    failed = heard[-1]
    assert (failed.type, failed.response.status) == ("response.failed", "failed")
    assert failed.response.error.code == "server_error"
    assert "stopped working" in failed.response.error.message
    assert client.responses.retrieve(failed.response.id) == failed.response
    with (
        client.responses.stream(**asked, **at(FAST, "late_error;after=3")) as events,
        pytest.raises(RuntimeError, match=r"response\.completed"),
    ):
        events.get_final_response()


def test_a_whole_answer_that_fails_is_a_500(client: OpenAI) -> None:
    with pytest.raises(openai.InternalServerError):
        client.responses.create(**ASK | {"background": False}, **at(FAST, "late_error;after=3"))


def test_a_bill_that_never_comes_leaves_the_usage_empty(client: OpenAI) -> None:
    assert client.responses.create(**ASK | {"background": False}, **at(FAST, "no_usage")).usage is None


def test_deleted_work_is_gone_and_its_stream_ends(server, key: str, client: OpenAI) -> None:
    made = client.responses.create(**ASK, **at(NEVER))
    client.responses.delete(made.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(made.id)
    headers = {"authorization": f"Bearer {key}"}
    assert server.http.post("/lab/reset", headers=headers).is_success


def test_a_drain_ends_a_quiet_stream_with_an_error_event(start_server) -> None:
    live = start_server("--solo")
    with live.dial() as wire:
        wire.send(live.request("POST", "/v1/responses", ASK | {"stream": True}, x_lab_pace=NEVER))
        wire.until(b"response.in_progress")
        assert live.stop() < 5
        said = wire.rest()
    assert b"event: error\n" in said
    assert b"shutting down" in said
