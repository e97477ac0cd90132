"""A learner's cells, run in a new kernel that ends with us. Knows cells and kernels; knows nothing of exercises."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psutil  # type: ignore[import-untyped]  # psutil ships no types and its stubs are not among our packages
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode, v4

from labkit.runtime import Environment

CELL_TIMEOUT = 120  # seconds; a check gives one call of an answer 20, and calls it several times


class CouldNotRun(RuntimeError):
    """The kernel did not come to an end with the cells. The message says what was seen and what to do."""


@dataclass(slots=True)
class Run:
    """What came of it. Cells go by their number in the learner's notebook."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)  # every check's outcome, in order
    errors: dict[int, tuple[str, str]] = field(default_factory=dict)  # cell -> class and message
    shown: dict[int, str] = field(default_factory=dict)  # cell -> what stood below it, as text


class _Here(AsyncKernelManager):
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
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for _, source in pieces])  # type: ignore[no-untyped-call]
    at = 0

    def begins(cell: NotebookNode, cell_index: int) -> None:
        nonlocal at
        at = cell_index

    def ended(cell: NotebookNode, cell_index: int, execute_reply: Mapping[str, Any]) -> None:
        step(cell_index + 1)

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        allow_errors=True,
        skip_cells_with_tag="",
        store_widget_state=False,
        record_timing=False,
        kernel_manager_class=_Here,
        resources={"metadata": {"path": str(folder)}},
        on_cell_execute=begins,
        on_cell_executed=ended,
    )
    with _scratch(here.home) as scratch, TemporaryFile() as stderr:
        slip = scratch / "outcomes.jsonl"
        variables = {
            **here.variables,
            "LABKIT_HOME": str(here.home),
            "LABKIT_SLIP": str(slip),
            "IPYTHONDIR": str(scratch / "ipython"),  # nobody's start-up files: a restart must mean the same everywhere
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        try:
            client.execute(env=variables, stderr=stderr)
        except CellTimeoutError:
            what = f"Cell {pieces[at][0] + 1} did not come back within {CELL_TIMEOUT} seconds."
            raise CouldNotRun(f"{what} Which line waits? Run the cell by itself in JupyterLab.") from None
        except (DeadKernelError, RuntimeError) as error:  # the second: it died before it answered at all
            stderr.seek(0)
            told = stderr.read().decode(errors="replace").strip().splitlines()[-5:]
            words = "\n".join(f"    {line}" for line in [*told, f"{type(error).__name__}: {error}"])
            raise CouldNotRun(f"The kernel died. Its last words:\n{words}\n`wirelab doctor` names the cure.") from None
        return _told(pieces, client.nb, slip)


def _told(pieces: Sequence[tuple[int, str]], notebook: NotebookNode, slip: Path) -> Run:
    run = Run()
    for (number, _), cell in zip(pieces, notebook.cells, strict=True):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors:
            run.errors[number] = (errors[-1].ename, str(errors[-1].evalue).split("\n", maxsplit=1)[0])
        run.shown[number] = "\n".join(text.rstrip("\n") for text in _texts(cell.outputs))
    lines = slip.read_text(encoding="utf-8").splitlines() if slip.exists() else []
    run.outcomes = [json.loads(line) for line in lines if line]
    return run


def _texts(outputs: Sequence[Any]) -> Iterator[str]:
    for output in outputs:
        if output.output_type == "stream" and output.name == "stdout":
            yield output.text
        elif output.output_type in ("display_data", "execute_result"):
            yield output.data.get("text/plain", "")


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
