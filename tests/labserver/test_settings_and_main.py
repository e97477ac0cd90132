"""From argv to a listening process: settings and their errors, ports, the announcement, and the idle end."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from labserver.__main__ import announce, bind, read_settings, retract
from labserver.fingerprint import fingerprint
from labserver.settings import Settings

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("clean_environment")


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "labserver", *flags], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )


def taken(port: int = 0) -> closing[socket.socket]:
    """A port of 127.0.0.1 that another program has."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return closing(listener)


def test_every_setting_is_a_flag_and_the_flag_beats_the_environment(monkeypatch, tmp_path) -> None:
    flags = ["--port", "0", "--port-tries", "3", "--solo", "--time-scale", "0.5", "--idle-minutes", "2"]
    flags += ["--announce", str(tmp_path / "a"), "--log-level", "info", "--max-sandboxes", "9"]
    flags += ["--data-dir", str(tmp_path / "d"), "--database", "sqlite:///tea.sqlite"]
    flags += ["--also", "8080", "--allow-host", "*.example.org", "--allow-origin", "https://example.org"]
    flags += ["--keep-alive-seconds", "5", "--head-seconds", "6", "--body-seconds", "7", "--ping-seconds", "8"]
    flags += ["--log-format", "json", "--drain-seconds", "9"]
    flags += ["--limit-requests", "5", "--limit-tokens", "6", "--provider", "ollama", "--provider-model", "m"]
    flags += ["--provider-url", "http://127.0.0.1:9/v1/", "--provider-seconds", "5", "--provider-at-once", "2"]
    flags += ["--provider-budget-tokens", "7"]
    flags += ["--record", str(tmp_path / "r"), "--record-mock", "--recordings", str(tmp_path / "s")]
    settings = read_settings(flags)
    assert settings == Settings(
        port=0, port_tries=3, solo=True, time_scale=0.5, idle_minutes=2, announce=tmp_path / "a", log_level="info",
        max_sandboxes=9, data_dir=tmp_path / "d", database="sqlite:///tea.sqlite",
        also=(8080,), allow_host=("*.example.org",), allow_origin=("https://example.org",),
        keep_alive_seconds=5, head_seconds=6, body_seconds=7, ping_seconds=8, log_format="json", drain_seconds=9,
        limit_requests=5, limit_tokens=6, provider="ollama", provider_url="http://127.0.0.1:9/v1", provider_model="m",
        provider_seconds=5, provider_at_once=2, provider_budget_tokens=7,
        record=tmp_path / "r", record_mock=True, recordings=tmp_path / "s",
    )  # fmt: skip
    assert len(flags) == 2 * len(Settings.model_fields) - 2, "no setting without its flag here"
    monkeypatch.setenv("LABSERVER_PORT", "9000")
    monkeypatch.setenv("LABSERVER_SOLO", "yes")
    assert (read_settings([]).port, read_settings([]).solo) == (9000, True)
    assert (read_settings(["--port", "9001"]).port, read_settings(["--no-solo"]).solo) == (9001, False)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--port", "tea"], "port: Input should be a valid integer"),
        (["--port", "65536"], "port: Input should be less than or equal to 65535 (got '65536')"),
        (["--port", "-1"], "port: "),
        (["--port-tries", "0"], "port_tries: "),
        (["--time-scale", "-0.1"], "time_scale: Input should be greater than or equal to 0 (got '-0.1')"),
        (["--time-scale", "nan"], "time_scale: "),
        (["--idle-minutes", "9999"], "idle_minutes: "),
        (["--log-level", "loud"], "log_level: String should match pattern"),
        (["--max-sandboxes", "0"], "max_sandboxes: "),
        (["--log-format", "xml"], "log_format: String should match pattern"),
        (["--keep-alive-seconds", "0"], "keep_alive_seconds: "),
        (["--drain-seconds", "301"], "drain_seconds: "),
        (["--database", "tea"], "database: Value error, not an SQLAlchemy URL; write one like sqlite:///lab.sqlite"),
        (["--also", "tea"], "also: Input should be a valid integer"),
        (["--also", "8080,70000"], "also: Input should be less than or equal to 65535 (got '70000')"),
        (["--allow-host", "http://example.org"], "allow_host: Value error, 'http://example.org' is no host name"),
        (["--allow-host", "example.org:80"], "allow_host: Value error, 'example.org:80' is no host name"),
        (["--allow-host", "tea.*"], "allow_host: Value error, 'tea.*': a star stands alone or in front"),
        (["--allow-host", "*."], "allow_host: Value error, '*.' is no host name"),
        (["--allow-host", "*tea.org"], "allow_host: Value error, '*tea.org': a star stands alone or in front"),
        (["--allow-origin", "example.org"], "allow_origin: Value error, 'example.org' is no origin"),
        (["--allow-origin", "https://example.org/"], "allow_origin: Value error, 'https://example.org/' is no origin"),
        (["--allow-origin", "null"], "allow_origin: Value error, 'null' is no origin"),
        (["--head-seconds", "0"], "head_seconds: "),
        (["--tea", "1"], "unrecognized arguments: --tea 1"),
    ],
)
def test_a_bad_value_ends_with_one_line_that_names_it(capsys, flags: list[str], told: str) -> None:
    with pytest.raises(SystemExit) as caught:
        read_settings([f"{flags[0]}={flags[1]}"] if flags[0] != "--tea" else flags)
    assert caught.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_a_setting_that_is_a_list_takes_its_flag_again_and_commas_in_the_environment(monkeypatch) -> None:
    assert read_settings(["--also", "8080", "--also", "8765,9000"]).also == (8080, 8765, 9000)
    assert read_settings(["--allow-host", "Tea.example.ORG", "--allow-host", "[::2]"]).allow_host == (
        "tea.example.org",
        "::2",
    )
    monkeypatch.setenv("LABSERVER_ALSO", "8080, 8765")
    monkeypatch.setenv("LABSERVER_ALLOW_ORIGIN", "https://a.example,http://b.example:8000")
    assert read_settings([]).also == (8080, 8765)
    assert read_settings([]).allow_origin == ("https://a.example", "http://b.example:8000")
    assert read_settings(["--also", "9000"]).also == (9000,)


