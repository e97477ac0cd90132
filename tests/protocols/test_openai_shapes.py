"""Every kind of answer, streamed and whole, read by the `openai` package's own types: nothing more, nothing less."""

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk, completion_create_params
from openai.types.chat.chat_completion_stream_options_param import ChatCompletionStreamOptionsParam

from labserver.surfaces.openai_parameters import PARAMETERS
from labserver.surfaces.openai_request import ChatBody, StreamOptions

TEA = [{"role": "user", "content": "How do I brew green tea?"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CITIES = [{"role": "user", "content": "What is the weather in Oslo and Paris?"}]
CUP = {
    "type": "object",
    "properties": {"tea": {"type": "string"}, "grams": {"type": "number"}},
    "required": ["tea", "grams"],
    "additionalProperties": False,
}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "cup", "schema": CUP, "strict": True}}

ASKED: dict[str, dict[str, Any]] = {
    "words": {"messages": TEA},
    "three choices": {"messages": TEA, "n": 3},
    "cut": {"messages": TEA, "max_completion_tokens": 3},
    "odds": {"messages": TEA, "logprobs": True, "top_logprobs": 5, "max_tokens": 20},
    "odds of what was said alone": {"messages": TEA, "logprobs": True, "max_tokens": 5},
    "tier": {"messages": TEA, "service_tier": "auto", "max_tokens": 5},
    "calls": {"messages": CITIES, "tools": [WEATHER]},
    "calls in two choices": {"messages": CITIES, "tools": [WEATHER], "n": 2},
    "calls that are cut": {"messages": CITIES, "tools": [WEATHER], "max_tokens": 4},
    "an older call": {"messages": CITIES, "functions": [WEATHER["function"]]},
    "JSON for a schema": {"messages": TEA, "response_format": JSON_SCHEMA},
    "any JSON": {
        "messages": [{"role": "user", "content": "As JSON please"}],
        "response_format": {"type": "json_object"},
    },
    "a picture": {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]}]
    },
}


@pytest.mark.parametrize("name", ASKED)
def test_a_whole_answer_is_exactly_a_chat_completion(ask, name: str) -> None:
    [payload] = ask(**ASKED[name])
    assert payload["object"] == "chat.completion"
    for choice in payload["choices"]:
        assert {"index", "message", "logprobs", "finish_reason"} == set(choice)
        assert {"role", "content", "refusal"} <= set(choice["message"])


@pytest.mark.parametrize("obfuscated", [False, True])
@pytest.mark.parametrize("name", ASKED)
def test_a_streamed_answer_is_exactly_chunks(ask, name: str, obfuscated: bool) -> None:
    options = {"include_usage": True, "include_obfuscation": obfuscated}
    *chunks, bill = ask(**ASKED[name], stream=True, stream_options=options)
    assert {chunk["object"] for chunk in [*chunks, bill]} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in [*chunks, bill]}) == 1
    assert {chunk["usage"] for chunk in chunks} == {None}
    assert (bill["choices"], bill["usage"]["completion_tokens"] > 0) == ([], True)
    assert all(("obfuscation" in chunk) == obfuscated for chunk in chunks)
    opened, closed = set(), set()
    for chunk in chunks:
        [choice] = chunk["choices"]
        if choice["index"] not in opened:
            assert choice["delta"]["role"] == "assistant"
            opened.add(choice["index"])
        elif choice["finish_reason"]:
            assert choice["delta"] == {}
            closed.add(choice["index"])
        else:
            assert choice["index"] not in closed
            assert len(choice["delta"]) == 1
    assert opened == closed == set(range(ASKED[name].get("n", 1)))


@pytest.mark.parametrize("name", ASKED)
def test_the_chunks_add_up_to_the_whole_answer(ask, name: str) -> None:
    [payload] = ask(**ASKED[name])
    chunks = ask(**ASKED[name], stream=True)
    assert chunks[0]["id"] == payload["id"], "the same question in another sandbox of the same seed"
    for choice in payload["choices"]:
        deltas = [one for chunk in chunks for one in chunk["choices"] if one["index"] == choice["index"]]
        assert deltas[-1]["finish_reason"] == choice["finish_reason"]
        text = "".join(one["delta"].get("content") or "" for one in deltas)
        assert text == (choice["message"]["content"] or "")
        tokens = [token for one in deltas if one["logprobs"] for token in one["logprobs"]["content"]]
        assert tokens == (choice["logprobs"] or {"content": []})["content"]


