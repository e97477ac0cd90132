"""The `wirelab` command as it is typed: exit codes, words, and what it does not load."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from labkit import session
from labkit.cli import app

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process among others")
LAZY = ("httpx2", "requests", "psutil", "jupyter_client", "matplotlib", "nbformat", "labserver", "labkit.session")
VERBS = ("up", "serve", "down", "status", "doctor", "list", "next", "check", "hint", "solution", "reset", "restore")


def wirelab(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.output.strip()


def serve(*options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "labkit", "serve", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_help_names_the_verbs_and_loads_nothing_heavy() -> None:
    code = f"""
import contextlib, io, sys
from labkit.__main__ import main
said = io.StringIO()
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(said):
    sys.argv = ["wirelab", "--help"]
    main()
assert all(verb in said.getvalue() for verb in {(*VERBS, "update", "progress")!r}), said.getvalue()
print([name for name in {LAZY!r} if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_parity_asks_the_server_that_runs_where_nobody_is_named(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    server = session.ensure(time_scale=0)
    assert session.parity(["--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["provider"], told["url"], told["counts"]["differs"]) == ("lab", f"{server.url}/v1", 0)


def test_list_loads_no_kernel_no_client_and_no_table_drawer(home: Path) -> None:
    heavy = (*(name for name in LAZY if name != "psutil"), "openai", "rich", "nbclient", "labkit.learner.checking")
    code = f"""
import contextlib, io, sys
from labkit.__main__ import main
said = io.StringIO()
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(said):
    sys.argv = ["wirelab", "list"]
    main()
assert "10.4" in said.getvalue(), said.getvalue()
print([name for name in {heavy!r} if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_status_and_down_say_what_runs(home: Path) -> None:
    code, said = wirelab("status")
    assert code == 1 and said.startswith("No lab server is running.") and len(said.splitlines()) == 1
    assert wirelab("down") == (0, "No lab server was running.")
    server = session.ensure()
    assert wirelab("status") == (0, f"The lab server {server.version} runs at {server.url} (process {server.pid}).")
    assert wirelab("down") == (0, "The lab server has ended.")
    assert session.find() is None


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_runs_in_the_foreground_and_hands_on_options_and_signals(home: Path, number: signal.Signals) -> None:
    with serve("--port", "0", "--solo", "--time-scale", "0.5", "--max-sandboxes", "7") as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        told = httpx2.get(f"{url}/lab", trust_env=False).json()
        assert told["solo"] is True
        assert told["fingerprint"] == session.fingerprint(solo=True, time_scale=0.5)
        assert session.find() is None  # it is nobody's session: a notebook starts its own
        process.send_signal(number)
        rest, _ = process.communicate()
    assert "Traceback" not in rest
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url, trust_env=False)


@posix
@pytest.mark.parametrize(
    ("options", "folder"), [([], "serve"), (["--data-dir", "{}/mine"], "mine"), (["--database=sqlite://"], None)]
)
def test_serve_keeps_its_data_in_the_home_unless_told_otherwise(home: Path, options: list[str], folder: str) -> None:
    with serve("--port", "0", *(option.format(home) for option in options)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert httpx2.get(f"{url}/shop/products", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        process.communicate()
    assert [file.parent.name for file in home.glob("*/lab.sqlite")] == ([folder] if folder else [])


def test_serve_on_a_taken_port_says_so_and_fails(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serve("--port", port) as process:
            said, _ = process.communicate()
    assert process.returncode != 0
    assert f"Port {port} is in use" in said and "Traceback" not in said


def test_doctor_speaks_text_and_json_and_its_exit_code_follows(home: Path, tmp_path: Path) -> None:
    code, said = wirelab("doctor", "--work", str(tmp_path))
    assert code == 0 and said.endswith("All is well.")
    code, said = wirelab("doctor", "--json", "--work", str(tmp_path))
    assert code == 0 and all(finding["ok"] for finding in json.loads(said))
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, said = wirelab("doctor", "--work", str(tmp_path / "file" / "work"))
    assert code == 1 and "FAILS  work folder" in said and "->" in said


def test_up_without_a_course_names_the_cure_and_shows_no_stack_trace(home: Path, tmp_path: Path) -> None:
    code, said = wirelab("up", "--no-browser", "--course", str(tmp_path))
    assert code == 1
    assert "No course.toml" in said and "--course" in said and "Traceback" not in said


def test_down_names_the_cure_when_the_lock_is_held(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session.ensure()
    monkeypatch.setattr(session, "LOCK_PATIENCE", 0.05)
    with session._lock():
        code, said = wirelab("down")
    assert code == 1 and "wirelab doctor" in said
