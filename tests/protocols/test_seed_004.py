"""Seed 004's clients as written, the base URL apart: its Python poller, its two curl steps, its JavaScript socket."""

import json
import shutil
import subprocess
import time

import pytest
import requests

PROMPT = {"prompt": "What is Rust?", "metadata": {"user": "alice"}}
FIELDS = ["request_id", "session_id", "status", "result", "error"]

# Step 1 and step 2 of the seed's curl example.
TWO_STEPS = r"""
REQUEST_ID=$(curl -s -X POST http://localhost:8080/api/v1/infer \
  -H "Content-Type: application/json" \
  -d '{"prompt": "Hello"}' \
  | jq -r '.request_id')

curl http://localhost:8080/api/v1/stream/$REQUEST_ID
"""

SOCKET = """
const ws = new WebSocket('ws://localhost:8080/api/v1/ws');
ws.onopen = () => {
  ws.send(JSON.stringify({ prompt: "What is Rust?", metadata: { user: "alice" }, stream: true }));
};
ws.onmessage = (event) => {
  const data = JSON.parse(event.data);
  console.log('Received:', event.data);
  if (data.type === 'result') {
    console.log('Result:', data.result);
    ws.close();
  }
};
ws.onerror = (error) => { console.error('WebSocket error:', error); };
ws.onclose = () => { console.log('Disconnected'); };
"""


@pytest.fixture
def instant(start_server):
    """A server that never waits: the seed's clients send no pace of their own."""
    return start_server("--time-scale", "0")


def seeds_poller(base: str, sleep=time.sleep) -> list[str]:
    """The seed's Python loop; what it prints is returned instead."""
    printed = []
    response = requests.post(f"{base}/api/v1/infer", json={"prompt": "What is Rust?", "metadata": {"user": "alice"}})
    data = response.json()
    request_id = data["request_id"]

    while True:
        result = requests.get(f"{base}/api/v1/result/{request_id}")

        if result.status_code == 200:
            printed.append(result.json()["result"])
            break
        elif result.status_code == 202:
            printed.append("Still processing...")
            sleep(1)
        else:
            printed.append(f"Error: {result.status_code}")
            break
    return printed


def test_the_python_poller_gets_its_answer(server) -> None:
    printed = seeds_poller(server.url.replace("127.0.0.1", "localhost"))
    assert set(printed[:-1]) == {"Still processing..."}
    assert printed[-1].startswith("Rust is a programming language")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="this machine has no curl or no jq")
def test_the_two_curl_steps_stream_the_answer(instant) -> None:
    script = TWO_STEPS.replace(":8080", f":{instant.port}")
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=20, check=True)
    *events, end = done.stdout.decode().split("\n\n")
    assert end == ""
    names = [event.split("\n")[0] for event in events]
    assert names == ["event: start", *["event: token"] * (len(events) - 2), "event: complete"]
    data = [json.loads(event.split("\ndata: ")[1]) for event in events]
    assert list(data[0]) == ["request_id"]
    assert [one["chunk"] for one in data[1:-1]] == list(range(len(events) - 2))
    assert data[-1] == {"status": "done"}
    assert [event.split("\n")[1] for event in events] == [f"id: {place}" for place in range(len(events))]


@pytest.mark.skipif(shutil.which("node") is None, reason="this machine has no Node")
def test_the_javascript_socket_gets_ack_and_result(instant) -> None:
    script = SOCKET.replace(":8080", f":{instant.port}")
    node = ["node", "--experimental-websocket", "-e", script]  # Node 22 and later need no flag, and still take it
    done = subprocess.run(node, capture_output=True, timeout=20, check=False)
    if b"bad option" in done.stderr:
        pytest.skip("this Node has no WebSocket of its own (20.10 and later have)")
    assert done.returncode == 0, done.stderr.decode()
    lines = done.stdout.decode().splitlines()
    ack = json.loads(lines[0].removeprefix("Received: "))
    assert list(ack) == ["type", "request_id", "status"]
    assert (ack["type"], ack["status"]) == ("ack", "processing")
    assert any(line.startswith("Result: Rust is a programming language") for line in lines)
    assert lines[-1] == "Disconnected"


def test_the_answer_to_a_submit_has_the_seeds_fields_and_no_other(server) -> None:
    answer = server.http.post("/api/v1/infer", json=PROMPT | {"session_id": "mine", "stream": False})
    assert answer.status_code == 200
    assert list(answer.json()) == FIELDS
    assert answer.json() | {"request_id": ""} == {
        "request_id": "",
        "session_id": "mine",
        "status": "processing",
        "result": None,
        "error": None,
    }


def test_a_finished_job_reads_the_same_in_status_and_result(instant) -> None:
    request_id = instant.http.post("/api/v1/infer", json=PROMPT).json()["request_id"]
    status, result = instant.http.get(f"/api/v1/status/{request_id}"), instant.http.get(f"/api/v1/result/{request_id}")
    assert (status.status_code, result.status_code) == (200, 200)
    assert status.json() == result.json()
    assert list(status.json()) == FIELDS
    assert (status.json()["status"], status.json()["error"]) == ("completed", None)
    assert status.json()["result"].startswith("Rust is a programming language")
