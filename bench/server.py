"""A server under test in a process of its own, with its memory and its processor time. Knows psutil."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages

COMMANDS = {
    "bare ASGI": ["-m", "bench.apps", "asgi"],
    "bare FastAPI": ["-m", "bench.apps", "fastapi"],
    "Wirelab": ["-m", "labserver", "--port", "0"],
}


@dataclass(frozen=True, slots=True)
class Served:
    """Where it listens, how one is let in, and what it costs."""

    name: str
    host: str
    port: int
    headers: str
    process: psutil.Process

    @property
    def memory(self) -> int:
        """Resident bytes."""
        return int(self.process.memory_info().rss)

    @property
    def processor(self) -> float:
        """Seconds of processor time so far."""
        spent = self.process.cpu_times()
        return float(spent.user + spent.system)


@contextmanager
def serving(name: str) -> Iterator[Served]:
    """One worker. Wirelab's journal and limits are on; the sandbox is of tier `bench`, as a load test's is."""
    with subprocess.Popen([sys.executable, *COMMANDS[name]], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            host, _, port = url.removeprefix("http://").partition(":")
            yield Served(name, host, int(port), _headers(name, url), psutil.Process(process.pid))
        finally:
            process.terminate()


def _headers(name: str, url: str) -> str:
    if name != "Wirelab":
        return ""
    made = httpx2.post(f"{url}/lab/sandboxes", json={"seed": 1, "tier": "bench"}, trust_env=False).raise_for_status()
    return f"authorization: Bearer {made.json()['key']}\r\n"
