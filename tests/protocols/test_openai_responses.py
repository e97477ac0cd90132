"""`client.responses` on a real socket: whole, streamed, chained, with functions, formats; all by OpenAI's types."""

import json
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import Response
from pydantic import BaseModel

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
SCRIPT: dict[str, Any] = {"model": "script", "input": "|".join(WORDS)}
TEA: dict[str, Any] = {"model": "tea-small", "input": "How do I brew green tea?"}
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CITIES: dict[str, Any] = {"model": "tea-small", "input": "What is the weather in Oslo and Paris?", "tools": [WEATHER]}


class Cup(BaseModel):
    tea: str
    grams: int


FORMAT = {"type": "json_schema", "name": "cup", "schema": Cup.model_json_schema()}
ASKED: dict[str, dict[str, Any]] = {
    "words": TEA,
    "script": SCRIPT,
    "cut": TEA | {"max_output_tokens": 16},
    "calls": CITIES,
    "calls that are cut": CITIES | {"max_output_tokens": 16, "parallel_tool_calls": True},
    "odds": SCRIPT | {"include": ["message.output_text.logprobs"], "top_logprobs": 3},
    "JSON for a schema": TEA | {"text": {"format": FORMAT}},
    "any JSON": {"model": "tea-small", "input": "As JSON please", "text": {"format": {"type": "json_object"}}},
    "told again": TEA
    | {
        "instructions": "Be brief.", "metadata": {"lesson": "10"}, "temperature": 0.5, "top_p": 0.9, "user": "ada",
        "service_tier": "flex", "truncation": "auto", "safety_identifier": "s", "prompt_cache_key": "k",
        "max_tool_calls": 3, "reasoning": {}, "text": {"verbosity": "medium"},
    },
    "a choice by name": CITIES | {"tool_choice": {"type": "function", "name": "get_weather"}},
    "allowed tools": CITIES
    | {
        "tool_choice": {
            "type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_weather"}],
        }
    },
    "items": {
        "model": "tea-small",
        "input": [
            {"role": "developer", "content": "Be kind."},
            {
                "type": "message",
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "What is oolong?"},
                    {"type": "input_image", "image_url": "https://example.org/cup.png", "detail": "low"},
                ],
            },
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED.keys())
def test_every_kind_of_answer_is_of_openais_types_and_the_same_streamed_as_whole(respond, server, asked) -> None:
    [whole] = respond(server.sandbox(), **asked)
    *events, last = respond(server.sandbox(), **asked, stream=True)
    assert [event["sequence_number"] for event in (*events, last)] == list(range(len(events) + 1))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert last["type"] == f"response.{whole['status']}"
    assert last["response"] == whole, "ids and times too: both sandboxes have the same seed"


def test_the_events_of_words_come_in_openais_order(respond) -> None:
    events = respond(**SCRIPT, stream=True)
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created", "in_progress", "output_item.added", "content_part.added", *["output_text.delta"] * len(WORDS),
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    assert [event["delta"] for event in events if event["type"].endswith("delta")] == WORDS


def test_the_events_of_two_calls_come_one_call_after_the_other(respond) -> None:
    events = [event for event in respond(**CITIES, stream=True) if "output_index" in event]
    assert [event["output_index"] for event in events] == sorted(event["output_index"] for event in events)
    for place, city in enumerate(("Oslo", "Paris")):
        added, *pieces, done, closed = [event for event in events if event["output_index"] == place]
        assert (added["type"], closed["type"]) == ("response.output_item.added", "response.output_item.done")
        assert "".join(piece["delta"] for piece in pieces) == done["arguments"] == closed["item"]["arguments"]
        assert json.loads(done["arguments"]) == {"city": city}


