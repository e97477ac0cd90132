"""A verb of the terminal as a process of its own."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable


def wirelab(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "labkit", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


class Terminal:
    """A verb that goes on until it is told to stop; `tty` gives its stdout a terminal, `mixed` takes in its stderr."""

    def __init__(self, *words: str, tty: bool = False, mixed: bool = False, **environment: str) -> None:
        self.end, out = pty.openpty() if tty else os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "labkit", *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out if mixed else subprocess.PIPE,
            text=True,
            env={**os.environ, "COLUMNS": "100", "TERM": "xterm-256color", **environment},
        )
        os.close(out)
        self.said = ""

    def until(self, words: str, seconds: float = 20) -> str:
        """Everything so far, once `words` are among it."""
        deadline = time.monotonic() + seconds
        while words not in self.said:
            left = deadline - time.monotonic()
            assert left > 0 and self.process.poll() is None, f"no {words!r} in:\n{self.said}\n{self.complaints()}"
            if select.select([self.end], [], [], left)[0]:
                self.said += os.read(self.end, 65536).decode()
        return self.said

    def complaints(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read() if self.process.poll() is not None else ""

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """(exit code, what it said on stderr)."""
        self.process.send_signal(number)
        _, complaints = self.process.communicate(timeout=20)
        return self.process.returncode, complaints


Open = Callable[..., Terminal]