def test_a_judge_that_misses_nothing(exactly, declared_only) -> None:
    """The types of the SDK let unknown fields pass; ours must not."""
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
    assert declared_only(exactly(chunk)) == []
    choice = {"index": 0, "delta": {"content": "", "tea": 1}, "finish_reason": None}
    read = ChatCompletionChunk.model_validate(chunk | {"choices": [choice], "kettle": 1})
    assert declared_only(read) == [".kettle", ".choices[0].delta.tea"]
    assert ChatCompletion.model_fields.keys() >= {"id", "choices", "created", "model", "object", "usage"}


def test_models_are_exactly_models(server, exactly) -> None:
    listed = server.http.get("/v1/models").json()
    assert listed["object"] == "list"
    names = [model["id"] for model in listed["data"]]
    assert {"gpt-4o-mini", "gpt-4o", "gpt-4", "gpt-3.5-turbo", "tea-small", "script"} <= set(names)
    for model in listed["data"]:
        exactly(model)
        assert server.http.get(f"/v1/models/{model['id']}").json() == model


def test_every_parameter_of_the_sdk_has_its_row_and_no_row_is_left_over() -> None:
    """When this fails, the `openai` package has a parameter more or less: decide what becomes of it in PARAMETERS."""
    declared = set(completion_create_params.CompletionCreateParamsStreaming.__annotations__)
    declared |= set(completion_create_params.CompletionCreateParamsNonStreaming.__annotations__)
    assert set(PARAMETERS) == declared
    assert set(ChatBody.model_fields) == declared
    assert set(StreamOptions.model_fields) == set(ChatCompletionStreamOptionsParam.__annotations__)
    for name, row in PARAMETERS.items():
        assert bool(row.why) == (row.treatment != "supported"), f"{name}: what is not supported has a reason"


EXAMPLES: dict[str, Any] = {
    "audio": {"voice": "alloy", "format": "wav"},
    "frequency_penalty": 0.5,
    "logit_bias": {"50256": -100},
    "metadata": {"shop": "Leaf & Kettle"},
    "moderation": {"model": "omni-moderation-latest"},
    "prediction": {"type": "content", "content": "tea"},
    "presence_penalty": -2,
    "prompt_cache_key": "tea",
    "prompt_cache_options": {"mode": "implicit"},
    "prompt_cache_retention": "24h",
    "reasoning_effort": "low",
    "safety_identifier": "ada",
    "store": True,
    "top_p": 0.1,
    "user": "ada",
    "verbosity": "low",
    "web_search_options": {},
}


@pytest.mark.parametrize("name", [name for name, row in PARAMETERS.items() if row.treatment == "ignored"])
def test_an_ignored_parameter_changes_no_word(ask, name: str) -> None:
    [without], [with_it] = ask(messages=TEA), ask(messages=TEA, **{name: EXAMPLES[name]})
    assert with_it["choices"] == without["choices"]
    [unset] = ask(messages=TEA, **{name: None})
    assert unset == without


@pytest.mark.parametrize("name", [name for name, row in PARAMETERS.items() if row.treatment == "refused"])
def test_a_refused_parameter_is_refused_by_its_name(ask, name: str) -> None:
    [error] = ask(messages=TEA, **{name: EXAMPLES[name]})
    assert error["message"] == PARAMETERS[name].why
    assert (error["param"], error["code"]) in ((name, "unsupported_parameter"), (None, None))
    [answer] = ask(messages=TEA, **{name: None})
    assert answer["object"] == "chat.completion"


def test_every_chunk_is_padded_to_lengths_that_say_little(ask) -> None:
    chunks = ask(messages=TEA, stream=True, stream_options={"include_obfuscation": True})
    lengths = {
        len(json.dumps(chunk["choices"][0]["delta"], ensure_ascii=False, separators=(",", ":")) + chunk["obfuscation"])
        for chunk in chunks
    }
    assert len(lengths) <= 4
    assert all(length % 16 == 0 for length in lengths)


def test_odds_are_plausible(ask) -> None:
    [payload] = ask(messages=TEA, logprobs=True, top_logprobs=20)
    tokens = payload["choices"][0]["logprobs"]["content"]
    assert "".join(token["token"] for token in tokens) == payload["choices"][0]["message"]["content"]
    for token in tokens:
        assert bytes(token["bytes"]).decode() == token["token"]
        likely = [each["logprob"] for each in token["top_logprobs"]]
        assert len(likely) == 20
        assert likely == sorted(likely, reverse=True)
        assert 0.8 < sum(2.718281828**each for each in likely) <= 1
        assert {"token": token["token"], "logprob": token["logprob"], "bytes": token["bytes"]} in token["top_logprobs"]
    [again] = ask(messages=TEA, logprobs=True, top_logprobs=20)
    assert again == payload
