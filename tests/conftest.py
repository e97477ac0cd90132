"""A real lab server for the tests that need a socket. Each pytest process (so each xdist worker) has its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from independent import Independent, installed
from nursery import POSSIBLE, Born
from upstream import KEY, Upstream

ROOT = Path(__file__).parents[1]
PROGRAM = ("-m", "labserver")
START_SECONDS = 60
FLAGS = ["--port", "0", "--allow-host", "lab"]  # the second is what bare sockets here call it
END_SECONDS = 6
EXPECTED = ("surface=malformed",)  # what a server may say on stderr: some tests send no HTTP


class LiveServer:
    """One running lab server: where it listens, its control plane in Python, and its end."""

    def __init__(self, folder: Path, *flags: str, program: tuple[str, ...] = PROGRAM, born: bool = False) -> None:
        """`born`: from the nursery, where the program's imports are done already; else a fresh Python, as people do."""
        self.announcement = folder / "server.json"
        self.stderr = folder / "stderr.txt"
        # A developer's own LABSERVER_ settings must not change what the tests see.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LABSERVER_")}
        given = [*FLAGS, "--announce", str(self.announcement), *flags]
        self.process: subprocess.Popen[bytes] | Born
        if born and POSSIBLE:
            self.process = Born(given, inherited, ROOT, self.stderr)
        else:
            with self.stderr.open("wb") as errors:
                self.process = subprocess.Popen(
                    [sys.executable, *program, *given],
                    cwd=ROOT,
                    env=inherited,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                )
        try:
            said = self._await_announcement()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.pid: int = said["pid"]
        self.port: int = said["port"]
        self.also: list[int] = said["also"]
        self.url: str = said["url"]
        self.ws_url = self.url.replace("http://", "ws://")
        self.judged = False
        self.talks = "--log-level" in flags
        self.http = httpx2.Client(base_url=self.url, timeout=30)

    def _await_announcement(self) -> dict[str, Any]:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.announcement.exists():
                said: dict[str, Any] = json.loads(self.announcement.read_text(encoding="utf-8"))
                return said
            time.sleep(0.01)
        raise AssertionError(f"The lab server did not start:\n{self.complaints()}")

    def sandbox(self, seed: int | None = 7, **wanted: Any) -> str:
        """The key of a fresh sandbox."""
        made = self.http.post("/lab/sandboxes", json={"seed": seed, **wanted}).raise_for_status()
        return str(made.json()["key"])

    def journal(self, key: str | None, wait: float = 2.0) -> list["Record"]:
        """The sandbox's exchanges, oldest first, once all have ended or `wait` seconds have passed."""
        answer = self.http.get("/lab/journal", params={"wait": wait}, headers=bearer(key), timeout=wait + 5)
        return [Record(exchange) for exchange in answer.raise_for_status().json()["exchanges"]]

    def last(self, key: str | None, wait: float = 2.0) -> "Record":
        """The newest exchange, as soon as there is one: on a busy machine a request may be read after the asking."""
        deadline = time.monotonic() + 10
        while not (found := self.journal(key, wait)):
            assert time.monotonic() < deadline, "no request has arrived"
        return found[-1]

    def dial(self, port: int | None = None) -> "Wire":
        """A bare TCP connection, for `with`."""
        return Wire(socket.create_connection(("127.0.0.1", port or self.port), timeout=5))

    @staticmethod
    def request(method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> bytes:
        """A request as bytes; `body` leaves as JSON, and `x_lab_pace=` becomes the header `x-lab-pace`."""
        content = b"" if body is None else json.dumps(body).encode()
        fields = {"host": "lab", **bearer(key), **{name.replace("_", "-"): value for name, value in headers.items()}}
        if body is not None:
            fields |= {"content-type": "application/json", "content-length": str(len(content))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content

    def await_quiet(self, seconds: float = 10.0) -> None:
        """Wait until no exchange is open but the one that asks."""
        deadline = time.monotonic() + seconds
        while (still := self.http.get("/lab").json()["open_exchanges"]) > 1:
            assert time.monotonic() < deadline, f"{still - 1} exchanges are still open"

    def complaints(self) -> str:
        return self.stderr.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> float:
        """SIGTERM; the seconds until the process was gone. Asserts an orderly end and, unless it may log, silence."""
        self.judged = True
        self.http.close()
        began = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"The lab server did not end in {END_SECONDS} s.") from None
        seconds = time.monotonic() - began
        unexpected = [line for line in self.complaints().splitlines() if not any(word in line for word in EXPECTED)]
        assert self.talks or not unexpected, self.complaints()
        return seconds


class Record(dict[str, Any]):
    """One exchange of the journal; `asked` and `answered` are its bytes."""

    @property
    def asked(self) -> bytes:
        return "".join(text for _, text in self["request"]).encode("latin-1")

    @property
    def answered(self) -> bytes:
        return "".join(text for _, text in self["response"]).encode("latin-1")


class Wire:
    """A client that is only a socket: it sends exactly what it is told and keeps exactly what it received."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.received = b""
        self._taken = 0

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def until(self, marker: bytes) -> bytes:
        """Everything from where the last read stopped to the end of `marker`."""
        while (at := self.received.find(marker, self._taken)) < 0:
            piece = self.socket.recv(65536)
            assert piece, f"The server closed before {marker!r}; it said {self.received[self._taken :]!r}"
            self.received += piece
        return self._take(at + len(marker))

    def answer(self) -> bytes:
        """One whole HTTP answer, head and body."""
        head = self.until(b"\r\n\r\n")
        fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
        if fields.get(b"transfer-encoding") == b"chunked":
            return head + self.until(b"\r\n0\r\n\r\n")
        return head + self.exactly(int(fields.get(b"content-length", b"0")))

    def exactly(self, count: int) -> bytes:
        while len(self.received) < self._taken + count:
            piece = self.socket.recv(65536)
            assert piece, f"The server closed {count} bytes too early"
            self.received += piece
        return self._take(self._taken + count)

    def rest(self) -> bytes:
        """Everything until the server closes."""
        while piece := self.socket.recv(65536):
            self.received += piece
        return self._take(len(self.received))

    def _take(self, end: int) -> bytes:
        taken, self._taken = self.received[self._taken : end], end
        return taken


def bearer(key: str | None) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


StartServer = Callable[..., LiveServer]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The server that most tests share: one learner's (`--solo`), in real time."""
    live = LiveServer(tmp_path_factory.mktemp("server"), "--solo", "--time-scale", "1")
    yield live
    live.stop()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server for many, as in a workshop: without `--solo`."""
    live = LiveServer(tmp_path_factory.mktemp("shared"))
    yield live
    live.stop()


@pytest.fixture(scope="session")
def hasty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that gives its clients little time: a second to ask something, else 0.3 s."""
    limits = ["--head-seconds", "0.3", "--body-seconds", "0.3", "--ping-seconds", "0.3", "--keep-alive-seconds", "1"]
    live = LiveServer(tmp_path_factory.mktemp("hasty"), "--solo", *limits)
    yield live
    live.stop()


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting and no key of the machine that the tests run on."""
    for name in os.environ:
        if name.startswith("LABSERVER_") or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)


@pytest.fixture
def operator(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of somebody who has set one key, and nothing else."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture(scope="module")
def there() -> Iterator[Upstream]:
    """Somebody else's model server."""
    with Upstream() as there:
        yield there


@pytest.fixture
def upstream(there: Upstream) -> Upstream:
    """The same, with everything forgotten: it says what this test tells it to."""
    there.forget()
    return there


@pytest.fixture(scope="session")
def independent(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Independent]:
    """Somebody else's program in front of the server that most tests share; it takes its time to start."""
    proxy = Independent(installed(), server, tmp_path_factory.mktemp("independent"))
    yield proxy
    proxy.stop()


@pytest.fixture
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Start further servers with other flags; they end with the test, unless it ended them itself."""
    yield from _starting(tmp_path_factory)


@pytest.fixture(scope="module")
def start_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """The same for the servers that all tests of a file share."""
    yield from _starting(tmp_path_factory)


def _starting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    started: list[LiveServer] = []

    def start(*flags: str, **how: Any) -> LiveServer:
        how.setdefault("born", "program" not in how)
        started.append(LiveServer(tmp_path_factory.mktemp("server"), *flags, **how))
        return started[-1]

    yield start
    for live in started:
        if not live.judged:
            live.stop()
