"""One learner's home folder and the process that is written down in it. Knows files and processes; speaks no HTTP.

The lab server itself writes `<home>/server.json` once it listens (`--announce`) and removes it at a clean exit.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_dir

BASE_URL = "LABKIT_BASE_URL"
END_PATIENCE = 5.0  # seconds between asking a process to end and ending it

# Popen's `creationflags` for a process that our own end, restart or interrupt does not reach. Elsewhere than on
# Windows `start_new_session=True` does the same.
# `HIDDEN` is the same for a process that keeps a console, unseen, for its own children.
if sys.platform == "win32":
    DETACHED = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
    HIDDEN = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
else:
    DETACHED = HIDDEN = 0


@dataclass(frozen=True, slots=True)
class Server:
    """A running lab server: `url` without a closing slash, and the hash over its code and its choices."""

    url: str
    port: int
    pid: int
    version: str
    fingerprint: str

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)


@dataclass(frozen=True, slots=True)
class Environment:
    """What this process was told from outside. `variables` is all of it, for the processes that we start.

    `slip` is where a kernel's checks are to be told of as well, to the program that started the kernel. `base_url` is
    the path of the Jupyter whose kernel this is, with slashes at both ends, where that Jupyter has our door; on a hub
    `hub_prefix` is that path too. `url` and `key` are the lab server and the sandbox that a terminal's verbs mean.
    """

    home: Path
    time_scale: float
    variables: Mapping[str, str]
    slip: Path | None = None
    base_url: str = ""
    hub_prefix: str = ""
    url: str = ""
    key: str = ""

    @property
    def progress(self) -> Path:
        """The log of attempts. It names exercises and no places, so that every folder may move."""
        return self.home / "progress.jsonl"


def environment() -> Environment:
    """The only reader of the environment in labkit: LABKIT_HOME, _SLIP, _URL, _KEY, LABSERVER_TIME_SCALE, and the rest.

    LABKIT_BASE_URL is what `tell_children` wrote, JUPYTERHUB_SERVICE_PREFIX is JupyterHub's word.
    """
    home = os.environ.get("LABKIT_HOME") or user_data_dir("wirelab", appauthor=False)
    try:
        time_scale = float(os.environ.get("LABSERVER_TIME_SCALE") or 1.0)
    except ValueError as error:
        raise ValueError(f"LABSERVER_TIME_SCALE: {error}. Set it to a number such as 0.5, or unset it.") from None
    slip = os.environ.get("LABKIT_SLIP")
    return Environment(
        Path(home).expanduser().resolve(),
        time_scale,
        dict(os.environ),
        Path(slip) if slip else None,
        base_url=os.environ.get(BASE_URL, ""),
        hub_prefix=os.environ.get("JUPYTERHUB_SERVICE_PREFIX", ""),
        url=os.environ.get("LABKIT_URL", ""),
        key=os.environ.get("LABKIT_KEY", ""),
    )


def tell_children(*, base_url: str) -> None:
    """What every process that this one starts from now on finds in its environment: kernels, above all."""
    os.environ[BASE_URL] = base_url


def runtime_file() -> Path:
    return environment().home / "server.json"


def written() -> Server | None:
    """The server that the runtime file names, whether or not it still lives. An unreadable file names nobody."""
    try:
        record = json.loads(runtime_file().read_text(encoding="utf-8"))
        return Server(
            url=str(record["url"]).rstrip("/"),
            port=int(record["port"]),
            pid=int(record["pid"]),
            version=str(record["version"]),
            fingerprint=str(record["fingerprint"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(server: Server) -> None:
    """Remove the runtime file, unless it meanwhile names another server than this one."""
    if written() == server:
        runtime_file().unlink(missing_ok=True)


def lives(server: Server) -> bool:
    return _process(server) is not None


def end(server: Server) -> None:
    """End the server's process: asked first, forced after END_PATIENCE seconds. A foreign process is never touched."""
    for ask in ("terminate", "kill"):
        if (process := _process(server)) is not None:
            with suppress(_psutil().NoSuchProcess):  # it may go by itself between the two lines
                getattr(process, ask)()
        deadline = time.monotonic() + END_PATIENCE
        while lives(server) and time.monotonic() < deadline:
            time.sleep(0.02)
    forget(server)


def _process(server: Server) -> Any:
    """The process, if it lives and is a lab server of this home: numbers are reused, command lines tell them apart."""
    psutil = _psutil()
    try:
        process = psutil.Process(server.pid)
        command = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # a zombie counts as gone
        return None
    return process if "labserver" in command and str(runtime_file()) in command else None


def _psutil() -> Any:
    """psutil, loaded when a process is looked at: whoever asks only for the home need not wait for it."""
    import psutil  # type: ignore[import-untyped]  # noqa: PLC0415  # it ships no types

    return psutil
