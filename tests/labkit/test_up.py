"""`wirelab up` as a learner types it: a process, two addresses, Ctrl-C. The course is a small one of our own."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
import pytest

from labkit import jupyter, session

pytestmark = pytest.mark.long

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send Ctrl-C to one process among others")


@pytest.fixture
def course(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    (root / "course.toml").write_text("", encoding="utf-8")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": [], "execution_count": 1}
    for name in ("00_welcome", "10_streaming"):
        content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return root


@dataclass
class Up:
    """A running `wirelab up` that has printed its addresses."""

    process: subprocess.Popen[str]
    said: list[str]
    lab_server: str
    jupyter: str
    token: str

    def end(self, number: int = signal.SIGINT) -> int:
        """Its exit code after the signal; what it said on its way out is added to `said`."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        rest, _ = self.process.communicate()
        self.said += rest.splitlines()
        return self.process.returncode

    def jupyter_process(self) -> Any:
        """JupyterLab's own process. On POSIX it is a direct child; the lab server's command line tells that one."""
        family = psutil.Process(self.process.pid).children()
        return next(child for child in family if "jupyterlab" in child.cmdline())

    def ask(self, method: str, path: str) -> httpx2.Response:
        base = self.jupyter.split("lab/tree/")[0]
        return httpx2.request(
            method, f"{base}{path}", headers={"Authorization": f"token {self.token}"}, trust_env=False
        )


@pytest.fixture
def up(home: Path, course: Path) -> Iterator[Callable[..., Up]]:
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> Up:
        process = spawn(course, *options)
        running.append(process)
        said: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line.rstrip())
            if line.startswith("Ctrl-C"):
                break
        text = "\n".join(said)
        found = re.search(r"(?s)Lab server:  (http://127\.0\.0\.1:\d+).*JupyterLab:  (http://\S+\?token=(\w+))", text)
        assert found, text
        return Up(process, said, *found.groups())

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.communicate()


def spawn(course: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "labkit", "up", "--no-browser", "--course", str(course)]
    command += ["--work", str(course.parent / "work"), "--port", str(free_port()), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def free_port() -> int:
    """Free now; should another program take it before us, the next one is tried."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def closed(url: str) -> bool:
    port = httpx2.URL(url).port
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@posix
def test_both_addresses_answer_and_ctrl_c_ends_everything(up: Callable[..., Up], home: Path, course: Path) -> None:
    running = up()
    assert "new: notebooks/00_welcome.ipynb, notebooks/10_streaming.ipynb" in running.said
    assert "/lab/tree/notebooks/00_welcome.ipynb?token=" in running.jupyter
    assert answers(f"{running.lab_server}/health") and answers(running.jupyter)
    assert running.ask("GET", "api/contents/notebooks/00_welcome.ipynb").status_code == 200
    assert running.ask("POST", "api/kernels").status_code == 201
    family = psutil.Process(running.process.pid).children(recursive=True)
    assert any("ipykernel_launcher" in child.cmdline() for child in family)

    assert running.end() == 0
    assert running.said[-2:] == ["The lab server has ended.", "Stopped."]
    assert closed(running.lab_server) and closed(running.jupyter)
    assert not [child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert sorted(path.name for path in home.iterdir() if path.is_file()) == ["server.lock", "server.log"]
    assert not list(home.glob("jupyter-*"))


@posix
def test_a_server_that_ran_before_is_used_and_left_running(up: Callable[..., Up], home: Path) -> None:
    server = session.ensure()
    running = up("--lesson", "10")
    assert running.lab_server == server.url
    assert any("already running" in line for line in running.said)
    assert running.said[-1] == "Ctrl-C ends JupyterLab; `wirelab down` ends the lab server."
    assert "10_streaming" in running.jupyter
    assert running.end(signal.SIGTERM) == 0
    assert closed(running.jupyter)
    assert session.find() == server


@posix
def test_a_dead_jupyterlab_ends_the_rest_with_a_failure(up: Callable[..., Up], home: Path) -> None:
    running = up()
    running.jupyter_process().kill()
    assert running.wait() == 1
    assert any("JupyterLab died" in line for line in running.said)
    assert any("wirelab doctor" in line for line in running.said)
    assert closed(running.lab_server)


def test_an_unknown_lesson_is_refused_before_anything_starts(home: Path, course: Path) -> None:
    with spawn(course, "--lesson", "77") as process:
        said, _ = process.communicate()
    assert process.returncode == 1
    assert "No lesson 77" in said and "There are: 00, 10." in said
    assert "Traceback" not in said
    assert not (home / "server.log").exists()


def test_jupyterlab_stays_off_the_network_and_its_token_off_command_lines_logs_and_kernels(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "jupyterlab.py").write_text("raise SystemExit('a learner named a file so')", encoding="utf-8")
    with jupyter.running(tmp_path, port=free_port()) as lab:
        with httpx2.Client(
            base_url=lab.url, headers={"Authorization": f"token {lab.token}"}, trust_env=False
        ) as client:
            page = client.get("lab").text
            client.post("api/kernels").raise_for_status()
        config = json.loads(page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0])
        assert config["news"] == {"disabled": True}
        assert config["extensionManager"]["name"] == "read-only"
        main = psutil.Process(lab.process.pid)
        family = [main, *main.children(recursive=True)]
        assert len(family) > 1
        assert not any(lab.token in " ".join(process.cmdline()) for process in family)
        assert not any(lab.token in value for process in family for value in process.environ().values())
        assert {process.environ()["LABKIT_HOME"] for process in family} == {str(home)}
        assert lab.token not in lab.log.read_text(encoding="utf-8")
        folder = lab.log.parent
        assert sys.platform == "win32" or folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    assert closed(lab.url)


def test_a_jupyterlab_that_cannot_start_leaves_its_last_words_and_the_cure(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jupyter, "OFFLINE", ("--ServerApp.port_retries=many",))
    with pytest.raises(jupyter.JupyterError, match=r"(?s)exit code 1.*many.*wirelab doctor"), jupyter.running(tmp_path):
        raise AssertionError("it started")
    assert not list(home.glob("jupyter-*"))


def test_a_port_that_was_free_when_jupyterlab_looked_and_taken_when_it_came_costs_another_start(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two who start at the same moment, as in a workshop: here the ports are taken until the second start."""
    begin, begun = jupyter._begin, []
    monkeypatch.setattr(jupyter, "PORT_RETRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = int(first.getsockname()[1])
        second = socket.create_server(("127.0.0.1", port + 1))

        def begin_when_free(*given: Any) -> Any:
            if begun:
                second.close()
            begun.append(given)
            return begin(*given)

        monkeypatch.setattr(jupyter, "_begin", begin_when_free)
        with jupyter.running(tmp_path, port=port) as lab:
            assert f":{port + 1}/" in lab.url
    assert len(begun) == 2
