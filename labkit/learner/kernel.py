"""A learner's cells, run in a new kernel that ends with us. Knows cells and kernels; knows nothing of exercises.

It speaks to the kernel through jupyter_client. nbclient would do it in a line, and costs two seconds of imports.
"""

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

from labkit.runtime import Environment

START_PATIENCE = 60.0  # seconds
CELL_PATIENCE = 120.0  # seconds; a check gives one call of an answer 20, and calls it several times
POLL = 0.5  # seconds between two looks whether the kernel lives


class CouldNotRun(RuntimeError):
    """The kernel did not come to an end with the cells. The message says what was seen and what to do."""


@dataclass(slots=True)
class Run:
    """What came of it. Cells go by their number in the learner's notebook."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)  # every check's outcome, in order
    errors: dict[int, tuple[str, str]] = field(default_factory=dict)  # cell -> class and message
    shown: dict[int, str] = field(default_factory=dict)  # cell -> what stood below it, as text


class _Here(KernelManager):
    """This very interpreter, whatever a machine's kernel specs say."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python"
        )


def run(
    pieces: Sequence[tuple[int, str]], folder: Path, here: Environment, step: Callable[[int], None] = lambda done: None
) -> Run:
    """Run these cells in this order, in `folder`; a cell that raises does not keep the next from its turn.

    The checks inside note their attempts as ever. `step` is told after each cell how many are done. Raises
    CouldNotRun where a cell hangs or the kernel dies.
    """
    done = Run()
    with _scratch(here.home) as scratch:
        slip = scratch / "outcomes.jsonl"
        with _kernel(scratch, folder, here, slip) as (manager, client):
            for count, (number, source) in enumerate(pieces, start=1):
                try:
                    _one(manager, client, number, source, done)
                except CouldNotRun as error:
                    raise CouldNotRun(f"{error}{_last_words(scratch)}") from None
                step(count)
        lines = slip.read_text(encoding="utf-8").splitlines() if slip.exists() else []
    done.outcomes = [json.loads(line) for line in lines if line]
    return done


def _one(manager: KernelManager, client: BlockingKernelClient, number: int, source: str, done: Run) -> None:
    """One cell, until the kernel is idle again."""
    asked = client.execute(source, allow_stdin=False, stop_on_error=False)
    shown: list[str] = []
    deadline = time.monotonic() + CELL_PATIENCE
    while True:
        try:
            message = client.get_iopub_msg(timeout=POLL)
        except queue.Empty:
            if not manager.is_alive():
                raise CouldNotRun(f"The kernel died in cell {number + 1}.") from None
            if time.monotonic() > deadline:
                what = f"Cell {number + 1} did not come back within {CELL_PATIENCE:g} seconds."
                raise CouldNotRun(f"{what} Which line waits? Run the cell by itself in JupyterLab.") from None
            continue
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stdout":
            shown.append(content["text"])
        elif kind in ("display_data", "execute_result"):
            shown.append(content["data"].get("text/plain", "") + "\n")
        elif kind == "error":
            done.errors[number] = (content["ename"], content["evalue"].split("\n", maxsplit=1)[0])
        elif kind == "status" and content["execution_state"] == "idle":
            done.shown[number] = "".join(shown).rstrip("\n")
            return


@contextmanager
def _kernel(
    scratch: Path, folder: Path, here: Environment, slip: Path
) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    """A kernel of nobody's habits: no start-up files, no history. It ends with the block, and if we are killed."""
    variables = {
        **here.variables,
        "LABKIT_HOME": str(here.home),
        "LABKIT_SLIP": str(slip),
        "IPYTHONDIR": str(scratch / "ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    manager = _Here(connection_file=str(scratch / "kernel.json"))
    with (scratch / "stderr.txt").open("wb") as stderr:
        manager.start_kernel(cwd=str(folder), env=variables, stdout=subprocess.DEVNULL, stderr=stderr)
    client = manager.client()
    client.start_channels()
    try:
        try:
            client.wait_for_ready(timeout=START_PATIENCE)
        except RuntimeError as error:
            raise CouldNotRun(f"The kernel did not start: {error}{_last_words(scratch)}") from None
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _last_words(scratch: Path) -> str:
    lines = (scratch / "stderr.txt").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-5:]
    said = "".join(f"\n    {line}" for line in lines)
    return f" Its last words:{said}\n`wirelab doctor` names the cure." if said else ""


@contextmanager
def _scratch(home: Path) -> Iterator[Path]:
    """A folder that goes afterwards; those that a killed program of ours left behind go too."""
    place = home / "checks"
    place.mkdir(parents=True, exist_ok=True)
    for left in place.iterdir():
        number = left.name.partition("-")[0]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=place, prefix=f"{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
