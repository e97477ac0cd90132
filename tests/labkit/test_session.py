"""The lab server's lifetime, seen from labkit: real processes, real sockets, a home folder of its own per test."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
import pytest

from labkit import runtime, session
from labkit.session import Server

pytestmark = pytest.mark.long

KERNEL = """
import sys, time
from labkit import session
print(session.ensure().pid, flush=True)
time.sleep(float(sys.argv[1]))
"""


@pytest.fixture
def reader() -> Iterator[tuple[Server, list[str]]]:
    """A server that only counts who asks what."""
    asked: list[str] = []

    class Counter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Counter) as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        port = listener.server_address[1]
        yield Server(f"http://127.0.0.1:{port}", port, 1, "0", "0"), asked
        listener.shutdown()
        thread.join()


def kernel(seconds: float, **options: object) -> subprocess.Popen[str]:
    """Another Python process that opens a session and then sits there."""
    command = [sys.executable, "-c", KERNEL, str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]  # options are Popen's


def healthy(server: Server) -> bool:
    """Whether this very server answers: another one may have taken its port meanwhile."""
    try:
        return bool(httpx2.get(f"{server.url}/lab", trust_env=False).json()["pid"] == server.pid)
    except httpx2.HTTPError:
        return False


def servers_of(home: Path) -> set[int]:
    """Lab servers that announce themselves in this home. Windows has a launcher before each: it is not counted."""
    found = {}
    for process in psutil.process_iter(["cmdline", "ppid"]):
        if str((home / "server.json").resolve()) in (process.info["cmdline"] or []):
            found[process.pid] = process.info["ppid"]
    return set(found) - set(found.values())


def write(home: Path, pid: int) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    said = {"pid": pid, "port": 9, "url": "http://127.0.0.1:9", "version": "0", "fingerprint": "0"}
    (home / "server.json").write_text(json.dumps(said), encoding="utf-8")
    return home / "server.json"


def test_a_server_is_started_found_and_ended(home: Path) -> None:
    assert session.find() is None
    server = session.ensure()
    assert healthy(server)
    assert server.ws_url == f"ws://127.0.0.1:{server.port}"
    assert session.find() == server
    assert session.stop() is True
    assert not healthy(server)
    assert session.find() is None
    assert not (home / "server.json").exists()
    assert session.stop() is False


def test_a_second_call_gets_the_running_server(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert session.ensure() == session.ensure(port=9000, idle_minutes=5)
    assert capsys.readouterr().out == ""


def test_the_server_calls_itself_by_the_fingerprint_that_we_computed_from_outside(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABSERVER_SOLO", "1")  # what we ask for wins
    for solo, scale in ((True, 1.0), (False, 0.25)):
        server = session.ensure(solo=solo, time_scale=scale)
        told = httpx2.get(f"{server.url}/lab", trust_env=False).json()["fingerprint"]
        assert told == server.fingerprint == session.fingerprint(solo=solo, time_scale=scale)


def test_a_server_with_other_settings_is_replaced_and_one_line_says_so(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = session.ensure()
    monkeypatch.setenv("LABSERVER_TIME_SCALE", "0.5")
    new = session.ensure()
    assert old.pid != new.pid
    assert not runtime.lives(old)
    assert capsys.readouterr().out.splitlines() == [
        f"The lab server at {old.url} had other code or settings: stopped, a new one follows."
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to signal")
def test_the_server_survives_the_interrupt_and_the_death_of_the_kernel_that_started_it(home: Path) -> None:
    with kernel(60, start_new_session=True, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        server = session.find()
        assert server is not None and server.pid == pid
        assert os.getsid(pid) != os.getsid(child.pid)  # no signal to the kernel's group, and no hang-up, reaches it
        os.killpg(child.pid, signal.SIGINT)
        child.kill()
    assert healthy(server)
    assert session.ensure() == server


def test_two_kernels_that_ask_at_once_get_one_server(home: Path) -> None:
    with kernel(0) as one, kernel(0) as other:
        answers = {one.communicate()[0], other.communicate()[0]}
    server = session.find()
    assert server is not None
    assert answers == {f"{server.pid}\n"}
    assert len(servers_of(home)) == 1


def test_two_learners_have_two_servers_at_once(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = session.ensure()
    with monkeypatch.context() as neighbour:
        neighbour.setenv("LABKIT_HOME", str(tmp_path / "neighbour"))
        theirs = session.ensure()
        try:
            assert mine.port != theirs.port
            assert healthy(mine) and healthy(theirs)
        finally:
            session.stop()
    assert healthy(mine)


def test_a_taken_port_is_stepped_over(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert session.ensure(port=port).port > port


def test_a_proxy_in_the_environment_does_not_stand_in_the_way(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert session.ensure() == session.find()


def test_a_runtime_file_whose_process_is_gone_is_removed(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    file = write(home, gone.pid)
    assert session.find() is None
    assert not file.exists()


def test_a_foreign_process_that_inherited_the_number_is_left_alone(home: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as foreign:
        file = write(home, foreign.pid)
        assert session.stop() is False
        assert foreign.poll() is None
        assert not file.exists()
        foreign.communicate(b"\n")


def test_a_damaged_runtime_file_names_nobody_and_is_overwritten(home: Path) -> None:
    write(home, 1).write_text('{"pid": ', encoding="utf-8")
    assert session.find() is None
    assert healthy(session.ensure())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
def test_a_server_that_hangs_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "ANSWER_PATIENCE", 0.3)
    monkeypatch.setattr(runtime, "END_PATIENCE", 0.2)
    hung = session.ensure()
    os.kill(hung.pid, signal.SIGSTOP)
    assert session.find() is None
    assert session.ensure().pid != hung.pid
    assert not runtime.lives(hung)


def test_a_server_that_dies_at_its_start_leaves_its_last_words_and_the_cure(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABSERVER_LOG_LEVEL", "loud")
    with pytest.raises(session.SessionError, match=r"(?s)exit code \d.*loud.*wirelab doctor"):
        session.ensure()
    assert session.find() is None


def test_a_long_log_is_put_aside_before_a_start(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "LOG_LIMIT", 10)
    home.mkdir()
    (home / "server.log").write_text("what the last server said", encoding="utf-8")
    session.ensure()
    assert (home / "server.log.1").read_text(encoding="utf-8") == "what the last server said"
    assert "what the last server said" not in (home / "server.log").read_text(encoding="utf-8")


def test_one_thread_shows_that_a_reader_is_here(reader: tuple[Server, list[str]]) -> None:
    server, asked = reader
    for _ in range(3):
        session.keep_alive(server, every=0.01)
    seen = threading.Event()
    while len(asked) < 5:
        seen.wait(0.01)
    assert set(asked) == {"/lab"}, "and no line of it in a journal"
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("wirelab-keep-alive") == 1
    session.keep_alive(server, every=session.PULSE)


def test_a_bad_time_scale_is_named_with_its_cure(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABSERVER_TIME_SCALE", "quick")
    with pytest.raises(ValueError, match=r"quick.*Set it to a number"):
        session.ensure()
    monkeypatch.delenv("LABSERVER_TIME_SCALE")


def test_what_the_open_shop_sells_is_still_sold_after_a_restart(home: Path) -> None:
    tea = {"name": "Grüner Tee 茶", "category": "tea", "price": 4.5, "stock": 3}
    made = httpx2.post(f"{session.ensure().url}/shop/products", json=tea, trust_env=False).raise_for_status()
    assert session.stop()
    again = httpx2.get(session.ensure().url + made.headers["location"], trust_env=False)
    assert again.json()["name"] == tea["name"]
    assert (home / "data" / "lab.sqlite").exists()


def test_the_fingerprint_names_the_real_provider_that_the_environment_chooses(monkeypatch) -> None:
    from labserver.fingerprint import fingerprint
    from labserver.settings import Settings

    mock = session.fingerprint(solo=True, time_scale=1.0)
    monkeypatch.setenv("LABSERVER_PROVIDER", "ollama")
    monkeypatch.setenv("LABSERVER_PROVIDER_URL", "http://127.0.0.1:9/v1/")
    real = session.fingerprint(solo=True, time_scale=1.0)
    assert real != mock
    assert real == fingerprint(Settings(solo=True).behaviour())
    monkeypatch.setenv("LABSERVER_RECORDINGS", "tapes")
    played = session.fingerprint(solo=True, time_scale=1.0)
    assert played != real
    assert played == fingerprint(Settings(solo=True).behaviour())
    assert played == fingerprint(Settings(solo=True, recordings=Path("tapes").absolute()).behaviour())
