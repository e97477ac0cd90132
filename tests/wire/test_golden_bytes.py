"""The exact bytes that each dialect puts on the wire, kept beside this file.

Each file is one answer of a fresh sandbox of seed 7, status line and chunk sizes included; only the Date is blotted
out, and the moment at which the rate limit's window ends, once it has been held against the clock. When a change to the
wire is meant, write them anew with `pytest tests/wire --update-golden` and read the diff.
"""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from websockets.sync.client import connect

HERE = Path(__file__).parent
SCRIPT = "Green| tea| is| good| 🍵|."
NO_WAIT = "ttft=0;tps=10000;jitter=0"
MESSAGES = [{"role": "user", "content": SCRIPT}]
QUERY = {"query": SCRIPT, "model": "script"}
DATE = re.compile(rb"(\r\ndate: )[^\r]+", re.IGNORECASE)
RESET = re.compile(rb"(?<=\r\nx-ratelimit-reset: )\d+")
TOOK = re.compile(rb"(?<=\r\nopenai-processing-ms: )\d+")
WINDOW = 60  # seconds, of a standard sandbox


def answer_of(path: str, body: dict[str, object]) -> Callable[..., bytes]:
    def ask(server) -> bytes:
        with server.dial() as wire:
            request = server.request("POST", path, body, server.sandbox(seed=7), x_lab_pace=NO_WAIT)
            began = time.time()
            wire.send(request)
            answer = wire.answer()
        for reset in RESET.findall(answer):
            assert began + WINDOW <= int(reset) <= time.time() + WINDOW + 1, "the window began with this request"
        for took in TOOK.findall(answer):
            assert int(took) <= (time.time() - began) * 1000, "it took no longer than its client waited"
        answer = TOOK.sub(b"(what it took)", answer)
        return RESET.sub(b"(a minute after it was sent)", DATE.sub(rb"\1(when it was sent)", answer))

    return ask


def messages_of_a_websocket(server) -> bytes:
    """Two answers on one socket, one message a line."""
    headers = {"authorization": f"Bearer {server.sandbox(seed=7)}", "x-lab-pace": NO_WAIT}
    said = []
    with connect(f"{server.ws_url}/api/v1/query/ws", additional_headers=headers, proxy=None) as client:
        for _ in range(2):
            client.send(json.dumps(QUERY))
            said.append(client.recv(timeout=5))
            while json.loads(said[-1])["type"] != "end":
                said.append(client.recv(timeout=5))
    return "".join(f"{line}\n" for line in said).encode()


def messages_of_a_realtime_session(server) -> bytes:
    """One response of a session, up to its end: what follows tells of a limit in real time."""
    headers = {"authorization": f"Bearer {server.sandbox(seed=7)}", "x-lab-pace": NO_WAIT}
    content = [{"type": "input_text", "text": SCRIPT}]
    item = {"type": "message", "role": "user", "content": content}
    said = []
    with connect(f"{server.ws_url}/v1/realtime?model=script", additional_headers=headers, proxy=None) as client:
        client.send(json.dumps({"type": "conversation.item.create", "item": item}))
        client.send(json.dumps({"type": "response.create"}))
        while not said or json.loads(said[-1])["type"] != "response.done":
            said.append(client.recv(timeout=5))
    return "".join(f"{line}\n" for line in said).encode()


GOLDEN: dict[str, Callable[..., bytes]] = {
    "chat_stream.bin": answer_of(
        "/v1/chat/completions",
        {"model": "script", "messages": MESSAGES, "stream": True, "stream_options": {"include_usage": True}},
    ),
    "chat_whole.bin": answer_of("/v1/chat/completions", {"model": "script", "messages": MESSAGES}),
    "responses_stream.bin": answer_of("/v1/responses", {"model": "script", "input": SCRIPT, "stream": True}),
    "responses_whole.bin": answer_of("/v1/responses", {"model": "script", "input": SCRIPT}),
    "query_stream.bin": answer_of("/api/v1/query/stream", QUERY),
    "query_whole.bin": answer_of("/api/v1/query", QUERY),
    "query_ws.jsonl": messages_of_a_websocket,
    "realtime_ws.jsonl": messages_of_a_realtime_session,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_wire_carries_exactly_the_golden_bytes(server, updating: bool, name: str) -> None:
    sent, golden = GOLDEN[name](server), HERE / name
    if updating:
        golden.write_bytes(sent)
    assert sent.splitlines(keepends=True) == golden.read_bytes().splitlines(keepends=True)


def test_no_golden_file_is_left_without_its_test() -> None:
    assert {path.name for path in HERE.iterdir() if path.suffix in (".bin", ".jsonl")} == set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_file_holds_no_key_and_no_date(name: str) -> None:
    raw = (HERE / name).read_bytes()
    assert b"lab-" not in raw
    assert not re.search(rb"\d\d:\d\d:\d\d", raw)
    assert "🍵".encode() in raw, "text leaves as UTF-8, not as an escape"
