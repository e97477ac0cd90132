"""`wirelab tail` as it is typed: what it tells, in which form, what it leaves out, and how it ends."""

import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from typed import Open, wirelab
from typer.testing import CliRunner

from labkit import runtime
from labkit.cli import app
from labkit.witness import Witness

pytestmark = pytest.mark.long

BODY = {"query": "What is tea?", "max_tokens": 4}
READY = "Ctrl-C ends it."


def call(witness: Witness, method: str, path: str, **options: object) -> httpx2.Response:
    headers = {"x-api-key": witness.key, **options.pop("headers", {})}  # type: ignore[dict-item]
    return httpx2.request(method, f"{witness.url}{path}", headers=headers, trust_env=False, **options)  # type: ignore[arg-type]


def test_it_tells_of_a_request_in_words_and_ctrl_c_ends_it_well(terminal: Open, sandbox: Witness) -> None:
    tail = terminal("tail", "--key", sandbox.key)
    assert "your sandbox" in tail.until(READY)
    call(sandbox, "POST", "/api/v1/query/stream", json=BODY, headers={"x-lab-pace": "ttft=0;tps=1000"})
    said = tail.until("= complete")
    assert "#1 → POST /api/v1/query/stream HTTP/1.1   request 1 on connection 1" in said
    assert "#1 ← HTTP/1.1 200 OK   content-type: text/event-stream" in said
    assert re.search(r'#1 ← piece 2, \d+ bytes: .*"content".*\+\d\.\d{3} s', said)
    assert "\x1b" not in said, "no terminal, no colour"
    assert sandbox.key not in said
    assert tail.stop() == (0, "Told of 1 exchange.\n")


def test_a_websocket_is_told_frame_by_frame(terminal: Open, sandbox: Witness) -> None:
    tail = terminal("tail", LABKIT_KEY=sandbox.key)
    tail.until(READY)
    wirelab("send", "ws", "/ws/echo", "hello", "--key", sandbox.key, "--quiet", "0.2")
    said = tail.until("= complete")
    assert "→ text frame, 11 bytes: hello" in said and "← text frame, 7 bytes: hello" in said
    assert "→ close frame 1000" in said


def test_only_what_is_asked_for(terminal: Open, sandbox: Witness) -> None:
    tail = terminal("tail", "--key", sandbox.key, "--path", "/shop/*", "--status", "4xx")
    tail.until(READY)
    for path in ("/shop/products", "/nowhere", "/shop/products/none"):
        call(sandbox, "GET", path)
    said = tail.until("= complete")
    assert "#3 → GET /shop/products/none" in said, "also what came before its status was known"
    assert not re.search(r"#[12] ", said)


def test_kind_tells_sockets_from_requests(terminal: Open, sandbox: Witness) -> None:
    tail = terminal("tail", "--key", sandbox.key, "--kind", "websocket")
    tail.until(READY)
    call(sandbox, "GET", "/shop/products")
    wirelab("send", "ws", "/ws/echo", "hello", "--key", sandbox.key, "--quiet", "0.2")
    said = tail.until("= complete")
    assert "/ws/echo" in said and "/shop" not in said


def test_json_is_one_event_a_line(terminal: Open, sandbox: Witness) -> None:
    tail = terminal("tail", "--key", sandbox.key, "--json", mixed=True)
    tail.until(READY)
    call(sandbox, "GET", "/health")
    _, *lines = tail.until('"event": "ended"').splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["opened", "head", "chunk", "ended"]
    assert {event["number"] for event in events} == {1}


def test_history_begins_with_what_is_kept(terminal: Open, sandbox: Witness) -> None:
    first = terminal("tail", "--key", sandbox.key)
    first.until(READY)  # the server keeps events from its first listener on
    call(sandbox, "GET", "/health")
    first.until("= complete")
    again, new = terminal("tail", "--key", sandbox.key, "--history"), terminal("tail", "--key", sandbox.key)
    assert "#1 → GET /health" in again.until("= complete")
    assert "#1" not in new.until(READY)


