"""A learner's own server: a process of its own, made of its source, seen through a door, ended whatever happens."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import own_servers
import psutil
import pytest
import requests
from websockets.sync.client import connect

from labkit.checks.bench import Bench, Crashed, NotStarted
from labkit.outcome import Wrong

ROOT = Path(__file__).parents[3]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Bench("http://127.0.0.1:9", "15.1", 15.0) as made:
        yield made


def gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("answer", [own_servers.app, own_servers.make_app], ids=["an app", "a function that makes one"])
def test_a_server_answers_from_its_own_process_and_its_door_proves_what(bench: Bench, answer: Any) -> None:
    server = bench.serve(answer)
    told = server.ask("GET", "/teas/sencha", status=200).json()
    assert told == {"name": "sencha", "price": 4}
    [seen] = server.exchanges()
    assert (seen.method, seen.path, seen.status, seen.ended) == ("GET", "/teas/sencha", 200, "complete")
    assert json.loads(seen.body) == told
    assert server.pid != psutil.Process().pid


def test_several_requests_on_one_connection_are_several_exchanges(bench: Bench) -> None:
    server = bench.serve(own_servers.app)
    with requests.Session() as session:
        for name in ("sencha", "assam"):
            session.get(f"{server.url}/teas/{name}", timeout=5)
    assert [(seen.target, seen.connection, seen.nth, seen.reused) for seen in server.exchanges()] == [
        ("/teas/sencha", 1, 1, False),
        ("/teas/assam", 1, 2, True),
    ]


def test_a_client_that_leaves_a_stream_is_seen_and_the_stream_too(bench: Bench) -> None:
    server = bench.serve(own_servers.app)
    with requests.get(f"{server.url}/events", stream=True, timeout=5) as answer:
        assert next(answer.iter_lines()) == b"data: 0"
    [seen] = server.exchanges()
    assert seen.ended == "client left"
    assert seen.events[0].data == "0" and len(seen.events) < 1000


def test_a_websocket_passes_the_door(bench: Bench) -> None:
    server = bench.serve(own_servers.app)
    with connect(f"{server.ws_url}/ws", proxy=None) as socket:
        socket.send("tea")
        assert socket.recv(timeout=5) == "tea"
    [seen] = server.exchanges()
    assert (seen.kind, seen.status) == ("websocket", 101) and seen.ended


def test_what_a_server_prints_and_its_errors_are_kept_without_a_stack_trace(bench: Bench) -> None:
    server = bench.serve(own_servers.app)
    with pytest.raises(Wrong, match="Your server answered 500 to GET /teas/darjeeling") as wrong:
        server.ask("GET", "/teas/darjeeling", status=200)
    assert "← HTTP/1.1 500" in wrong.value.proof and "stderr" in wrong.value.look
    server.end()
    assert bench.prints.stdout == "asked for darjeeling\n"
    assert bench.prints.stderr == "KeyError: 'darjeeling', in the line `return TEAS[name]` of price\n"


def test_a_server_that_is_silent_is_wrong_in_words_and_ends_all_the_same(bench: Bench) -> None:
    server = bench.serve(own_servers.app)
    with pytest.raises(Wrong, match="did not answer GET /slow") as wrong:
        server.ask("GET", "/slow", within=0.5)
    assert "nothing for 0.5 seconds" in wrong.value.seen and "→ GET /slow" in wrong.value.proof
    server.end()
    assert gone(server.pid)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (own_servers.make_stub, NotStarted, "^$"),
        (own_servers.make_broken, Crashed, r"KeyError: 'darjeeling', in the line `return FastAPI\(title"),
        (own_servers.make_nothing, Crashed, "TypeError: make_nothing gave NoneType, which is no ASGI application"),
        (own_servers.make_quitter, Crashed, "ended by itself, with exit code 3"),
    ],
)
def test_a_server_that_does_not_start_says_why(bench: Bench, answer: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        bench.serve(answer)


def test_a_program_that_never_comes_to_listen_is_ended() -> None:
    before = set(psutil.Process().children())
    with (
        Bench("http://127.0.0.1:9", "15.1", 2.0) as bench,
        pytest.raises(Wrong, match="does not listen after 2 seconds"),
    ):
        bench.serve(own_servers.make_waiting)
    assert set(psutil.Process().children()) <= before


def test_a_server_ends_with_its_bench_also_when_the_check_crashes_and_its_children_with_it() -> None:
    def crashing() -> None:
        with Bench("http://127.0.0.1:9", "15.1", 15.0) as bench:
            server = bench.serve(own_servers.app)
            pids.extend([server.pid, server.ask("GET", "/child").json()["pid"]])
            assert all(map(psutil.pid_exists, pids))
            raise ZeroDivisionError

    pids: list[int] = []
    with pytest.raises(ZeroDivisionError):
        crashing()
    assert [gone(pid) for pid in pids] == [True, True]


KERNEL = """
import sys
sys.path.insert(0, {tests!r})
import own_servers
from labkit.checks.bench import Bench
bench = Bench("http://127.0.0.1:9", "15.1", 15.0)
server = bench.serve(own_servers.app)
print(server.ask("GET", "/pid").json()["pid"], server.ask("GET", "/child").json()["pid"], flush=True)
sys.stdin.read()
"""


def test_a_server_whose_kernel_is_killed_ends_by_itself_and_its_children_with_it() -> None:
    source = KERNEL.format(tests=str(Path(__file__).parent))
    kernel = subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    assert kernel.stdout is not None and kernel.stdin is not None
    pids = [int(word) for word in kernel.stdout.readline().split()]
    assert len(pids) == 2 and all(map(psutil.pid_exists, pids))
    kernel.kill()
    kernel.wait()
    kernel.stdin.close()
    kernel.stdout.close()
    assert [gone(pid) for pid in pids] == [True, True]


def test_a_check_of_a_server_is_judged_like_any_other(monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    from labkit import checks

    def judge(bench: Bench, answer: Callable[..., Any]) -> str:
        own = bench.serve(answer)
        own.ask("GET", "/teas/assam", status=200)
        return "A tea came."

    monkeypatch.setitem(checks.CHECKS, "15.1", checks.Check(judge, ("",), serves=True))
    outcome = checks.run("15.1", own_servers.app, server.url)
    assert (outcome.status, outcome.summary, outcome.printed) == ("passed", "A tea came.", "asked for assam\n")
    assert not checks.awaits("15.1", own_servers.app), "an ASGI app is async inside; its check is not"
    assert "The check was given no server" in checks.run("15.1", None, server.url).summary
