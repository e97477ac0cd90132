"""A real provider's answers are recorded behind a server, and played by another one in every dialect, without a key.

The provider is `upstream` over real sockets. What is played is compared with what its client got the first time.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
import requests
from upstream import DONE, HOLD, Answer, Upstream, chunk, event, refuses, says
from websockets.sync.client import connect

KEY = "sk-operator-0123456789abcdef"
PAUSE = 0.3
AT_ONCE = {"x-lab-pace": "speed=0"}
TEA, BROKEN, BUSY, STOCK = "What is tea?", "And coffee?", "Anybody there?", "Is there sencha?"
TOOLS: Any = [{"type": "function", "function": {"name": "get_stock", "parameters": {"type": "object"}}}]
CALL = {"index": 0, "id": "call_9", "type": "function", "function": {"name": "get_stock", "arguments": ""}}

ALLOWED = {
    "wirelab", "version", "recorded", "by", "provider", "model", "answered_by", "messages",
    "at", "kind", "text", "reason", "prompt_tokens", "completion_tokens",
}  # fmt: skip


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def chat(question: str, **how: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": question}], **how}


def data(text: str) -> list[Any]:
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def tapes(tmp_path_factory: pytest.TempPathFactory, there: Upstream, start_for_all) -> Path:
    """Four exchanges with a real provider, recorded through a server; it pauses once, and the folder has the pause."""
    folder = tmp_path_factory.mktemp("tapes")
    there.forget()
    paused = says("Tea", " is", " good")
    paused.pieces.insert(2, HOLD)
    arguments = [
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": part}}]}) for part in ('{"tea"', ': "sencha"}')
    ]
    called = [
        chunk({"tool_calls": [CALL]}),
        *arguments,
        chunk({}, "tool_calls"),
        chunk(usage={"prompt_tokens": 9}),
        DONE,
    ]
    broken = [chunk({"content": "Coffee"}), event({"error": {"message": "overloaded"}})]
    there.answers.extend([paused, Answer([*called]), Answer([*broken]), refuses(429, "slow", retry_after="7")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("OPENAI_ORG_ID", "org-0123456789abcdef")
        live = start_for_all("--provider", "openai", "--provider-url", there.url, "--record", str(folder))
        key = live.sandbox()
        with live.dial() as wire:
            wire.send(live.request("POST", "/v1/chat/completions", chat(TEA, stream=True), key))
            wire.until(b"Tea")
            time.sleep(PAUSE)  # the provider pauses so long at least
            there.release()
            wire.until(b"[DONE]")
        for body in (chat(STOCK, tools=TOOLS), chat(BROKEN), chat(BUSY)):
            live.http.post("/v1/chat/completions", json=body, headers=bearer(key))
        kept = "".join(path.read_text() for path in folder.iterdir())
        assert key not in kept
        live.stop()
    return folder


@pytest.fixture(scope="module")
def played(tapes: Path, start_for_all) -> Iterator[Any]:
    """A server for many that plays them; it has no provider, and no key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("OPENAI_API_KEY", raising=False)
        yield start_for_all("--provider", "replay", "--recordings", str(tapes))


@pytest.fixture
def client(played) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=f"{played.url}/v1", api_key=played.sandbox(), max_retries=0, default_headers=AT_ONCE
    ) as client:
        yield client


def test_each_exchange_is_one_small_readable_file(tapes: Path) -> None:
    names = sorted(path.name for path in tapes.iterdir())
    assert names == ["and-coffee.jsonl", "anybody-there.jsonl", "is-there-sencha.jsonl", "what-is-tea.jsonl"]
    about, *events = lines(tapes / "what-is-tea.jsonl")
    assert (about["provider"], about["model"], about["answered_by"]) == ("openai", "gpt-4o-mini", "gpt-4o-mini")
    assert about["messages"] == [{"role": "user", "content": TEA}]
    kinds = [event["kind"] for event in events]
    assert kinds == ["start", "text", "text", "text", "end", "usage"]
    assert [event["text"] for event in events[1:4]] == ["Tea", " is", " good"]
    moments = [event["at"] for event in events]
    assert moments == sorted(moments)
    assert moments[2] - moments[1] >= PAUSE - 0.001
    assert lines(tapes / "anybody-there.jsonl")[1]["retry_after"] == 7