def test_a_terminal_gets_colour_unless_it_wants_none(terminal: Open, sandbox: Witness) -> None:
    coloured = terminal("tail", "--key", sandbox.key, tty=True)
    plain = terminal("tail", "--key", sandbox.key, tty=True, NO_COLOR="1")
    coloured.until(READY), plain.until(READY)
    call(sandbox, "GET", "/nowhere")
    assert re.search("\x1b\\[[0-9;]*33m← HTTP/1.1 404 Not Found", coloured.until("complete"))
    assert "← HTTP/1.1 404 Not Found" in plain.until("complete")
    assert not re.search("\x1b\\[[0-9;]*3[0-9]m", plain.said)


def test_a_hostile_answer_moves_no_cursor(terminal: Open, sandbox: Witness) -> None:
    tail = terminal("tail", "--key", sandbox.key, tty=True, NO_COLOR="1")
    tail.until(READY)
    call(sandbox, "POST", "/api/v1/query", json={"query": "say \x1b[2J\x07 please"})
    call(sandbox, "GET", "/x%1b[2J")
    said = re.sub("\x1b\\[[0-9;]*m", "", tail.until("There is nothing at"))
    assert "\x1b" not in said and "\x07" not in said


def test_the_open_sandbox_is_followed_where_no_key_is_given(terminal: Open, running: runtime.Server) -> None:
    tail = terminal("tail")
    assert "the open sandbox" in tail.until(READY)
    httpx2.get(f"{running.url}/shop/products", trust_env=False)
    assert "/health" not in tail.until("= complete"), "its own look at the server is not among it"


def test_it_ends_with_the_sandbox(terminal: Open, running: runtime.Server) -> None:
    witness = Witness.of_new_sandbox(running.url, seed=1)
    tail = terminal("tail", "--key", witness.key)
    tail.until(READY)
    witness.end()
    assert tail.process.wait(20) == 0
    assert "goodbye: the sandbox ended" in os.read(tail.end, 65536).decode()


def test_a_reader_that_leaves_is_no_trouble(sandbox: Witness) -> None:
    call(sandbox, "GET", "/health")
    piped = f"{sys.executable} -m labkit tail --key {sandbox.key} | head -1"
    with subprocess.Popen(piped, shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        for _ in range(100):
            if process.poll() is not None:
                break
            call(sandbox, "GET", "/health")
        said, complaints = process.communicate(timeout=20)
    assert len(said.splitlines()) == 1 and complaints == ""


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (["--key", "no-such-key"], "labkit.open"),
        (["--status", "teapot"], "429"),
        (["--kind", "smoke"], "http or websocket"),
        (["--url", "localhost:8001"], "http://127.0.0.1:8001"),
        (["--url", "http://127.0.0.1:1"], "wirelab status"),
    ],
)
def test_what_cannot_be_is_said_with_its_cure(running: runtime.Server, words: list[str], cure: str) -> None:
    done = CliRunner().invoke(app, ["tail", *words])
    assert (done.exit_code, done.stdout) == (1, "")
    assert cure in done.stderr and isinstance(done.exception, SystemExit)


def test_without_a_server_it_says_how_to_get_one(home: object) -> None:
    done = CliRunner().invoke(app, ["tail"])
    assert done.exit_code == 1 and "wirelab up" in done.stderr


class Flaky(BaseHTTPRequestHandler):
    """A tail that breaks after its second event; it keeps what each connection asked for."""

    asked: list[str | None]

    def do_GET(self) -> None:
        self.asked.append(self.headers["last-event-id"])
        first = int(self.headers["last-event-id"] or 0) + 1
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", "100000")
        self.end_headers()
        for number in (first, first + 1):
            self.wfile.write(f"event: reset\nid: {number}\ndata: {{}}\n\n".encode())

    def log_message(self, *_: object) -> None:
        pass


def test_a_lost_connection_is_made_again_where_it_broke(terminal: Open) -> None:
    asked: list[str | None] = []
    handler = type("Handler", (Flaky,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as there:
        thread = threading.Thread(target=there.serve_forever, daemon=True)
        thread.start()
        tail = terminal("tail", "--url", f"http://127.0.0.1:{there.server_port}", "--key", "x")
        tail.until("connection lost; trying again")
        while len(asked) < 3:
            tail.until("reset")
            tail.said = ""
        assert tail.stop()[0] == 0
        there.shutdown()
        thread.join()
    assert asked[:3] == [None, "2", "4"]
