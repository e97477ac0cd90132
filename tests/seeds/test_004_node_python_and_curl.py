"""Seed 004's clients against the lab server: its curl lines through a shell, its Python, its JavaScript in Node."""

import json
import re

import pytest
from programs import node, python, shell

FIELDS = ["request_id", "session_id", "status", "result", "error"]
EXAMPLE_ID = "550e8400-e29b-41d4-a716-446655440000"


def submitted(door) -> str:
    """The id of a job of this sandbox; on the server that never waits it is over at once."""
    return door.server.http.post("/api/v1/infer", json={"prompt": "Hello"}, headers=door.owner).json()["request_id"]


def accepted(answer: str) -> None:
    assert list(json.loads(answer)) == FIELDS
    assert json.loads(answer)["status"] == "processing"


@pytest.mark.seed("004_091_submit.sh")
def test_the_curl_line_submits_a_job_with_metadata(snippet, door) -> None:
    accepted(shell(snippet.as_written(door.url)).stdout)
    [record] = door.journal()
    assert record.answered.startswith(b"HTTP/1.1 200 OK")
    assert b'"user_id": "alice"' in record.asked


@pytest.mark.seed("004_025_submit.ps1", ("infer `\n", "infer \\\n"), ('json" `\n', 'json" \\\n'))
def test_the_powershell_line_submits_in_a_posix_shell_once_its_backticks_are_backslashes(snippet, door) -> None:
    cut_off = shell(snippet.as_written(door.url))
    assert "not found" in cut_off.stderr, "a shell runs what stands between backticks as a command"
    [record] = door.journal()
    assert b"What is Rust" not in record.asked
    assert record.answered.startswith(b"HTTP/1.1 4")
    accepted(shell(snippet.corrected(door.url)).stdout)


@pytest.mark.seed("004_044_result.ps1", ("{request_id}", "$REQUEST_ID"))
def test_the_result_line_needs_an_id_in_place_of_its_braces(snippet, door) -> None:
    shell(snippet.as_written(door.url))
    assert door.asked() == ["GET /api/v1/result/request_id"], "curl takes braces for a list of one"
    done = shell(f"REQUEST_ID={submitted(door)}\n{snippet.corrected(door.url)}")
    assert json.loads(done.stdout)["status"] == "completed"


@pytest.mark.seed("004_125_status.sh", (EXAMPLE_ID, "$REQUEST_ID"))
def test_the_status_line_finds_no_job_of_that_id_and_ones_own(snippet, door) -> None:
    missing = json.loads(shell(snippet.as_written(door.url)).stdout)
    assert missing["error"]["code"] == "NOT_FOUND"
    found = json.loads(shell(f"REQUEST_ID={submitted(door)}\n{snippet.corrected(door.url)}").stdout)
    assert list(found) == FIELDS
    assert found["status"] == "completed"


@pytest.mark.seed("004_153_result.sh", (EXAMPLE_ID, "$REQUEST_ID"))
def test_the_result_line_finds_no_job_of_that_id_and_ones_own(snippet, door) -> None:
    missing = json.loads(shell(snippet.as_written(door.url)).stdout)
    assert missing["error"]["code"] == "NOT_FOUND"
    found = json.loads(shell(f"REQUEST_ID={submitted(door)}\n{snippet.corrected(door.url)}").stdout)
    assert list(found) == FIELDS
    assert len(found["result"]) > 10


@pytest.mark.seed("004_172_health.sh")
def test_the_health_line_is_answered_as_documented(snippet, door) -> None:
    assert json.loads(shell(snippet.as_written(door.url)).stdout) == {"status": "healthy", "service": "web-api"}


@pytest.mark.seed("004_349_events.sh")
def test_the_two_curl_steps_stream_the_answer(snippet, door) -> None:
    *events, end = shell(snippet.as_written(door.url)).stdout.split("\n\n")
    assert end == ""
    names = [event.split("\n")[0] for event in events]
    assert names == ["event: start", *["event: token"] * (len(events) - 2), "event: complete"]
    data = [json.loads(event.split("\ndata: ")[1]) for event in events]
    assert list(data[0]) == ["request_id"]
    assert [one["chunk"] for one in data[1:-1]] == list(range(len(events) - 2))
    assert data[-1] == {"status": "done"}
    assert [event.split("\n")[1] for event in events] == [f"id: {place}" for place in range(len(events))]


@pytest.mark.seed("004_369_bearer.sh", ("<token>", "$TOKEN"))
def test_the_bearer_line_needs_a_key_in_place_of_its_token(snippet, instant, door) -> None:
    refused = json.loads(shell(snippet.as_written(instant.url)).stdout)
    assert refused["error"]["code"] == "UNAUTHORIZED"
    accepted(shell(f"TOKEN={door.key}\n{snippet.corrected(instant.url)}").stdout)
    assert door.asked() == ["POST /api/v1/infer"], "in the key's own sandbox"