def test_a_bad_value_in_the_environment_is_named_too(monkeypatch, capsys) -> None:
    monkeypatch.setenv("LABSERVER_TIME_SCALE", "fast")
    with pytest.raises(SystemExit):
        read_settings([])
    assert "time_scale: " in capsys.readouterr().err


def test_the_process_itself_says_so_without_a_trace() -> None:
    done = run("--port", "tea")
    assert done.returncode == 2
    assert "error: port: " in done.stderr
    assert "Traceback" not in done.stderr


def test_it_listens_on_both_loopback_addresses_at_the_same_port(server) -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        if family == socket.AF_INET6 and not has_ipv6_loopback():
            pytest.skip("this machine has no ::1")
        with closing(socket.socket(family)) as client:
            client.settimeout(5)
            client.connect((host, server.port))
            client.sendall(b"GET /health HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")


def has_ipv6_loopback() -> bool:
    try:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_it_listens_nowhere_else(server) -> None:
    with closing(socket.socket()) as client:
        client.settimeout(2)
        assert client.connect_ex(("127.0.0.2", server.port)) != 0, "127.0.0.2 stands for every other address"


def test_a_taken_port_gives_a_clear_message_and_no_trace() -> None:
    with taken() as other:
        port = other.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 1
    assert (
        done.stderr
        == f"Port {port} is in use. Choose another with --port, or let me look further with --port-tries 50.\n"
    )


def test_with_port_tries_the_next_free_port_is_taken(start_server) -> None:
    with taken() as other:
        port = other.getsockname()[1]
        live = start_server("--port", str(port), "--port-tries", "50")
        assert port < live.port < port + 50


def test_a_port_taken_on_one_loopback_only_counts_as_taken() -> None:
    if not has_ipv6_loopback():
        pytest.skip("this machine has no ::1")
    with closing(socket.socket(socket.AF_INET6)) as other:
        other.bind(("::1", 0))
        other.listen()
        with pytest.raises(SystemExit, match=r"Port \d+ is in use"):
            bind(other.getsockname()[1], tries=1)