def test_nothing_of_keys_headers_or_the_sandbox_is_in_them(tapes: Path) -> None:
    kept = "".join(path.read_text(encoding="utf-8") for path in tapes.iterdir())
    assert not re.search(
        r"0123456789abcdef|org-|sk-|lab-|bearer|authorization|sbx|call_9|127\.0\.0\.1", kept, re.IGNORECASE
    )
    assert all(len(path.read_bytes()) < 1000 for path in tapes.iterdir())


def test_the_sdk_gets_the_words_the_bill_and_the_end_again(client: openai.OpenAI) -> None:
    options: Any = {"stream": True, "stream_options": {"include_usage": True}}
    with client.chat.completions.create(**chat(TEA, **options)) as chunks:
        seen = list(chunks)
    assert [one.choices[0].delta.content for one in seen if one.choices] == ["", "Tea", " is", " good", None]
    assert (seen[-2].choices[0].finish_reason, seen[-1].usage.total_tokens) == ("stop", 14)
    whole = client.chat.completions.create(**chat(TEA))
    assert (whole.choices[0].message.content, whole.usage.total_tokens) == ("Tea is good", 14)


async def test_the_async_sdk_gets_a_tool_call_again_in_its_pieces(played) -> None:
    async with openai.AsyncOpenAI(
        base_url=f"{played.url}/v1", api_key=played.sandbox(), max_retries=0, default_headers=AT_ONCE
    ) as client:
        async with await client.chat.completions.create(**chat(STOCK, tools=TOOLS, stream=True)) as chunks:
            seen = [one async for one in chunks]
        answers = await asyncio.gather(*(client.chat.completions.create(**chat(TEA)) for _ in range(5)))
    deltas = [call for one in seen for call in one.choices[0].delta.tool_calls or ()]
    assert [one.function.arguments for one in deltas] == ["", '{"tea"', ': "sencha"}']
    assert (deltas[0].function.name, seen[-1].choices[0].finish_reason) == ("get_stock", "tool_calls")
    assert {answer.choices[0].message.content for answer in answers} == {"Tea is good"}


def test_responses_and_background_responses_get_it_too(client: openai.OpenAI) -> None:
    answer = client.responses.create(model="gpt-4o-mini", input=TEA)
    assert (answer.output_text, answer.status) == ("Tea is good", "completed")
    with client.responses.create(model="gpt-4o-mini", input=TEA, stream=True) as events:
        deltas = [one.delta for one in events if one.type == "response.output_text.delta"]
    assert deltas == ["Tea", " is", " good"]
    begun = client.responses.create(model="gpt-4o-mini", input=TEA, background=True)
    assert client.responses.retrieve(begun.id).output_text == "Tea is good"
    broken = client.responses.create(model="gpt-4o-mini", input=BROKEN, background=True)
    assert client.responses.retrieve(broken.id).status == "failed"


def test_the_query_dialect_gets_it_on_all_three_routes(played) -> None:
    headers = bearer(played.sandbox()) | AT_ONCE
    query = {"query": TEA}
    whole = requests.post(f"{played.url}/api/v1/query", json=query, headers=headers, timeout=10).json()
    assert (whole["response"], whole["tokens_used"], whole["finish_reason"]) == ("Tea is good", 14, "stop")
    with requests.post(
        f"{played.url}/api/v1/query/stream", json=query, headers=headers, stream=True, timeout=10
    ) as answer:
        told = data("\n".join(answer.iter_lines(decode_unicode=True)))
    assert [one["chunk"] for one in told[1:-2]] == ["Tea", " is", " good"]
    with connect(f"{played.ws_url}/api/v1/query/ws", additional_headers=headers) as socket:
        socket.send(json.dumps(query))
        messages = [json.loads(socket.recv(5)) for _ in range(5)]
    assert (messages[-1]["full_response"], messages[-1]["tokens_used"]) == ("Tea is good", 14)


def test_a_job_gets_it_and_streams_it_and_fails_as_it_failed(played) -> None:
    headers = bearer(played.sandbox()) | AT_ONCE

    def job(prompt: str) -> str:
        return str(played.http.post("/api/v1/infer", json={"prompt": prompt}, headers=headers).json()["request_id"])

    good, broken, unknown = job(TEA), job(BROKEN), job("What is mate?")
    assert played.http.get(f"/api/v1/result/{good}", headers=headers).json()["result"] == "Tea is good"
    streamed = played.http.get(f"/api/v1/stream/{good}", headers=headers).text
    assert [word in streamed for word in ("Tea", " is", " good")] == [True] * 3
    failed = played.http.get(f"/api/v1/status/{broken}", headers=headers).json()
    assert (failed["status"], failed["error"]) == ("failed", "OpenAI is overloaded. Ask again in a moment.")
    assert "replay:what-is-tea" in played.http.get(f"/api/v1/status/{unknown}", headers=headers).json()["error"]