@pytest.mark.seed("004_369_bearer.sh", ("<token>", "$TOKEN"))
def test_the_bearer_line_takes_a_jwt(snippet, instant, door) -> None:
    key = instant.http.post("/auth/keys", json={"name": "seed 004"}, headers=door.owner).raise_for_status().json()
    form = {"grant_type": "client_credentials"}
    issued = instant.http.post("/auth/token", data=form, auth=(key["id"], key["key"])).raise_for_status().json()
    assert issued["access_token"].count(".") == 2, "a JSON Web Token has three parts"
    accepted(shell(f"TOKEN={issued['access_token']}\n{snippet.corrected(instant.url)}").stdout)


def test_an_answer_tells_its_rate_limit_in_the_seeds_three_headers(door) -> None:
    answer = door.server.http.get("/api/v1/status/none", headers=door.owner)
    limit, remaining, reset = (int(answer.headers[f"X-RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))
    assert 0 <= remaining < limit
    assert reset > 1_600_000_000, "a moment, in seconds since 1970"


@pytest.mark.seed("004_377_api_key.sh", ("<key>", "$KEY"))
def test_the_api_key_line_needs_a_key_in_place_of_its_own(snippet, instant, door) -> None:
    refused = json.loads(shell(snippet.as_written(instant.url)).stdout)
    assert refused["error"]["code"] == "UNAUTHORIZED"
    accepted(shell(f"KEY={door.key}\n{snippet.corrected(instant.url)}").stdout)
    assert door.asked() == ["POST /api/v1/infer"], "in the key's own sandbox"


@pytest.mark.seed("004_226_socket.js")
def test_the_socket_gets_ack_and_result_in_node(snippet, door) -> None:
    """The snippet never closes its socket, so its program would never end: the last line here is ours."""
    script = snippet.as_written(door.url)
    assert "ws.close()" not in script
    done = node(script + "ws.addEventListener('message', (e) => JSON.parse(e.data).type === 'result' && ws.close());")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("Connected", "Disconnected")
    assert re.search(r"Received: \{\s*type: 'ack',\s*request_id: '[^']+',\s*status: 'processing'\s*\}", done.stdout)
    assert any(line.startswith("Result: ") and "programming language" in line for line in lines)
    assert "type: 'token'" in done.stdout, "it asked for a stream"


@pytest.mark.seed("004_425_poller.py")
def test_the_python_poller_gets_its_answer(snippet, slow_door, capsys) -> None:
    python(snippet.as_written(slow_door.url))
    waits, _, answer = capsys.readouterr().out.rpartition("Still processing...\n")
    assert waits.replace("Still processing...\n", "") == ""
    assert "programming language" in answer
    assert len(slow_door.asked()) > 2


@pytest.mark.seed("004_425_poller.py")
def test_the_python_poller_gives_up_at_the_first_503_and_sends_what_it_does_not_use(snippet, door, capsys) -> None:
    door.spoil("status;code=503", path="/api/v1/result/*")
    python(snippet.as_written(door.url))
    assert capsys.readouterr().out == "Error: 503\n"
    assert "timeout" not in snippet.written, "and it would wait without end for an answer that never comes"


# What the snippet uses of axios, which is no part of Node: a promise that fails outside 200 to 299, and `data`.
AXIOS = """{
  answered: async (sent) => {
    const response = await sent;
    const answer = { status: response.status, data: await response.json() };
    if (!response.ok) { throw Object.assign(new Error(`status ${answer.status}`), { response: answer }); }
    return answer;
  },
  get: (url) => axios.answered(fetch(url)),
  post: (url, body) => axios.answered(
    fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
  ),
}"""


@pytest.mark.seed(
    "004_461_poller.js", ("require('axios')", AXIOS), ("if (result) {", "if (result && result.status === 200) {")
)
def test_the_node_poller_takes_202_for_the_result_until_it_looks_at_the_status(snippet, slow_door) -> None:
    alone = node(snippet.as_written(slow_door.url))
    assert "Cannot find module 'axios'" in alone.stderr
    hasty = node(snippet.as_written(slow_door.url).replace("require('axios')", AXIOS), quick=True)
    assert (hasty.returncode, hasty.stdout) == (0, "null\n")
    assert [line.split("/")[3] for line in slow_door.asked()] == ["infer", "result"], "one poll, answered 202"
    patient = node(snippet.corrected(slow_door.url), quick=True)
    assert "programming language" in patient.stdout, patient.stderr
    assert len(slow_door.asked()) > 5
