"""A real provider over real sockets, without our server around it: events, names, bills, and what goes wrong."""

import asyncio
from contextlib import aclosing

import pytest
from upstream import DONE, HOLD, Answer, Upstream, chunk, event, refuses, says

from labserver.errors import LabError
from labserver.events import ChatRequest, End, Message, Start, StreamEvent, Text, ToolCall, Usage
from labserver.providers.presets import PRESETS
from labserver.providers.remote import Remote

KEY = "sk-operator-0123456789abcdef"


def remote(upstream: Upstream, preset: str = "openai", **how) -> Remote:
    return Remote(PRESETS[preset], url=upstream.url, key=KEY, **how)


def asking(model: str = "gpt-4o-mini", **how) -> ChatRequest:
    return ChatRequest((Message("user", "What is tea?"),), model, **how)


async def told(provider: Remote, request: ChatRequest | None = None) -> list[StreamEvent]:
    try:
        async with aclosing(provider.stream(request or asking())) as events:
            return [one async for one in events]
    finally:
        await provider.close()


async def refused(provider: Remote, request: ChatRequest | None = None) -> LabError:
    with pytest.raises(LabError) as caught:
        await told(provider, request)
    return caught.value


async def test_its_chunks_become_our_events_and_its_bill_is_ours(upstream: Upstream) -> None:
    *events, bill = await told(remote(upstream))
    assert events == [Start("gpt-4o-mini"), Text("Tea"), Text(" is"), Text(" good"), End("stop")]
    assert isinstance(bill, Usage)
    assert (bill.prompt_tokens, bill.completion_tokens) == (11, 3)
    asked = upstream.asked()
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.body == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is tea?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 1.0,
    }


@pytest.mark.parametrize(
    ("preset", "asked", "sent"),
    [
        ("ollama", "gpt-4o", "llama3.2"),
        ("ollama", "ollama/qwen3:8b", "qwen3:8b"),
        ("openrouter", "openrouter/meta/llama", "meta/llama"),
        ("vllm", "gpt-4o-mini", "served-model"),
    ],
)
async def test_usual_names_mean_the_default_and_named_models_pass_through(
    upstream: Upstream, preset: str, asked: str, sent: str
) -> None:
    events = await told(remote(upstream, preset), asking(asked))
    assert events[0] == Start(asked)
    assert upstream.asked().body["model"] == sent


async def test_its_models_are_listed_under_its_name(upstream: Upstream) -> None:
    provider = remote(upstream, "ollama")
    upstream.models = ["one", "two"]
    assert await provider.listed() == ("ollama/one", "ollama/two")
    assert await provider.listed() == ("ollama/one", "ollama/two")
    assert len(upstream.seen) == 1, "it is believed for a minute"
    await provider.close()


async def test_nobody_elses_variables_reach_another_provider(upstream: Upstream, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-tea")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody-elses-0123456789")
    await told(Remote(PRESETS["ollama"], url=upstream.url))
    headers = upstream.asked().headers
    assert "openai-organization" not in headers
    assert "authorization" not in headers, "there is no key, so none is sent"
    assert "somebody" not in str(headers)


