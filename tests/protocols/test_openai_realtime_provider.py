"""A realtime session whose words come from a real provider, here a fake one over real sockets that is none of ours."""

from collections.abc import Iterator
from typing import Any

import pytest
from realtime import Talk, done, text
from upstream import HOLD, Answer, Upstream, chunk, refuses, says

LOOK = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}}


@pytest.fixture(scope="module")
def real(there: Upstream, start_for_all) -> Iterator[Any]:
    """A server for many whose real provider is `upstream`."""
    flags = ("--provider-url", there.url, "--provider-model", "served-model", "--provider-budget-tokens", "200")
    yield start_for_all("--provider", "ollama", *flags, "--provider-seconds", "5")


@pytest.fixture
def session(talk, real, upstream: Upstream) -> Talk:
    return talk(real.sandbox(), model="gpt-realtime", url=real.ws_url)


def test_its_words_are_streamed_and_its_bill_is_told(session: Talk, upstream: Upstream) -> None:
    session.say("session.update", session={"type": "realtime", "instructions": "Be brief."})
    response = done(session.ask("What is tea?", max_output_tokens=50))
    assert text(session.heard) == "Tea is good"
    assert (response["usage"]["input_tokens"], response["usage"]["output_tokens"]) == (11, 3)
    asked = upstream.asked().body
    assert (asked["model"], asked["stream"]) == ("served-model", True)
    assert [message["content"] for message in asked["messages"]] == ["Be brief.", "What is tea?"]
    session.ask("And coffee?")
    assert [message["role"] for message in upstream.asked(2).body["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_its_calls_are_items_and_their_outputs_go_back(session: Talk, upstream: Upstream) -> None:
    opening = {"index": 0, "id": "call_up", "type": "function", "function": {"name": "look", "arguments": ""}}
    piece = {"index": 0, "function": {"arguments": "{}"}}
    calls: list[bytes | None] = [
        chunk({"tool_calls": [opening]}),
        chunk({"tool_calls": [piece]}),
        chunk({}, "tool_calls"),
    ]
    upstream.answers.append(Answer(calls))
    [call] = done(session.ask("Look!", tools=[LOOK]))["output"]
    assert (call["name"], call["arguments"]) == ("look", "{}")
    session.put("Take your time.")
    result = {"type": "function_call_output", "call_id": call["call_id"], "output": "tea"}
    session.say("conversation.item.create", item=result)
    session.hear("conversation.item.done")
    session.respond()
    turns = upstream.asked(2).body["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "tool", "user"], "an output stands behind its call"
    assert turns[1]["tool_calls"][0]["id"] == turns[2]["tool_call_id"] == call["call_id"]


def test_cancelling_hangs_up_on_it(session: Talk, upstream: Upstream) -> None:
    upstream.answers.append(Answer([chunk({"content": "Tea"}), HOLD], whole=False))
    session.put("What is tea?")
    session.say("response.create")
    session.hear("response.output_text.delta")
    session.say("response.cancel")
    response = session.hear("response.done")["response"]
    assert (response["status"], response["output"][0]["content"][0]["text"]) == ("cancelled", "Tea")
    assert upstream.asked().left.wait(5)


def test_a_client_that_leaves_hangs_up_on_it_too(session: Talk, upstream: Upstream) -> None:
    upstream.answers.append(Answer([chunk({"content": "Tea"}), HOLD], whole=False))
    session.put("What is tea?")
    session.say("response.create")
    session.hear("response.output_text.delta")
    session.socket.close()
    assert upstream.asked().left.wait(5)


def test_its_refusal_is_a_failed_response_and_the_socket_stays_open(session: Talk, upstream: Upstream) -> None:
    upstream.answers.extend([refuses(429, "slow", retry_after="7"), refuses(401, "bad key"), says("Tea")])
    told = [done(session.ask("What is tea?"))["status_details"]["error"] for _ in range(2)]
    assert [error["code"] for error in told] == ["rate_limit_exceeded", "server_error"]
    response = done(session.respond())
    assert (response["status"], response["output"][0]["content"][0]["text"]) == ("completed", "Tea")


def test_the_open_sandbox_of_a_shared_server_is_answered_by_the_mock(talk, real, upstream: Upstream) -> None:
    session = talk("YOUR_API_KEY", model="gpt-realtime", url=real.ws_url)
    assert "tea" in text(session.ask("What is tea?")).lower()
    assert upstream.seen == []


def test_a_spent_budget_is_told_in_a_failed_response(session: Talk, upstream: Upstream) -> None:
    statuses = []
    while "failed" not in statuses and len(statuses) < 40:
        response = done(session.ask("What is tea?"))
        statuses.append(response["status"])
    assert response["status_details"]["error"]["code"] == "insufficient_quota"
    assert 0 < len(upstream.chats) < 40, "it was asked until the budget was spent, and then no more"
