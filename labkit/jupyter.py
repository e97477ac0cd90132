"""One JupyterLab as a child process, without the network. Knows its options, address and end; nothing of lessons."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx2
import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages

from labkit import runtime

PORT_RETRIES = 50
STARTS = 3  # in all, where another program takes the port that JupyterLab has just found free
LOST = "no available port could be found"  # its last words then
TOLD = "jpserver-*.json"  # where JupyterLab writes down its address, just before it listens there
START_PATIENCE = 60.0  # seconds: the first start after an install compiles and reads cold files
END_PATIENCE = 12.0  # seconds: Jupyter gives a busy kernel five

# All that JupyterLab 4 would ask the network for, switched off: its update check, its news, and PyPI's extensions.
OFFLINE = (
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
    "--LabApp.extension_manager=readonly",
)
# The first entry: what it would ask the learner instead, in a box over the lesson. The second: a lesson is short, so
# all of it may stand in the page, where the browser's search and a screen reader find it. The third: what a lesson
# links to is read, not edited.
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
}


class JupyterError(RuntimeError):
    """JupyterLab could not be had. The message holds its last words and what to do."""


class LostPort(JupyterError):
    """The port that it found free was taken when it came to listen: two who start at the same moment."""


@dataclass(frozen=True, slots=True)
class Jupyter:
    """A running JupyterLab: `url` ends with a slash, `token` opens it."""

    process: subprocess.Popen[bytes]
    url: str
    token: str
    log: Path

    def address(self, notebook: str) -> str:
        """The address that opens `notebook`, a path inside the root folder."""
        return f"{self.url}lab/tree/{quote(notebook)}?token={self.token}"

    def last_words(self, count: int = 15) -> str:
        return _last_words(self.log, count)


@contextmanager
def running(root: Path, *, port: int = 8888) -> Iterator[Jupyter]:
    """Start JupyterLab over `root` on the first free port from `port` on; at the end it goes, and its kernels too.

    The token stands in a folder that only this user can read and that is removed at the end; neither a command line
    nor a log nor a kernel's environment shows it.
    """
    home = runtime.environment().home
    home.mkdir(parents=True, exist_ok=True)
    private = Path(tempfile.mkdtemp(dir=home, prefix="jupyter-"))  # mode 0700
    log = private / "jupyter.log"
    token = secrets.token_hex(24)
    (private / "token").write_text(token, encoding="ascii")
    door = private / "jupyter_server_config.d" / "wirelab.json"  # our own door, however this was installed
    door.parent.mkdir()
    shutil.copyfile(Path(__file__).with_name("jupyter_server_config.json"), door)
    (private / "settings").mkdir()
    (private / "settings" / "overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    others = runtime.environment().variables.get("JUPYTER_CONFIG_PATH", "")
    try:
        environment = {
            **runtime.environment().variables,
            "LABKIT_HOME": str(home),
            "JUPYTER_TOKEN_FILE": str(private / "token"),
            "JUPYTER_RUNTIME_DIR": str(private),
            "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(private), others])),
        }
        for left in reversed(range(STARTS)):
            for told in private.glob(TOLD):  # by one that lost its port: where it never listened
                told.unlink()
            process = _begin(_command(root, port, home, private), root, environment, log)
            url = None
            try:
                url = _wait(process, private, token, log)
                yield Jupyter(process, url, token, log)
                return
            except LostPort:
                if not left:
                    raise
            finally:
                _end(process, url, token)
    finally:
        shutil.rmtree(private, ignore_errors=True)  # on Windows a virus scanner may still hold a file open


def _begin(command: list[str], root: Path, environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=runtime.HIDDEN,
        )


def _command(root: Path, port: int, home: Path, private: Path) -> list[str]:
    options = [
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.port_retries={PORT_RETRIES}",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.open_browser=False",
        "--ServerApp.no_browser_open_file=True",
        f"--LabApp.workspaces_dir={home / 'workspaces'}",  # the course's layout, apart from the learner's own
        f"--LabApp.app_settings_dir={private / 'settings'}",
        *OFFLINE,
    ]
    if sys.platform != "win32" and os.geteuid() == 0:
        options.append("--ServerApp.allow_root=True")  # containers and CI run as root; we listen on loopback only
    return [sys.executable, "-P", "-m", "jupyterlab", *options]  # -P: a learner's own jupyterlab.py is not run instead


def _wait(process: subprocess.Popen[bytes], private: Path, token: str, log: Path) -> str:
    """The address, once JupyterLab listens and lets us in."""
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            error = LostPort if LOST in _last_words(log) else JupyterError
            raise error(
                f"JupyterLab ended at its start with exit code {process.returncode}. Its last words:\n"
                f"{_last_words(log)}\nRun `wirelab doctor`: it names the cure."
            )
        url = next((_address(path) for path in private.glob(TOLD)), None)
        if url is not None and _ask("GET", f"{url}api/status", token):
            return url
        time.sleep(0.05)
    raise JupyterError(
        f"JupyterLab did not answer within {START_PATIENCE:.0f} seconds. Its last words:\n{_last_words(log)}\n"
        "Run the command once more (a first start can be slow), then `wirelab doctor`."
    )


def _address(path: Path) -> str | None:
    """Jupyter writes down its real port (the asked one may have been taken); None while it is still writing."""
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError):
        return None


def _ask(method: str, url: str, token: str) -> bool:
    """Whether the request was answered with success."""
    headers = {"Authorization": f"token {token}"}
    try:
        return httpx2.request(method, url, headers=headers, trust_env=False, verify=False, timeout=5).is_success
    except httpx2.HTTPError:
        return False


def _end(process: subprocess.Popen[bytes], url: str | None, token: str) -> None:
    """Ask JupyterLab to shut its kernels down and go (the same request on every system), then make sure."""
    family = _family(process)
    if process.poll() is None and (url is None or not _ask("POST", f"{url}api/shutdown", token)):
        process.terminate()
    try:
        process.wait(END_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs(family, timeout=1)
    for child in alive:
        child.kill()


def _family(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Kernels and terminals: they lead groups of their own, so they are ended by name."""
    try:
        return list(psutil.Process(process.pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _last_words(log: Path, count: int = 15) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    return "\n".join(f"    {line}" for line in lines) or "    (nothing)"
