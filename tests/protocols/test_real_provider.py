"""Every dialect streams from a real provider, here a fake one over real sockets that is none of ours."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
import pytest
from upstream import HOLD, Answer, Upstream, chunk, event, refuses, says
from websockets.sync.client import connect

KEY = "sk-operator-0123456789abcdef"
ASKED = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is tea?"}]}
STREAMED = {**ASKED, "stream": True}


@pytest.fixture(scope="module")
def real(there: Upstream, start_for_all) -> Iterator[Any]:
    """A server for many whose real provider is `upstream`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        yield start_for_all("--provider", "openai", "--provider-url", there.url, "--provider-seconds", "5")


def bearer(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def data(text: str) -> list:
    lines = (line.removeprefix("data: ") for line in text.splitlines() if line.startswith("data: "))
    return [line if line == "[DONE]" else json.loads(line) for line in lines]


def test_the_sdk_streams_from_it_and_waits_for_it(real, upstream: Upstream) -> None:
    client = openai.OpenAI(base_url=f"{real.url}/v1", api_key=real.sandbox(), max_retries=0)
    with client.chat.completions.create(**STREAMED, stream_options={"include_usage": True}) as chunks:
        seen = list(chunks)
    assert [one.choices[0].delta.content for one in seen if one.choices] == ["", "Tea", " is", " good", None]
    assert seen[-1].usage.total_tokens == 14
    whole = client.chat.completions.create(**ASKED)
    assert (whole.choices[0].message.content, whole.usage.total_tokens) == ("Tea is good", 14)
    assert [asked.headers["authorization"] for asked in upstream.chats] == [f"Bearer {KEY}"] * 2


def test_the_query_dialect_streams_from_it_on_all_three_routes(real, upstream: Upstream) -> None:
    key, query = real.sandbox(), {"query": "What is tea?"}
    assert real.http.post("/api/v1/query", json=query, headers=bearer(key)).json()["response"] == "Tea is good"
    streamed = real.http.post("/api/v1/query/stream", json=query, headers=bearer(key))
    assert [one["chunk"] for one in data(streamed.text)[1:-2]] == ["Tea", " is", " good"]
    with connect(f"{real.ws_url}/api/v1/query/ws?key={key}") as socket:
        socket.send(json.dumps(query))
        kinds = [json.loads(socket.recv(5)) for _ in range(5)]
    assert (kinds[-1]["full_response"], kinds[-1]["tokens_used"]) == ("Tea is good", 14)


def test_the_chat_socket_and_both_versions_answer_with_its_words(real) -> None:
    key = real.sandbox()
    with connect(f"{real.ws_url}/?key={key}") as socket:
        socket.send(json.dumps({"type": "message", "content": "What is tea?"}))
        assert json.loads(socket.recv(5)) == {"type": "message", "content": "Tea is good"}
    v1 = real.http.post("/api/v1/generate", params={"prompt": "tea"}, headers=bearer(key))
    assert v1.json() == {"text": "Tea is good"}
    v2 = real.http.post("/api/v2/generate", json={"prompt": "tea", "stream": True}, headers=bearer(key))
    assert [one["text"] for one in data(v2.text)[:3]] == ["Tea", " is", " good"]


def test_the_mock_stays_beside_it(real, upstream: Upstream) -> None:
    script = {"model": "script", "messages": [{"role": "user", "content": "Green| tea"}]}
    answer = real.http.post("/v1/chat/completions", json=script, headers=bearer(real.sandbox()))
    assert answer.json()["choices"][0]["message"]["content"] == "Green tea"
    small = {**ASKED, "model": "tea-small"}
    assert real.http.post("/v1/chat/completions", json=small, headers=bearer(real.sandbox())).status_code == 200
    assert upstream.chats == []


def test_the_open_sandbox_of_a_shared_server_never_reaches_it(real, upstream: Upstream) -> None:
    assert real.http.post("/v1/chat/completions", json=ASKED).status_code == 200
    refused = real.http.post("/v1/chat/completions", json={**ASKED, "model": "openai/gpt-4o"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert "POST /lab/sandboxes" in refused.json()["error"]["message"]
    assert upstream.seen == []


def test_its_models_are_listed_for_those_who_may_ask_it(real) -> None:
    def names(key: str | None) -> set[str]:
        return {one["id"] for one in real.http.get("/v1/models", headers=bearer(key)).json()["data"]}

    key = real.sandbox()
    assert {"openai/gpt-4o-mini", "openai/served-model", "tea-small", "script"} <= names(key)
    assert not [name for name in names(None) if "/" in name]
    one = real.http.get("/v1/models/openai/served-model", headers=bearer(key)).json()
    assert one["owned_by"] == "wirelab-openai"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", STREAMED),
        ("/v1/chat/completions", ASKED),
        ("/api/v1/query", {"query": "tea"}),
        ("/api/v1/query/stream", {"query": "tea"}),
        ("/api/v2/generate", {"prompt": "tea", "stream": True}),
    ],
)
def test_a_refusal_before_the_first_word_has_its_status_in_every_dialect(
    real, upstream: Upstream, path: str, body: dict
) -> None:
    upstream.answers.extend([refuses(429, "slow", retry_after="7"), refuses(401, f"bad key {KEY}")])
    key = real.sandbox()
    limited = real.http.post(path, json=body, headers=bearer(key))
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    refused = real.http.post(path, json=body, headers=bearer(key))
    assert refused.status_code == 502, "it is not the learner's key, so no 401"
    error = refused.json()["error"]
    assert "the operator must set OPENAI_API_KEY" in error["message"]
    assert set(error) == ({"message", "type", "param", "code"} if path.startswith("/v1") else {*RESTS})


RESTS = ("code", "message", "details")


def test_a_failure_in_the_middle_is_an_error_event_of_the_dialect(real, upstream: Upstream) -> None:
    upstream.answers.extend([Answer([chunk({"content": "Tea"}), event({"error": {"message": "overloaded"}})])] * 2)
    key = real.sandbox()
    client = openai.OpenAI(base_url=f"{real.url}/v1", api_key=key, max_retries=0)
    heard: list = []
    with pytest.raises(openai.APIError) as caught, client.chat.completions.create(**STREAMED) as chunks:
        heard.extend(one.choices[0].delta.content for one in chunks)
    assert heard == ["", "Tea"]
    assert caught.value.type == "server_error"
    streamed = real.http.post("/api/v1/query/stream", json={"query": "tea"}, headers=bearer(key))
    assert data(streamed.text)[-2]["error"] == "OpenAI is overloaded. Ask again in a moment."


@pytest.mark.parametrize("held_at", [0, 1])
@pytest.mark.parametrize("body", [STREAMED, ASKED], ids=["streamed", "whole"])
def test_a_client_that_leaves_closes_the_call_upstream(real, upstream: Upstream, body: dict, held_at: int) -> None:
    upstream.answers.append(Answer([*[chunk({"content": "Tea"})][:held_at], HOLD]))
    with real.dial() as wire:
        wire.send(real.request("POST", "/v1/chat/completions", body, key=real.sandbox()))
        asked = upstream.asked()
        if held_at and body is STREAMED:
            wire.until(b"Tea")
        assert not asked.left.is_set()
    assert asked.left.wait(5), "the provider still writes for nobody"
    real.await_quiet()


async def test_more_answers_than_a_sandbox_may_have_at_once_wait_for_their_turn(
    upstream: Upstream, start_server
) -> None:
    live = start_server("--provider", "ollama", "--provider-url", upstream.url, "--provider-at-once", "2")
    held = says("Tea")
    held.pieces.insert(2, HOLD)
    upstream.answers.extend([held] * 3)
    key = live.sandbox()
    async with httpx2.AsyncClient(base_url=live.url, headers=bearer(key), timeout=10) as client:
        asking = [asyncio.create_task(client.post("/v1/chat/completions", json=ASKED)) for _ in range(3)]
        await asyncio.to_thread(upstream.asked, 2)
        other = await client.post("/api/v1/query", json={"query": "tea", "model": "tea-small"})
        assert other.status_code == 200, "by now the third would have come, and the mock waits for nobody"
        assert len(upstream.chats) == 2
        upstream.release()
        answers = await asyncio.gather(*asking)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(upstream.chats) == 3


def test_a_spent_budget_is_said_in_openais_words(upstream: Upstream, start_server) -> None:
    live = start_server("--provider", "ollama", "--provider-url", upstream.url, "--provider-budget-tokens", "14")
    client = openai.OpenAI(base_url=f"{live.url}/v1", api_key=live.sandbox(), max_retries=0)
    client.chat.completions.create(**ASKED)
    other = openai.OpenAI(base_url=f"{live.url}/v1", api_key=live.sandbox(), max_retries=0)
    with pytest.raises(openai.RateLimitError) as caught:
        other.chat.completions.create(**STREAMED)
    assert (caught.value.code, len(upstream.chats)) == ("insufficient_quota", 1)
    assert other.chat.completions.create(**{**ASKED, "model": "tea-small"}).choices


def test_the_key_stands_in_no_log_no_journal_no_metric_and_no_error(
    upstream: Upstream, start_server, monkeypatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_LOG", "debug")
    flags = ("--provider", "openai", "--provider-url", upstream.url, "--log-level", "debug", "--solo")
    live = start_server(*flags)
    upstream.answers.extend([says("Tea"), refuses(401, f"bad {KEY}"), refuses(400, f"odd {KEY}"), refuses(500, KEY)])
    key = live.sandbox()
    said = [live.http.post("/v1/chat/completions", json=ASKED, headers=bearer(key)).text for _ in range(4)]
    said += [live.http.get("/lab/journal", headers=bearer(key)).text, live.http.get("/metrics").text]
    said += [live.http.get("/lab").text]
    live.stop()
    said += [live.complaints()]
    assert len(upstream.chats) == 4
    assert all("operator-0123" not in text for text in said)


def test_names_that_anybody_may_make_up_share_one_metric(real, upstream: Upstream) -> None:
    key = real.sandbox()
    for name in ("openai/one", "openai/two"):
        real.http.post("/v1/chat/completions", json={**ASKED, "model": name}, headers=bearer(key))
    metrics = real.http.get("/metrics").text
    assert 'model="openai/*"' in metrics
    assert "openai/one" not in metrics


def test_another_lab_server_can_be_the_provider(server, start_server) -> None:
    live = start_server("--provider", "vllm", "--provider-url", f"{server.url}/v1", "--provider-model", "tea-small")
    asked = {**ASKED, "temperature": 0, "stream": True}
    ours = server.http.post("/v1/chat/completions", json={**asked, "model": "tea-small"}).text
    theirs = live.http.post("/v1/chat/completions", json=asked, headers=bearer(live.sandbox())).text

    def words(text: str) -> list[str]:
        return [one["choices"][0]["delta"].get("content") for one in data(text)[:-1]]

    assert words(theirs) == words(ours), theirs
    assert len(words(ours)) > 5


def test_a_server_without_its_providers_key_does_not_start(start_server, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(AssertionError, match="Set OPENAI_API_KEY in the environment"):
        start_server("--provider", "openai")
    with pytest.raises(AssertionError, match=r"There is no provider 'tea'\. There are: openai, gemini"):
        start_server("--provider", "tea")
