"""A lab server of the author's tools' own: a free port, nothing on disk, ended by its own handle. Knows no course."""

import json
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labkit import session

START_PATIENCE = 60.0  # seconds: the machine is busy with the proofs themselves
END_PATIENCE = 6.0


class NotServed(RuntimeError):
    """The lab server did not start; the message holds its last words."""


@contextmanager
def running(time_scales: Collection[float], variables: Mapping[str, str]) -> Iterator[dict[float, str]]:
    """The url of a server for each factor on the server's own waits. Raises NotServed."""
    with ExitStack() as ends:
        started = {scale: ends.enter_context(_started(scale, variables)) for scale in time_scales}  # all, then wait
        yield {scale: _announced(*one)["url"] for scale, one in started.items()}


@contextmanager
def _started(time_scale: float, variables: Mapping[str, str]) -> Iterator[tuple["subprocess.Popen[bytes]", Path, Path]]:
    with TemporaryDirectory(prefix="wirelab-proof-", ignore_cleanup_errors=True) as folder:
        announcement, log = Path(folder) / "server.json", Path(folder) / "server.log"
        flags = ["--port", "0", "--solo", "--time-scale", str(time_scale), "--idle-minutes", "0"]
        kept = {name: value for name, value in variables.items() if not name.upper().startswith("LABSERVER_")}
        with log.open("wb") as words:
            process = subprocess.Popen(
                [sys.executable, "-m", "labserver", *flags, "--announce", str(announcement)],
                cwd=session.labserver_folder().parent,
                env={**kept, "LABKIT_HOME": folder},  # an author's own settings must not change what is proved
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
            )
        try:
            yield process, announcement, log
        finally:
            _end(process)


def _announced(process: "subprocess.Popen[bytes]", announcement: Path, log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if announcement.is_file():
            told: dict[str, Any] = json.loads(announcement.read_text(encoding="utf-8"))
            return told
        time.sleep(0.02)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    raise NotServed(f"The lab server for the proofs did not start. Its last words:\n{last}\nRun `wirelab doctor`.")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(END_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
