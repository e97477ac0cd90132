"""A provider that none of us wrote: LiteLLM's proxy. Every dialect streams from it, and each of its refusals is told.

What it asks in turn is another lab server, so its journal says what reached the model, and when it was let go.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import openai
import pytest
from independent import CANNED, KEY, Independent
from websockets.sync.client import connect

from labserver.providers_cli import main

pytestmark = [pytest.mark.timeout(240), pytest.mark.long]  # the proxy takes its time to start

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
PROMPT, TEXT = "|".join(WORDS), "".join(WORDS)
MESSAGES = [{"role": "user", "content": PROMPT}]
TOOL = {
    "name": "find_teas",
    "description": "Find teas by a word",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
}


@pytest.fixture(scope="module")
def real(independent: Independent, start_for_all) -> Iterator[Any]:
    """A server for many whose real provider is the proxy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_API_KEY", KEY)
        flags = ("--provider", "vllm", "--provider-url", independent.url, "--provider-model", "script")
        yield start_for_all(*flags)


@pytest.fixture(scope="module")
def locked_out(independent: Independent, start_for_all) -> Iterator[Any]:
    """The same with a key that the proxy does not know."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_API_KEY", f"{KEY}-of-somebody-else")
        yield start_for_all("--provider", "vllm", "--provider-url", independent.url, "--provider-model", "script")


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def data(text: str) -> list[Any]:
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def sdk(live: Any, key: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{live.url}/v1", api_key=key, max_retries=0, timeout=20)


# Each dialect's own way to ask: (server, its sandbox's key, model) -> the deltas, or the words of its refusal.
def by_query(live: Any, key: str, model: str) -> list[str]:
    asked = {"query": PROMPT, "model": model}
    answer = live.http.post("/api/v1/query/stream", json=asked, headers=bearer(key))
    if answer.status_code != 200:
        return [f"{answer.status_code} {answer.json()['error']['message']}"]
    assert data(answer.text)[-1] == "[DONE]"
    return [one.get("chunk") or one["error"] for one in data(answer.text)[:-1] if one["type"] in ("content", "error")]


def by_query_socket(live: Any, key: str, model: str) -> list[str]:
    heard: list[dict[str, Any]] = []
    with connect(f"{live.ws_url}/api/v1/query/ws?key={key}") as socket:
        socket.send(json.dumps({"query": PROMPT, "model": model}))
        while not heard or heard[-1]["type"] not in ("end", "error"):
            heard.append(json.loads(socket.recv(20)))
    return [one.get("chunk") or one["error"] for one in heard if one["type"] in ("content", "error")]


def by_job(live: Any, key: str, model: str) -> list[str]:
    job = live.http.post("/api/v1/infer", json={"prompt": PROMPT, "model": model}, headers=bearer(key))
    stream = live.http.get(f"/api/v1/stream/{job.raise_for_status().json()['request_id']}", headers=bearer(key))
    told = data(stream.text)[1:]
    return [one["error"]["message"] if "error" in one else one["data"] for one in told if one != {"status": "done"}]


def by_chat(live: Any, key: str, model: str) -> list[str]:
    try:
        with sdk(live, key).chat.completions.create(model=model, messages=MESSAGES, stream=True) as chunks:
            return [said for chunk in chunks if (said := chunk.choices[0].delta.content)]
    except openai.APIStatusError as error:
        return [f"{error.status_code} {error.message}"]


def by_async_chat(live: Any, key: str, model: str) -> list[str]:
    async def ask() -> list[str]:
        async with (
            openai.AsyncOpenAI(base_url=f"{live.url}/v1", api_key=key, max_retries=0) as client,
            await client.chat.completions.create(model=model, messages=MESSAGES, stream=True) as chunks,
        ):
            return [said async for chunk in chunks if (said := chunk.choices[0].delta.content)]

    try:
        return asyncio.run(ask())
    except openai.APIStatusError as error:
        return [f"{error.status_code} {error.message}"]


def by_responses(live: Any, key: str, model: str) -> list[str]:
    try:
        with sdk(live, key).responses.create(model=model, input=PROMPT, stream=True) as events:
            return [event.delta for event in events if event.type == "response.output_text.delta"]
    except openai.APIStatusError as error:
        return [f"{error.status_code} {error.message}"]


DIALECTS: dict[str, Callable[[Any, str, str], list[str]]] = {
    "query": by_query,
    "query socket": by_query_socket,
    "job": by_job,
    "chat": by_chat,
    "chat, async client": by_async_chat,
    "responses": by_responses,
}
every_dialect = pytest.mark.parametrize("ask", DIALECTS.values(), ids=DIALECTS)


@every_dialect
def test_every_dialect_streams_delta_by_delta_through_foreign_code(real, independent: Independent, ask) -> None:
    assert ask(real, real.sandbox(), "gpt-4o-mini") == WORDS
    assert independent.last()["produced"] == len(WORDS)


@every_dialect
def test_a_model_that_no_lab_server_runs_is_heard_too(real, ask) -> None:
    deltas = ask(real, real.sandbox(), "vllm/canned")
    assert "".join(deltas) == CANNED
    assert len(deltas) > 5


@every_dialect
def test_a_key_that_it_refuses_is_the_operators_trouble_in_every_dialect(locked_out, ask) -> None:
    [said] = ask(locked_out, locked_out.sandbox(), "gpt-4o-mini")
    assert "the operator must set VLLM_API_KEY" in said
    assert said.startswith("502 ") or ask in (by_job, by_query_socket), "it is not the learner's key, so no 401"
    assert KEY not in said


@every_dialect
@pytest.mark.parametrize(
    ("model", "status", "words"),
    [
        ("nobody-knows-it", 404, "vLLM has no model `nobody-knows-it`"),
        ("gone", 404, "vLLM has no model `gone`"),
        ("limited", 429, "vLLM's own rate limit is spent"),
        ("mock-limited", 429, "vLLM's own rate limit is spent"),
        ("down", 503, "vLLM is overloaded"),
    ],
)
def test_its_refusals_keep_their_meaning(real, ask, model: str, status: int, words: str) -> None:
    [said] = ask(real, real.sandbox(), f"vllm/{model}")
    assert words in said
    assert said.startswith(f"{status} ") or ask in (by_job, by_query_socket)


@pytest.mark.parametrize("model", ["failing", "broken"])
def test_a_failure_in_the_middle_is_raised_after_the_words_that_came(real, model: str) -> None:
    heard = []
    with sdk(real, real.sandbox()) as client, pytest.raises(openai.APIError) as caught:
        for chunk in client.chat.completions.create(model=f"vllm/{model}", messages=MESSAGES, stream=True):
            heard.append(chunk.choices[0].delta.content)
    assert heard == ["", "Green", " tea"]
    assert (caught.value.type, "vLLM failed in the middle" in caught.value.message) == ("server_error", True)


def test_a_connection_that_breaks_behind_it_is_an_error_before_or_after_the_first_word(real) -> None:
    with sdk(real, real.sandbox()) as client, pytest.raises(openai.APIError, match="vLLM failed"):
        list(client.chat.completions.create(model="vllm/cut", messages=MESSAGES, stream=True))


def test_it_calls_a_short_answer_whole_so_nobody_behind_it_can_tell(real, independent: Independent) -> None:
    """The stream behind it ends without a finish reason; LiteLLM 1.106 writes `stop` itself. Bytes are the proof."""
    with sdk(real, real.sandbox()) as client:
        chunks = list(client.chat.completions.create(model="vllm/unfinished", messages=MESSAGES, stream=True))
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", "Green", " tea", None]
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert b'"finish_reason":"stop"' not in independent.last().answered


def test_tool_calls_and_their_results_pass_through_it(real) -> None:
    with sdk(real, real.sandbox()) as client:
        tools: Any = [{"type": "function", "function": TOOL}]
        question: Any = [{"role": "user", "content": "Find teas with mint."}]
        asked: dict[str, Any] = {"model": "vllm/tea", "tools": tools}
        chunks = list(client.chat.completions.create(**asked, messages=question, stream=True))
        calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
        assert (calls[0].function.name, calls[0].index) == ("find_teas", 0)
        arguments = "".join(call.function.arguments for call in calls)
        assert json.loads(arguments) == {"word": "mint"}
        assert chunks[-1].choices[0].finish_reason == "tool_calls"
        whole = client.chat.completions.create(**asked, messages=question).choices[0].message
        result = {"role": "tool", "tool_call_id": whole.tool_calls[0].id, "content": '{"teas": ["Moroccan Mint"]}'}
        told = client.chat.completions.create(**asked, messages=[*question, whole.model_dump(), result])
    assert "Moroccan Mint" in told.choices[0].message.content
    assert told.choices[0].finish_reason == "stop"


def test_json_mode_passes_through_it(real) -> None:
    question: Any = [{"role": "user", "content": "Describe green tea as json."}]
    with sdk(real, real.sandbox()) as client:
        answer = client.chat.completions.create(
            model="vllm/tea", messages=question, response_format={"type": "json_object"}
        )
    assert isinstance(json.loads(answer.choices[0].message.content), dict)


def test_the_bill_is_the_one_that_the_model_wrote(real, server) -> None:
    asked: dict[str, Any] = {"messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}}
    with sdk(real, real.sandbox()) as client, sdk(server, server.sandbox()) as direct:
        *others, last = client.chat.completions.create(model="vllm/script", **asked)
        *_, bill = direct.chat.completions.create(model="script", **asked)
    assert (last.choices, last.usage) == ([], bill.usage)
    assert all(chunk.usage is None and chunk.choices for chunk in others)


def test_more_choices_than_one_break_off_because_it_ends_only_one_of_them(real) -> None:
    """LiteLLM 1.106 passes one finish reason on for two choices, so the second never ends: told, not guessed."""
    with sdk(real, real.sandbox()) as client, pytest.raises(openai.APIError, match="broke off"):
        list(client.chat.completions.create(model="vllm/script", messages=MESSAGES, n=2, stream=True))


def test_its_models_are_listed_for_those_who_may_ask(real) -> None:
    listed = real.http.get("/v1/models", headers=bearer(real.sandbox())).json()["data"]
    names = {one["id"] for one in listed}
    assert {"vllm/script", "vllm/canned", "vllm/tea", "gpt-4o-mini", "tea-small"} <= names
    openly = real.http.get("/v1/models").json()["data"]
    assert not [one["id"] for one in openly if "/" in one["id"]]


@pytest.mark.parametrize(
    ("path", "body", "marker"),
    [
        ("/v1/chat/completions", {"messages": MESSAGES, "stream": True}, b" tea"),
        ("/api/v1/query/stream", {"query": PROMPT}, b" tea"),
        ("/v1/responses", {"input": PROMPT, "stream": True}, b" tea"),
    ],
)
def test_a_client_that_leaves_frees_the_model_two_servers_away(
    real, independent: Independent, path: str, body: dict[str, Any], marker: bytes
) -> None:
    long = json.loads(json.dumps(body).replace(json.dumps(PROMPT)[1:-1], json.dumps(PROMPT + "| more" * 200)[1:-1]))
    with real.dial() as wire:
        wire.send(real.request("POST", path, {"model": "vllm/slow", **long}, real.sandbox()))
        wire.until(marker)
    record = independent.last(wait=10)
    assert record["ended"] == "client left"
    assert record["produced"] < 200
    real.await_quiet()


def test_a_job_that_is_cancelled_frees_it_too(real, independent: Independent) -> None:
    key = real.sandbox()
    long = {"prompt": PROMPT + "| more" * 200, "model": "vllm/slow"}
    job = real.http.post("/api/v1/infer", json=long, headers=bearer(key)).json()["request_id"]
    with real.dial() as wire:
        wire.send(real.request("GET", f"/api/v1/stream/{job}", key=key))
        wire.until(b"Green")
        real.http.post(f"/api/v1/cancel/{job}", headers=bearer(key)).raise_for_status()
        wire.until(b"event: cancelled")
    assert independent.last(wait=10)["ended"] == "client left"


def test_wirelab_providers_test_proves_it_or_names_the_cure(independent: Independent, capsys, monkeypatch) -> None:
    there = ["test", "vllm", "--url", independent.url, "--model"]
    monkeypatch.setenv("VLLM_API_KEY", KEY)
    assert main([*there, "canned"]) == 0
    said = capsys.readouterr().out
    assert f"It works: canned at {independent.url} said {CANNED!r}" in said
    assert main([*there, "nobody-knows-it"]) == 1
    assert "Try another here with --model" in capsys.readouterr().err
    monkeypatch.setenv("VLLM_API_KEY", f"{KEY}-of-somebody-else")
    assert main([*there, "canned"]) == 1
    assert "set VLLM_API_KEY" in (told := capsys.readouterr().err)
    assert KEY not in told


def test_without_a_database_it_refuses_an_unknown_key_with_a_400(independent: Independent) -> None:
    """So a status alone does not say whose fault it is; `complaints.BAD_KEY` reads its words."""
    answer = httpx2.get(f"{independent.url}/models", headers=bearer(f"{KEY}-of-somebody-else"))
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "no_db_connection")
