"""What a leak would show in: tasks, open exchanges, open files, memory of a server in a process of its own."""

import time
from dataclasses import dataclass
from typing import Any

import psutil

MEGABYTE = 1024 * 1024
PATIENCE = 30.0  # seconds; on a busy machine fifty goodbyes take a while


@dataclass(frozen=True)
class Vitals:
    """Files count sockets too."""

    tasks: int
    exchanges: int
    files: int

    @classmethod
    def of(cls, server: Any) -> "Vitals":
        about = server.http.get("/lab").raise_for_status().json()
        return cls(about["tasks"], about["open_exchanges"], psutil.Process(server.pid).num_fds())


def memory(server: Any) -> float:
    """Megabytes in RAM."""
    return float(psutil.Process(server.pid).memory_info().rss / MEGABYTE)


def await_recovery(server: Any, before: Vitals) -> None:
    """Wait until nothing is left of what happened since `before`."""
    deadline = time.monotonic() + PATIENCE
    while (now := Vitals.of(server)) != before:
        more = (now.tasks > before.tasks, now.exchanges > before.exchanges, now.files > before.files)
        if not any(more):
            return  # fewer: something of an earlier test has ended meanwhile
        assert time.monotonic() < deadline, f"something is left: it was {before} and is {now}"
        time.sleep(0.02)
