"""Find, start and stop this learner's lab server. Knows its command line and its health; knows nothing of lessons.

The server outlives the kernel that started it: it leads a session of its own, so a kernel's restart or interrupt does
not reach it. A lock in the home folder makes one server of two kernels that ask at once.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import httpx2
from filelock import FileLock, Timeout

from labkit import runtime
from labkit.runtime import Server

__all__ = ["Server", "SessionError", "ensure", "find", "keep_alive", "parity", "providers", "serve", "stop"]

HASHED = (".py", ".toml", ".md", ".js", ".html")  # as labserver/fingerprint.py has it; a test compares the sums
PORT = 8001
PORT_TRIES = 50
START_PATIENCE = 20.0  # seconds
ANSWER_PATIENCE = 5.0  # seconds
LOCK_PATIENCE = 60.0  # seconds: somebody else's start, and then some
LOG_LIMIT = 1024 * 1024  # bytes
PULSE = 300.0  # seconds between two signs of life of a kernel

_children: list[subprocess.Popen[bytes]] = []  # what this process started: kept, so that it can be reaped


class SessionError(RuntimeError):
    """The lab server could not be had. The message says what was seen and what to do."""


def find() -> Server | None:
    """The running server of this home, or None. A runtime file whose server is gone is removed."""
    server = runtime.written()
    if server is None:
        return None
    if not runtime.lives(server):
        runtime.forget(server)
        return None
    return server if _answers(server) else None


def ensure(*, port: int = PORT, solo: bool = True, idle_minutes: float = 30, time_scale: float | None = None) -> Server:
    """The running server of this home, started first if there is none with today's code and these choices.

    `port` is where the search for a free one begins; a running server keeps its own. `time_scale` None means
    LABSERVER_TIME_SCALE, else 1.
    """
    scale = runtime.environment().time_scale if time_scale is None else float(time_scale)
    wanted = fingerprint(solo=solo, time_scale=scale)
    server = find()
    if server is not None and server.fingerprint == wanted:
        return server
    with _lock():
        server = find()
        if server is not None and server.fingerprint == wanted:
            return server
        if server is not None:
            print(f"The lab server at {server.url} had other code or settings: stopped, a new one follows.", flush=True)
        _end_written()
        flags = ["--solo" if solo else "--no-solo"]  # said either way: LABSERVER_SOLO may stand in the environment
        flags += ["--port", str(port), "--port-tries", str(PORT_TRIES)]
        flags += ["--idle-minutes", str(idle_minutes), "--time-scale", str(scale)]
        flags += ["--data-dir", str(runtime.environment().home / "data")]
        flags += _folders()
        return _start(flags)


def stop() -> bool:
    """End this home's server. False if none ran."""
    if runtime.written() is None:
        return False
    with _lock():
        return _end_written()


def keep_alive(server: Server, every: float = PULSE) -> None:
    """Show the server every few minutes that a reader is here, as long as this process lives. One thread, ever."""
    _pulse.follow(server, every)


def serve(flags: list[str]) -> int:
    """Run a lab server here, in the foreground, apart from this home's own. `flags` are labserver's.

    Its data stands in a folder of its own too, unless the flags or the environment choose another place.
    """
    here = runtime.environment()
    chosen = {"--data-dir", "--database"} & {flag.partition("=")[0] for flag in flags}
    if not chosen and not {"LABSERVER_DATA_DIR", "LABSERVER_DATABASE"} & here.variables.keys():
        flags = [*flags, "--data-dir", str(here.home / "serve")]
    command = [sys.executable, "-m", "labserver", *flags]
    if sys.platform != "win32":
        os.execv(command[0], command)  # it takes our place, and with it every signal meant for us
    with subprocess.Popen(command) as child:
        while child.poll() is None:
            try:
                time.sleep(0.2)
            except KeyboardInterrupt:
                continue  # Ctrl-C reached the server too, and it ends by itself
    return child.returncode


def providers(words: list[str]) -> int:
    """Ask labserver's own program about real providers; its exit code. The keys stay with it."""
    return subprocess.run([sys.executable, "-m", "labserver.providers_cli", *words], check=False).returncode


def recordings(words: list[str]) -> int:
    """labserver's own program about recorded answers; its exit code. `words` begin with its verb."""
    return subprocess.run([sys.executable, "-m", "labserver.record_cli", *words], check=False).returncode


def parity(words: list[str]) -> int:
    """The same for what the lessons claim of a provider. Where nobody is named, the server that runs is asked."""
    named = {word.partition("=")[0] for word in words} & {"--provider", "--base-url"}
    server = None if named else find()
    where = [] if server is None else ["--base-url", f"{server.url}/v1"]
    return subprocess.run([sys.executable, "-m", "labserver.parity", *where, *words], check=False).returncode


