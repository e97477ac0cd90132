"""A learner's own server in a process of its own, behind a recording door. Ended by its id, whatever happens.

The contract: the answer is an ASGI application (`app = FastAPI()`), or a function without parameters that makes one.
Its process gets the source that `excerpt.program` cuts out of the cells that ran, so it may use imports, functions and
constants of the notebook, and no object that lives only there.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import httpx2
import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages

from labkit import runtime
from labkit.checks import excerpt
from labkit.checks.door import Door
from labkit.checks.prints import Prints
from labkit.checks.proof import brief, quoted
from labkit.exchange import Exchange
from labkit.outcome import Wrong

END_PATIENCE = 3.0  # seconds
SERVING = Path(__file__).with_name("serving.py")  # run, never imported: a kernel needs no uvicorn


class NotServing(Exception):
    """The program ended, or raised, before it listened: the error's class and what is told of it."""

    def __init__(self, kind: str, told: str) -> None:
        super().__init__(told)
        self.kind = kind


class OwnServer:
    """A running server of the learner's: `url` is the door's, `pid` its process. Raises NotServing, or Wrong."""

    def __init__(self, answer: Any, prints: Prints, patience: float) -> None:
        source, name = excerpt.program(answer)
        self.patience = patience
        self._folder = tempfile.TemporaryDirectory(prefix="wirelab-server-", ignore_cleanup_errors=True)
        self._door: Door | None = None
        self._http: httpx2.Client | None = None
        place = Path(self._folder.name)
        file, announcement = place / "server.py", place / "announcement.json"
        file.write_text(source, encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(SERVING), str(file), name, str(announcement)],
            stdin=subprocess.PIPE,  # its end is the end of that process, also when ours comes first
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**runtime.environment().variables, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
            start_new_session=True,
            creationflags=runtime.HIDDEN,
        )
        self._readers = [self._reading(name, prints) for name in ("stdout", "stderr")]
        try:
            self._door = Door(self._port(announcement))
            self.url = self._door.url
            self._http = httpx2.Client(base_url=self.url, trust_env=False, verify=False)
        except BaseException:
            self.end()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def ask(
        self, method: str, path: str, *, status: int | None = None, within: float = 0, **options: Any
    ) -> httpx2.Response:
        """One request through the door, as httpx2 takes it. Raises Wrong where nothing comes, or not this `status`.

        `within` is how many seconds it may be silent; the bench's patience where nothing is said.
        """
        assert self._http is not None
        within = within or self.patience
        try:
            answer = self._http.request(method, path, timeout=within, **options)
        except httpx2.TransportError as error:
            silent = isinstance(error, httpx2.TimeoutException)
            raise Wrong(
                f"Your server did not answer {method} {path}.",
                expected="an answer",
                seen=f"nothing for {within:g} seconds" if silent else "a connection that ended without one",
                proof=self._last(),
                look="which line of that route waits?" if silent else "what your code printed to stderr: its last line",
            ) from None
        if status is not None and answer.status_code != status:
            raise Wrong(
                f"Your server answered {answer.status_code} to {method} {path}.",
                expected=str(status),
                seen=f"{answer.status_code}: {quoted(answer.text, 80)}",
                proof=self._last(),
                look="what your code printed to stderr: its last line"
                if answer.status_code >= 500
                else "which route takes this method and this path?"
                if answer.status_code in (404, 405)
                else "what the answer's body says about it",
            )
        return answer

    def exchanges(self, wait: float = 2.0) -> list[Exchange]:
        """What passed the door, oldest first, once all have ended or `wait` seconds have passed."""
        assert self._door is not None
        return self._door.exchanges(wait)

    def lives(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """End the process and everything that it started; by their ids, asked once and then forced."""
        if self._http is not None:
            self._http.close()
        if self._door is not None:
            self._door.close()
        family: list[psutil.Process] = []
        with suppress(psutil.Error):
            family = psutil.Process(self.pid).children(recursive=True)
        if sys.platform != "win32":
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGTERM)
        else:
            self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_PATIENCE)
        if sys.platform != "win32":
            with suppress(ProcessLookupError):  # the group outlives its leader: children that nobody waits for
                os.killpg(self.pid, signal.SIGKILL)
        for one in family:
            with suppress(psutil.Error):
                one.kill()
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(1)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._folder.cleanup()

    def _last(self) -> str:
        seen = self.exchanges(wait=0.2)
        return brief(seen[-1]) if seen else ""

    def _port(self, announcement: Path) -> int:
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            gone = not self.lives()  # asked first: what it wrote before its end is there
            if announcement.exists():
                said = json.loads(announcement.read_text(encoding="utf-8"))
                if "port" in said:
                    return int(said["port"])
                raise NotServing(said["kind"], said["error"])
            if gone:
                raise NotServing(
                    "SystemExit", f"your server ended by itself, with exit code {self._process.returncode}"
                )
            time.sleep(0.01)
        raise Wrong(
            f"Your server does not listen after {self.patience:g} seconds.",
            expected="a program that ends: defining routes takes no time",
            seen="it still runs, and nobody listens",
            look="which line outside of the routes waits? A server must not be started by your own code (no `run`)",
        )

    def _reading(self, name: str, prints: Prints) -> threading.Thread:
        pipe: IO[bytes] = getattr(self._process, name)

        def read() -> None:
            with suppress(OSError, ValueError):
                for line in pipe:
                    prints.add(name, line.decode("utf-8", "replace").replace("\r\n", "\n"))

        thread = threading.Thread(target=read, name=f"wirelab server {name}", daemon=True)
        thread.start()
        return thread
