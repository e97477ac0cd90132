"""Lab servers born of a process that has imported the program and run none of it. Knows processes; knows no test.

`python -m labserver` spends ten times as long on its imports as on its start. The standard library's fork server
imports once and has one thread; what it gives birth to is the whole program: `main` with flags, environment, pid,
sockets, signals and stderr of its own.
"""

import multiprocessing
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

OURS = "labserver.__main__"
POSSIBLE = "forkserver" in multiprocessing.get_all_start_methods()  # not on Windows


class Born:
    """A lab server's process: what tests use of a `subprocess.Popen`. It ends with the process that asked for it."""

    def __init__(self, flags: list[str], environment: Mapping[str, str], folder: Path, stderr: Path) -> None:
        nursery = multiprocessing.get_context("forkserver")
        nursery.set_forkserver_preload([OURS])
        self._process = nursery.Process(target=_live, args=(flags, dict(environment), folder, stderr), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None while it lives."""
        return self._process.exitcode

    def poll(self) -> int | None:
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired, as a Popen does."""
        self._process.join(timeout)
        if (code := self.returncode) is None:
            raise subprocess.TimeoutExpired(OURS, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _live(flags: list[str], environment: dict[str, str], folder: Path, stderr: Path) -> None:
    """In the newborn: what a Popen sets up before its program begins, and then the program."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(nowhere, stream)
    os.dup2(os.open(stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
    from labserver.__main__ import main

    main(flags)