def fingerprint(*, solo: bool, time_scale: float) -> str:
    """The fingerprint of the server that we would start: the sum of labserver/fingerprint.py, done from outside."""
    package = labserver_folder()
    digest = hashlib.sha256(f"solo={solo};time_scale={time_scale}{_real()}".encode())
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.suffix in HASHED}
    for name in sorted(files):
        digest.update(name.encode())
        digest.update(files[name].read_bytes())
    return digest.hexdigest()[:16]


def _real() -> str:
    """The real provider, and the recordings, that a server started here would have from the environment, as its own
    sum names them.
    """
    here = {name.upper(): value for name, value in runtime.environment().variables.items()}
    tapes = here.get("LABSERVER_RECORDINGS", "")
    name, url, model = (here.get(f"LABSERVER_PROVIDER{part}", "") for part in ("", "_URL", "_MODEL"))
    real = f";provider={name}|{url.rstrip('/')}|{model}" if name else ""
    return f"{real};recordings={Path(tapes).absolute()}" if tapes else real


def _folders() -> list[str]:
    """Folders that the environment names, as flags: from here, for the server runs elsewhere."""
    here = {name.upper(): value for name, value in runtime.environment().variables.items()}
    named = {flag: here.get(f"LABSERVER_{flag.upper()}", "") for flag in ("record", "recordings")}
    return [word for flag, said in named.items() if said for word in (f"--{flag}", str(Path(said).absolute()))]


def labserver_folder() -> Path:
    """Where the labserver package lies; it is found, not imported."""
    spec = importlib.util.find_spec("labserver")
    if spec is None or spec.origin is None:
        raise SessionError(f"The lab server is not installed for {sys.executable}. Run `wirelab doctor` for the cure.")
    return Path(spec.origin).parent


def _answers(server: Server) -> bool:
    try:  # `verify` costs 20 ms and has nothing to verify: this is plain http on loopback
        with httpx2.Client(base_url=server.url, trust_env=False, verify=False, timeout=ANSWER_PATIENCE) as client:
            return bool(client.get("/lab").json()["pid"] == server.pid)  # `/lab`: no line in anybody's journal
    except (httpx2.HTTPError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def _lock() -> Iterator[None]:
    home = runtime.environment().home
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / "server.lock")
    try:
        lock.acquire(timeout=LOCK_PATIENCE)
    except Timeout:
        raise SessionError(
            f"Another program has held {lock.lock_file} for a minute. End it (a kernel that hangs while it starts the "
            "lab server?) and run this again; `wirelab doctor` tells more."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _end_written() -> bool:
    """End whatever the runtime file names, a server that hangs included. The lock is ours."""
    server = runtime.written()
    alive = server is not None and runtime.lives(server)
    if server is not None:
        runtime.end(server)
    for child in _children:
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.5 if server is not None and child.pid == server.pid else 0)
    return alive


def _start(flags: list[str]) -> Server:
    home = runtime.environment().home
    command = [sys.executable, "-m", "labserver", *flags, "--announce", str(runtime.runtime_file())]
    with _open_log(home / "server.log") as log:
        begin = log.tell()
        child = subprocess.Popen(
            command,
            cwd=labserver_folder().parent,  # what is fingerprinted is what runs; and no learner's folder stays busy
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=runtime.DETACHED,
        )
    _children.append(child)
    started = False
    try:
        deadline = time.monotonic() + START_PATIENCE
        while time.monotonic() < deadline:
            if child.poll() is not None:
                raise SessionError(_why(f"ended at its start with exit code {child.returncode}", home, begin))
            if (server := find()) is not None:
                started = True
                return server
            time.sleep(0.03)
        raise SessionError(_why(f"did not answer within {START_PATIENCE:.0f} seconds", home, begin))
    finally:
        if not started and child.poll() is None:  # also when the learner interrupts: no half-started server stays
            child.kill()
            child.wait()


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _why(what: str, home: Path, begin: int) -> str:
    log = home / "server.log"
    lines = log.read_bytes()[begin:].decode(errors="replace").splitlines()[-15:]
    said = "\n".join(f"    {line}" for line in lines) or "    (nothing)"
    return f"The lab server {what}. Its last words, from {log}:\n{said}\nRun `wirelab doctor`: it names the cure."


class _Pulse:
    """One daemon thread per process that asks the server for its health now and then."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self._url, self._every = "", PULSE

    def follow(self, server: Server, every: float) -> None:
        with self._guard:
            self._url, self._every = server.url, every
            self._changed.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="wirelab-keep-alive", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        with httpx2.Client(trust_env=False, verify=False, timeout=ANSWER_PATIENCE) as client:
            while True:
                if self._changed.wait(self._every):
                    self._changed.clear()
                    continue
                try:
                    client.get(f"{self._url}/lab")
                except httpx2.HTTPError:
                    continue  # it was stopped; the next `labkit.open` starts another, and we follow that one


_pulse = _Pulse()
