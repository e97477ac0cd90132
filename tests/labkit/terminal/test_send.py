"""`wirelab send` as it is typed: one request of each kind, what it shows, and how it fails."""

import json
import subprocess
import sys

import pytest
from typed import Open, wirelab
from typer.testing import CliRunner

from labkit import runtime
from labkit.cli import app
from labkit.witness import Witness


def send(witness: Witness, *words: str) -> "subprocess.CompletedProcess[str]":
    return wirelab("send", *words, LABKIT_KEY=witness.key)


def test_get_prints_the_answer_and_nothing_else_on_stdout(sandbox: Witness) -> None:
    done = send(sandbox, "get", "/shop/products?per_page=1")
    assert done.returncode == 0 and done.stderr == "← HTTP/1.1 200 OK   application/json\n"
    assert len(json.loads(done.stdout)["products"]) == 1
    assert sandbox.exchanges()[0].target == "/shop/products?per_page=1"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "head", "options"])
def test_every_method_leaves_as_itself(sandbox: Witness, method: str) -> None:
    done = send(sandbox, method, "/shop/products/1", "-H", "x-tea: green")
    [exchange] = sandbox.exchanges()
    assert exchange.method == method.upper() and exchange.request.get("x-tea") == "green"
    assert done.returncode == (0 if (exchange.status or 500) < 400 else 1)


def test_a_body_is_json_and_says_so(sandbox: Witness) -> None:
    done = send(sandbox, "post", "/api/v1/query", "-d", '{"query": "What is tea?", "max_tokens": 4}')
    assert done.returncode == 0 and json.loads(done.stdout)["finish_reason"] == "length"
    assert sandbox.exchanges()[0].request.get("content-type") == "application/json"


def test_chat_prints_the_words_as_they_come(terminal: Open, sandbox: Witness) -> None:
    chat = terminal("send", "chat", "What", "is", "tea?", "--pace", "ttft=0;tps=4", LABKIT_KEY=sandbox.key)
    chat.until("Tea")
    [exchange] = sandbox.exchanges(wait=0)
    assert exchange.ended is None, "the first words are here while the model speaks"
    assert b"What is tea?" in exchange.request_body
    assert chat.stop()[0] == 130
    assert sandbox.exchanges(wait=5)[0].ended == "client left"


def test_chat_takes_further_settings(sandbox: Witness) -> None:
    done = send(sandbox, "chat", "What is tea?", "-d", '{"max_tokens": 3}')
    words = "".join(text for _, text in sandbox.exchanges()[0].deltas)
    assert (done.returncode, done.stdout) == (0, words + "\n")


def test_sse_prints_an_event_a_line(sandbox: Witness) -> None:
    done = send(sandbox, "sse", "/raw/sse?count=3&interval=0&event=tick")
    assert [line.split("{")[0] for line in done.stdout.splitlines()] == [f"id {n}  tick: " for n in (1, 2, 3)]
    done = send(sandbox, "sse", "/api/v1/query/stream", "-d", '{"query": "hi", "max_tokens": 2}')
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "[DONE]"
    assert sandbox.exchanges()[-1].method == "POST"


def test_ws_says_its_messages_in_turn_and_leaves_politely(sandbox: Witness) -> None:
    done = send(sandbox, "ws", "/ws/echo", "one", "two", "--quiet", "0.3")
    assert (done.returncode, done.stdout) == (0, "one\ntwo\n")
    closing = [frame.close_code for frame in sandbox.exchanges()[0].frames if frame.opcode == "close"]
    assert closing[0] == 1000


def test_wire_shows_what_crossed(sandbox: Witness) -> None:
    done = send(sandbox, "post", "/api/v1/query", "-d", '{"query": "tea", "max_tokens": 2}', "--wire")
    assert "→ POST /api/v1/query HTTP/1.1" in done.stdout and "← HTTP/1.1 200 OK" in done.stdout
    assert "= complete; request 1 on connection 1" in done.stdout
    assert sandbox.key not in done.stdout + done.stderr


def test_wire_works_in_the_open_sandbox_of_ones_own_server(running: runtime.Server) -> None:
    done = wirelab("send", "get", "/shop/products?per_page=2", "--wire")
    assert done.returncode == 0 and "→ GET /shop/products?per_page=2 HTTP/1.1" in done.stdout


def test_a_fault_breaks_the_answer_and_is_told_in_words(sandbox: Witness) -> None:
    done = send(sandbox, "chat", "What is tea?", "--fault", "cut;after=3")
    assert done.returncode == 1 and "the connection broke" in done.stderr and "Traceback" not in done.stderr
    assert sandbox.exchanges()[0].fault.startswith("cut")
    done = send(sandbox, "get", "/shop/products", "--fault", "status;code=503")
    assert done.returncode == 1 and "503" in done.stderr


def test_a_socket_that_is_refused_shows_the_refusal(running: runtime.Server) -> None:
    done = wirelab("send", "ws", "/ws/echo", "hi", "--key", "no-such-key")
    assert done.returncode == 1 and "401 Unauthorized instead of a WebSocket" in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (["fly", "/tea"], "wirelab send chat"),
        (["get", "shop/products"], "/shop/products"),
        (["post", "/api/v1/query", "-d", "{query}"], "single quotes"),
        (["get", "/", "too", "many"], "Only ws"),
        (["ws", "/ws/echo", "-d", "{}"], "after the path"),
        (["get", "/", "-H", "tea"], "accept: text/plain"),
        (["chat", "hi", "-d", "[1]"], "max_tokens"),
        (["get", "/", "--url", "http://127.0.0.1:1"], "wirelab status"),
        (["ws", "/", "hi", "--url", "http://127.0.0.1:1"], "wirelab status"),
        (["get", "/health", "--key", "no-such-key", "--wire"], "lab"),
    ],
)
def test_what_cannot_be_sent_is_said_with_its_cure(running: runtime.Server, words: list[str], cure: str) -> None:
    done = CliRunner().invoke(app, ["send", *words])
    assert done.exit_code == 1 and cure in done.stderr
    assert isinstance(done.exception, SystemExit) and done.stdout == ""


def test_the_verbs_load_nothing_heavy_before_they_are_used() -> None:
    code = "import sys; import labkit.cli; print([n for n in ('httpx2', 'rich', 'websockets') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