def test_looking_further_stops_at_the_last_port_there_is() -> None:
    listening: list[socket.socket] = []
    with suppress(SystemExit):  # taken by somebody else: as good
        listening += bind(65535, tries=1)
    try:
        with pytest.raises(SystemExit, match="Port 65535 is in use"):
            bind(65535, tries=3)
    finally:
        for one in listening:
            one.close()


@pytest.mark.skipif(sys.platform == "win32", reason="on Windows SIGTERM ends a process with no word said")
def test_the_announcement_is_written_whole_and_says_who_listens_where(start_server) -> None:
    live = start_server("--time-scale", "0.5")
    said = json.loads(live.announcement.read_text(encoding="utf-8"))
    assert said["pid"] == live.process.pid
    assert said["url"] == f"http://127.0.0.1:{said['port']}"
    assert said["fingerprint"] == fingerprint(Settings(time_scale=0.5).behaviour())
    about = live.http.get("/lab").json()
    assert {name: about[name] for name in ("pid", "version", "fingerprint")} == {
        name: said[name] for name in ("pid", "version", "fingerprint")
    }
    assert list(live.announcement.parent.glob("server.json.*")) == [], "no draft is left"
    live.stop()
    assert not live.announcement.exists()


def test_an_announcement_of_another_server_is_left_alone(tmp_path) -> None:
    path = tmp_path / "home" / "server.json"
    announce(path, 8001, "http://127.0.0.1:8001", "mark")
    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()
    path.write_text(json.dumps({"pid": os.getpid() + 1}), encoding="utf-8")
    retract(path)
    assert path.exists()
    announce(path, 8001, "http://127.0.0.1:8001", "mark")
    retract(path)
    assert not path.exists()
    retract(path)


def test_a_reader_of_the_announcement_never_sees_half_of_it(tmp_path) -> None:
    path, read, done = tmp_path / "server.json", [], threading.Event()

    def watch() -> None:
        while not done.is_set():
            with suppress(FileNotFoundError):
                read.append(json.loads(path.read_text(encoding="utf-8"))["fingerprint"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    for size in range(200):
        announce(path, 8001, "http://127.0.0.1:8001", "x" * (size * 100 + 1))
    done.set()
    watcher.join(5)
    assert read, "the watcher saw nothing at all"
    assert all(set(mark) == {"x"} for mark in read)


def test_the_fingerprint_changes_with_the_code_and_with_what_a_client_could_notice(tmp_path) -> None:
    (tmp_path / "a.py").write_text("tea")
    before = fingerprint("solo=True", tmp_path)
    assert fingerprint("solo=True", tmp_path) == before
    assert fingerprint("solo=False", tmp_path) != before
    (tmp_path / "a.py").write_text("coffee")
    assert fingerprint("solo=True", tmp_path) != before
    (tmp_path / "a.py").write_text("tea")
    (tmp_path / "notes.pyc").write_text("not code")
    assert fingerprint("solo=True", tmp_path) == before
    assert Settings(port=1, log_level="info").behaviour() == Settings(port=2).behaviour()


def test_a_server_that_nobody_needs_ends_by_itself(start_server) -> None:
    began = time.monotonic()  # before it listens: it may be told of a little later than that
    live = start_server("--idle-minutes", "0.02")
    assert live.process.wait(15) == 0
    assert time.monotonic() - began > 1
    assert not live.announcement.exists()


def test_an_open_exchange_keeps_the_server_from_ending_and_traffic_puts_it_off(start_server) -> None:
    live = start_server("--idle-minutes", "0.02")
    with live.dial() as wire:
        body = {"query": "tea", "model": "script"}
        wire.send(live.request("POST", "/api/v1/query", body, live.sandbox(), x_lab_pace="ttft=2;tps=10000"))
        assert wire.answer().startswith(b"HTTP/1.1 200 ")
        assert live.process.poll() is None, "it waited for 2 s with 1.2 s allowed"
    assert live.process.wait(15) == 0