def test_an_answer_that_is_cut_is_incomplete_and_says_why(openai_client: OpenAI) -> None:
    cut = openai_client.responses.create(**TEA, max_output_tokens=16)
    assert (cut.status, cut.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert cut.output[0].status == "incomplete"
    assert cut.usage.output_tokens == 16
    assert openai_client.responses.create(**TEA).output_text.startswith(cut.output_text)


def test_a_raw_stream_and_the_helper_hear_the_same(openai_client: OpenAI) -> None:
    with openai_client.responses.create(**SCRIPT, stream=True) as events:
        assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "".join(WORDS)
    with openai_client.responses.stream(**SCRIPT) as events:
        snapshots = [event.snapshot for event in events if event.type == "response.output_text.delta"]
        final = events.get_final_response()
    assert snapshots[-1] == final.output_text == "".join(WORDS)
    assert len(snapshots) == len(WORDS)


def test_parse_gives_an_instance_whole_and_streamed(openai_client: OpenAI) -> None:
    asked = {"model": "tea-small", "input": "5 grams of oolong, as JSON"}
    parsed = openai_client.responses.parse(**asked, text_format=Cup).output_parsed
    assert isinstance(parsed, Cup)
    assert parsed.grams == 5
    with openai_client.responses.stream(**asked, text_format=Cup) as events:
        assert events.get_final_response().output_parsed == parsed


def test_a_loop_of_calls_ends_in_words_with_items_sent_back(openai_client: OpenAI) -> None:
    items: list[Any] = [{"role": "user", "content": CITIES["input"]}]
    answer = openai_client.responses.create(model="tea-small", input=items, tools=[WEATHER])
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [json.loads(call.arguments)["city"] for call in calls] == ["Oslo", "Paris"]
    items += answer.output
    items += [{"type": "function_call_output", "call_id": call.call_id, "output": '{"degrees": 7}'} for call in calls]
    told = openai_client.responses.create(model="tea-small", input=items, tools=[WEATHER])
    assert [item.type for item in told.output] == ["message"]
    assert "7" in told.output_text


def test_a_loop_of_calls_ends_in_words_by_the_previous_id(openai_client: OpenAI) -> None:
    answer = openai_client.responses.create(**CITIES)
    outputs = [
        {"type": "function_call_output", "call_id": call.call_id, "output": '{"degrees": 7}'} for call in answer.output
    ]
    with pytest.raises(
        openai.BadRequestError, match=f"No tool output found for function call {answer.output[1].call_id}"
    ):
        openai_client.responses.create(
            model="tea-small", previous_response_id=answer.id, input=outputs[:1], tools=[WEATHER]
        )
    told = openai_client.responses.create(
        model="tea-small", previous_response_id=answer.id, input=outputs, tools=[WEATHER]
    )
    assert "degrees: 7" in told.output_text


def test_a_chain_remembers_what_was_said_and_forgets_instructions(openai_client: OpenAI) -> None:
    first = openai_client.responses.create(**TEA, instructions="You speak of tea alone. " * 20)
    second = openai_client.responses.create(model="tea-small", input="Tell me more", previous_response_id=first.id)
    alone = openai_client.responses.create(model="tea-small", input="Tell me more")
    assert second.output_text != alone.output_text
    assert second.previous_response_id == first.id
    assert second.instructions is None
    assert alone.usage.input_tokens < second.usage.input_tokens < first.usage.total_tokens
    openai_client.responses.delete(first.id)
    third = openai_client.responses.create(model="tea-small", input="Thanks", previous_response_id=second.id)
    assert third.usage.input_tokens > second.usage.input_tokens
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client.responses.create(**TEA, previous_response_id=first.id)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")


def test_what_is_stored_can_be_fetched_and_deleted_and_what_is_not_cannot(openai_client: OpenAI) -> None:
    made = openai_client.responses.create(**TEA, metadata={"lesson": "10"})
    again = openai_client.responses.retrieve(made.id)
    assert again == made
    assert again.metadata == {"lesson": "10"}
    openai_client.responses.delete(made.id)
    unkept = openai_client.responses.create(**TEA, store=False)
    for name in (made.id, unkept.id):
        with pytest.raises(openai.NotFoundError, match=f"Response with id '{name}' not found."):
            openai_client.responses.retrieve(name)
        with pytest.raises(openai.NotFoundError):
            openai_client.responses.delete(name)


def test_input_items_come_in_pages_newest_first(openai_client: OpenAI, exactly) -> None:
    asked = [{"role": "user", "content": f"cup {number}"} for number in range(5)]
    made = openai_client.responses.create(model="tea-small", input=asked)
    texts = [item.content[0].text for item in openai_client.responses.input_items.list(made.id, limit=2)]
    assert texts == ["cup 4", "cup 3", "cup 2", "cup 1", "cup 0"], "the SDK fetches the later pages itself"
    page = openai_client.responses.input_items.list(made.id, order="asc", limit=3)
    assert (page.has_more, len(page.data), page.last_id) == (True, 3, page.data[-1].id)
    calls = openai_client.responses.create(**CITIES)
    outputs = [
        {"type": "function_call_output", "call_id": call.call_id, "output": [{"type": "input_text", "text": "7"}]}
        for call in calls.output
    ]
    mixed = [{"role": "assistant", "content": "Hm"}, *calls.model_dump(exclude_none=True)["output"], *outputs]
    made = openai_client.responses.create(model="tea-small", input=[asked[0], *mixed])
    raw = openai_client.responses.input_items.with_raw_response.list(made.id, order="asc")
    listed = json.loads(raw.text)
    exactly(listed, "item list")
    assert [item["type"] for item in listed["data"]] == [
        "message", "message", "function_call", "function_call", "function_call_output", "function_call_output",
    ]  # fmt: skip


async def test_the_async_client_does_all_of_it_too(server) -> None:
    headers = {"x-lab-pace": "ttft=0;tps=100000;jitter=0"}
    key = server.sandbox()
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key, default_headers=headers, timeout=10) as client:
        first = await client.responses.create(**SCRIPT)
        assert first.output_text == "".join(WORDS)
        async with await client.responses.create(**SCRIPT, stream=True, previous_response_id=first.id) as events:
            last = [event async for event in events][-1]
        assert isinstance(last.response, Response)
        async with client.responses.stream(**TEA, text_format=Cup) as events:
            assert isinstance((await events.get_final_response()).output_parsed, Cup)
        assert (await client.responses.retrieve(first.id)).output_text == first.output_text
        assert [item.type async for item in client.responses.input_items.list(first.id)] == ["message"]
        await client.responses.delete(first.id)


def test_another_sandbox_has_none_of_it(server, openai_client: OpenAI) -> None:
    made = openai_client.responses.create(**TEA)
    with OpenAI(base_url=f"{server.url}/v1", api_key=server.sandbox()) as stranger, pytest.raises(openai.NotFoundError):
        stranger.responses.retrieve(made.id)


def test_without_tokens_no_response_begins(server, openai_client: OpenAI) -> None:
    fault = {"x-lab-fault": "limit;requests=100;per=60;tokens=5"}
    openai_client.responses.create(**TEA, extra_headers=fault)
    with pytest.raises(openai.RateLimitError):
        openai_client.responses.create(**TEA)
    with pytest.raises(openai.RateLimitError):
        openai_client.embeddings.create(model="text-embedding-3-small", input="tea")