@pytest.mark.parametrize(
    ("answer", "status", "code", "words"),
    [
        (refuses(401, f"Incorrect API key: {KEY}"), 502, "PROVIDER_REFUSED", "the operator must set OPENAI_API_KEY"),
        (refuses(403, "no"), 502, "PROVIDER_REFUSED", "not your key"),
        (refuses(429, "You exceeded your current quota", "insufficient_quota"), 502, "PROVIDER_REFUSED", "no credit"),
        (refuses(429, "slow down", retry_after="7"), 429, "RATE_LIMITED", "in 7 s"),
        (refuses(400, "API key not valid. Pass a valid one."), 502, "PROVIDER_REFUSED", "must set OPENAI_API_KEY"),
        (refuses(400, "too long", "context_length_exceeded"), 400, "CONTEXT_LENGTH_EXCEEDED", "Send less"),
        (refuses(400, "blocked", "content_filter"), 400, "CONTENT_FILTERED", "Ask in other words"),
        (refuses(404, "no such model"), 404, "MODEL_NOT_FOUND", "has no model `gpt-4o-mini`"),
        (refuses(400, "tea/9 is not a valid model ID"), 404, "MODEL_NOT_FOUND", "--provider-model"),
        (refuses(400, f"bad temperature, said {KEY}"), 400, "INVALID_REQUEST", "bad temperature"),
        (refuses(503, "overloaded", retry_after="3"), 503, "PIPELINE_UNAVAILABLE", "is overloaded"),
        (refuses(500, "oops"), 502, "PROVIDER_FAILED", "failed (500)"),
        (refuses(307, "there", location="http://127.0.0.1:9/v1"), 502, "PROVIDER_FAILED", "failed (307)"),
        (Answer([chunk({"content": "Tea"})]), 502, "PROVIDER_FAILED", "broke off"),
        (Answer([chunk({"content": "Tea"})], whole=False), 502, "PROVIDER_FAILED", "connection to OpenAI broke"),
        (Answer([chunk({"content": "Tea"}), event("{tea")]), 502, "PROVIDER_FAILED", "OpenAI's format"),
        (Answer([event([1])]), 502, "PROVIDER_FAILED", "OpenAI's format"),
        (Answer([event({"choices": [{"delta": 5}]})]), 502, "PROVIDER_FAILED", "no chunk"),
        (Answer([event({"error": {"message": "Overloaded"}})]), 503, "PIPELINE_UNAVAILABLE", "is overloaded"),
        (Answer([b"<html>"], headers={"content-type": "text/html"}), 502, "PROVIDER_FAILED", "broke off"),
        (Answer([chunk({"content": "Tea"}), HOLD]), 504, "PROVIDER_TIMEOUT", "said nothing for 0.3 s"),
        (Answer([HOLD]), 504, "PROVIDER_TIMEOUT", "--provider-seconds"),
    ],
)
async def test_what_goes_wrong_is_told_with_whose_it_is_and_never_with_the_key(
    upstream: Upstream, answer: Answer, status: int, code: str, words: str
) -> None:
    upstream.answers.append(answer)
    error = await refused(remote(upstream, seconds=0.3))
    assert (error.status, error.code) == (status, code)
    assert words in error.message
    assert "operator-0123" not in error.message
    assert len(upstream.chats) == 1, "nothing is tried again"


async def test_a_wait_that_the_provider_wants_is_passed_on(upstream: Upstream) -> None:
    upstream.answers.append(refuses(429, "slow", retry_after_ms="1500", retry_after="9"))
    assert (await refused(remote(upstream))).retry_after == 1.5


async def test_a_local_server_that_is_not_running_is_told_how_to_start(upstream: Upstream) -> None:
    url = upstream.url.replace(upstream.url.rsplit(":", 1)[1], "9/v1")
    error = await refused(Remote(PRESETS["ollama"], url=url))
    assert error.status == 502
    assert "Is Ollama running? Start it: ollama serve" in error.message


async def test_tool_calls_are_told_name_first_though_others_number_them_all_zero(upstream: Upstream) -> None:
    def call(call_id: str, name: str, arguments: str) -> bytes:
        function = {"name": name, "arguments": arguments}
        return chunk({"tool_calls": [{"index": 0, "id": call_id, "type": "function", "function": function}]})

    piece = {"tool_calls": [{"index": 0, "function": {"arguments": " 7}"}}]}
    upstream.answers.append(
        Answer([call("a", "cup", '{"n":'), chunk(piece), call("b", "pot", "{}"), chunk({}, "stop")])
    )
    events = await told(remote(upstream))
    assert events[1:-1] == [
        ToolCall(name="cup"),
        ToolCall(arguments='{"n":'),
        ToolCall(arguments=" 7}"),
        ToolCall(name="pot", call=1),
        ToolCall(arguments="{}", call=1),
        End("tool_calls"),
    ]
    assert isinstance(events[-1], Usage)
    assert events[-1].completion_tokens > 0, "without its bill we count ourselves"


async def test_who_leaves_closes_the_connection_and_pays_for_what_was_said(upstream: Upstream) -> None:
    upstream.answers.append(Answer([chunk({"content": "Tea"}), HOLD, DONE]))
    provider = remote(upstream)
    async with aclosing(provider.stream(asking())) as events:
        assert [await anext(events), await anext(events)] == [Start("gpt-4o-mini"), Text("Tea")]
    assert await asyncio.to_thread(upstream.asked().left.wait, 5)
    assert provider.budget.spent > 1
    await provider.close()


async def test_a_spent_budget_asks_nobody(upstream: Upstream) -> None:
    provider = remote(upstream, budget=10)
    upstream.answers.append(says("Tea"))
    async with aclosing(provider.stream(asking())) as events:
        assert [type(one) async for one in events][-1] is Usage
    error = await refused(provider)
    assert (error.status, error.code, error.details) == (429, "BUDGET_SPENT", {"budget": 10, "spent": 14})
    assert "--provider-budget-tokens" in error.message
    assert len(upstream.chats) == 1
