"""Seed 001 as written: its curl lines through a shell (the port apart), and its stream format field by field."""

import json
import shlex
import shutil
import subprocess

import pytest

ASK_STREAMING = r"""
curl -X POST "http://localhost:8001/api/v1/query/stream" \
  -H "Content-Type: application/json" \
  -d '{"query": "What is artificial intelligence?", "model": "gpt-4o-mini"}' \
  --no-buffer
"""
ASK_WHOLE = r"""
curl -X POST "http://localhost:8001/api/v1/query" \
  -H "Content-Type: application/json" \
  -d '{"query": "Hello, how are you?", "model": "gpt-4o-mini"}'
"""
FIELDS = {
    "start": {"type": str, "model": str, "timestamp": float},
    "content": {"type": str, "chunk": str, "accumulated_length": int},
    "end": {
        "type": str,
        "full_response": str,
        "model_used": str,
        "tokens_used": int,
        "processing_time": float,
        "finish_reason": str,
    },
    "error": {"type": str, "error": str, "timestamp": str},
}


def curl(command: str, port: int, *more: str) -> bytes:
    """Run the seed's own line; only the port, and what `more` adds, differ."""
    if shutil.which("curl") is None:
        pytest.skip("this machine has no curl")
    words = shlex.split(command.replace("\\\n", " ").replace(":8001", f":{port}"))
    done = subprocess.run([*words, "--silent", "--show-error", *more], capture_output=True, timeout=20, check=True)
    return done.stdout


def messages_in(stream: bytes) -> list[dict]:
    *events, end = stream.decode().split("\n\n")
    assert end == "", "every event ends with a blank line"
    assert events[-1] == "data: [DONE]"
    assert all(event.startswith("data: ") and "\n" not in event for event in events)
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]


def check(message: dict) -> None:
    """The fields of the seed's "Stream Response Format", in its order, with its types, and no other."""
    assert {name: type(value) for name, value in message.items()} == FIELDS[message["type"]]
    assert list(message) == list(FIELDS[message["type"]])


def test_the_streaming_curl_line_gets_the_documented_messages(server) -> None:
    told = messages_in(curl(ASK_STREAMING, server.port, "-H", "x-lab-pace: ttft=0;tps=100000"))
    assert [message["type"] for message in told] == ["start", *["content"] * (len(told) - 2), "end"]
    for message in told:
        check(message)
    start, *contents, end = told
    assert start["model"] == end["model_used"] == "gpt-4o-mini"
    assert "".join(message["chunk"] for message in contents) == end["full_response"]
    assert end["finish_reason"] == "stop"
    assert end["tokens_used"] > len(contents)
    assert end["processing_time"] > 0
    length = 0
    for message in contents:
        length += len(message["chunk"])
        assert message["accumulated_length"] == length
    assert "intelligen" in end["full_response"].lower(), "the answer is about what was asked"


def test_the_plain_curl_line_gets_the_whole_answer(server) -> None:
    answer = json.loads(curl(ASK_WHOLE, server.port, "-H", "x-lab-pace: ttft=0;tps=100000"))
    assert {name: type(value) for name, value in answer.items()} == {
        "response": str,
        "model_used": str,
        "tokens_used": int,
        "processing_time": float,
        "finish_reason": str,
    }
    assert answer["model_used"] == "gpt-4o-mini"
    assert len(answer["response"]) > 20


def test_the_two_lines_together_with_a_key_agree_in_one_sandbox(server) -> None:
    ask = ASK_STREAMING.replace("/stream", "").replace("--no-buffer", "")
    pace = ("-H", "x-lab-pace: ttft=0;tps=100000")
    streamed = messages_in(curl(ASK_STREAMING, server.port, *pace, "-H", f"X-API-Key: {server.sandbox()}"))[-1]
    whole = json.loads(curl(ask, server.port, *pace, "-H", f"X-API-Key: {server.sandbox()}"))
    assert streamed["full_response"] == whole["response"]
    assert streamed["tokens_used"] == whole["tokens_used"]


def test_curl_sees_the_words_come_one_after_the_other(server) -> None:
    key = server.sandbox()
    curl(ASK_STREAMING, server.port, "-H", f"X-API-Key: {key}", "-H", "x-lab-pace: ttft=0.1;tps=200;jitter=0")
    record = server.last(key)
    times = [at for at, _ in record["response"]]
    assert times[-1] - times[0] > 0.1 + 0.5 * record["produced"] / 200
    assert len(set(times)) > 10


def test_an_error_message_has_the_documented_fields(server) -> None:
    told = messages_in(
        curl(ASK_STREAMING, server.port, "-H", "x-lab-fault: late_error;after=2", "-H", "x-lab-pace: ttft=0")
    )
    assert [message["type"] for message in told] == ["start", "content", "content", "error"]
    check(told[-1])
    assert told[-1]["timestamp"] == "error"


def test_the_seeds_defaults_hold_when_a_client_says_only_its_query(server) -> None:
    answer = server.http.post("/api/v1/query", json={"query": "Hello"}, headers={"x-lab-pace": "ttft=0;tps=100000"})
    assert answer.json()["model_used"] == "gpt-4o-mini"


def test_health_says_what_seed_004_says(server) -> None:
    assert server.http.get("/health").json() == {"status": "healthy", "service": "web-api"}


def test_the_index_lists_every_route_with_what_it_does(server) -> None:
    page = server.http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path in ("/api/v1/query", "/api/v1/query/stream", "/api/v1/query/ws", "/v1/chat/completions", "/lab/journal"):
        assert f"<code>{path}</code>" in page.text
    assert "<td></td>" not in page.text, "every route says what it does"