def test_a_failure_in_the_middle_and_a_refusal_come_back_as_they_were(client: openai.OpenAI, played) -> None:
    heard: list[Any] = []
    with (
        pytest.raises(openai.APIError) as caught,
        client.chat.completions.create(**chat(BROKEN, stream=True)) as chunks,
    ):
        heard.extend(one.choices[0].delta.content for one in chunks)
    assert (heard, caught.value.type) == (["", "Coffee"], "server_error")
    for stream in (False, True):
        with pytest.raises(openai.RateLimitError) as limited:
            client.chat.completions.create(**chat(BUSY, stream=stream))
        assert limited.value.response.headers["retry-after"] == "7"
    rest = played.http.post("/api/v1/query/stream", json={"query": BUSY}, headers=bearer(played.sandbox()) | AT_ONCE)
    assert (rest.status_code, rest.json()["error"]["code"], rest.headers["retry-after"]) == (429, "RATE_LIMITED", "7")


def test_what_is_not_recorded_is_refused_in_each_dialects_words(client: openai.OpenAI, played) -> None:
    for stream in (False, True):
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(**chat("What is mate?", stream=stream))
        assert (caught.value.code, caught.value.param) == ("not_recorded", "messages")
        assert '"What is tea?" (replay:what-is-tea)' in caught.value.message
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(**chat(TEA) | {"model": "replay:../../etc/passwd"})
    assert unknown.value.code == "model_not_found"
    headers = bearer(played.sandbox()) | AT_ONCE
    for path in ("/api/v1/query", "/api/v1/query/stream"):
        refused = played.http.post(path, json={"query": "What is mate?"}, headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "NOT_RECORDED")
    with connect(f"{played.ws_url}/api/v1/query/ws", additional_headers=headers) as socket:
        socket.send(json.dumps({"query": "What is mate?"}))
        told = json.loads(socket.recv(5))
    assert told["type"] == "error"
    assert "replay:what-is-tea" in told["error"]


def test_its_name_plays_it_for_everybody_and_the_list_of_models_has_the_names(played) -> None:
    body = chat("Anything at all") | {"model": "replay:what-is-tea"}
    answer = played.http.post("/v1/chat/completions", json=body, headers=AT_ONCE).json()
    assert (answer["model"], answer["choices"][0]["message"]["content"]) == ("replay:what-is-tea", "Tea is good")
    shown = {one["id"]: one["owned_by"] for one in played.http.get("/v1/models").json()["data"]}
    assert {name for name in shown if name.startswith("replay:")} == {
        "replay:and-coffee", "replay:anybody-there", "replay:is-there-sencha", "replay:what-is-tea",
    }  # fmt: skip
    assert (shown["replay:what-is-tea"], shown["gpt-4o-mini"], shown["script"]) == (
        "wirelab-replay", "wirelab-replay", "wirelab-script",
    )  # fmt: skip
    metrics = played.http.get("/metrics").text
    assert 'model="replay:*"' in metrics
    assert "replay:what-is-tea" not in metrics


def test_a_job_is_recorded_too_and_the_mock_when_it_is_asked_for(
    upstream: Upstream, start_server, tmp_path: Path
) -> None:
    flags = ("--provider", "vllm", "--provider-url", upstream.url, "--record", str(tmp_path))
    live = start_server(*flags, "--record-mock", "--time-scale", "0")
    headers = bearer(live.sandbox(seed=4711))
    job = live.http.post("/api/v1/infer", json={"prompt": TEA}, headers=headers).json()["request_id"]
    assert "Tea" in live.http.get(f"/api/v1/stream/{job}", headers=headers).text
    script = {"model": "script", "messages": [{"role": "user", "content": "Green| tea"}], "stream": True}
    live.http.post("/v1/chat/completions", json=script, headers=headers)
    live.await_quiet()
    about, *events = lines(tmp_path / "green-tea.jsonl")
    assert (about["provider"], [event.get("text") for event in events[1:3]]) == ("script", ["Green", " tea"])
    about, *events = lines(tmp_path / "what-is-tea.jsonl")
    assert (about["provider"], events[-1]["prompt_tokens"]) == ("vllm", 11)
    assert all(set(told) <= ALLOWED for told in (about, *events)), "nothing of the sandbox, its seed for one"
