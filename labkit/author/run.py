"""Lessons and solutions executed in place, in a home of their own. Knows kernels; knows nothing of what is taught."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from labkit.author import ipynb
from labkit.author.normal import normalise, pictureless, plain
from labkit.author.problem import Problem, Refused
from labkit.manifest import MANIFEST, load

EXECUTED = ("notebooks", "solutions")
CELL_TIMEOUT = 120  # seconds
SHOWN = 30  # last lines of an error


def run(
    root: Path,
    lessons: Sequence[str] = (),
    *,
    variables: Mapping[str, str],
    home: Path | None = None,
    say: Callable[[str], None] = print,
) -> list[Path]:
    """Execute and normalise the notebooks of these lessons, all without a name; the files that changed.

    A picture drawn from measured times is another one in every run; it alone is no change.

    `variables` is the kernels' environment. Without `home` they get a LABKIT_HOME of their own, whose server is ended
    afterwards, so that an author's own server is not disturbed. A cell that fails stops the run (Refused); the
    notebook in which it stands stays as it was.
    """
    paths = _chosen(root, lessons)
    changed = []
    with _surroundings(variables, home) as environment:
        for path in paths:
            file = f"{path.parent.name}/{path.name}"
            say(f"running {file}")
            content = ipynb.encode(normalise(execute(path, file, environment)))
            if pictureless(path.read_bytes()) != pictureless(content):
                ipynb.write(path, content)
                changed.append(path)
    return changed


def execute(path: Path, file: str, environment: Mapping[str, str], cell_timeout: int = CELL_TIMEOUT) -> NotebookNode:
    """The notebook as a fresh kernel in the notebook's folder runs it. Raises Refused at a failing cell."""
    node = ipynb.load(path, file)
    ipynb.name_cells(node)
    at = 0

    def begins(cell: NotebookNode, cell_index: int) -> None:
        nonlocal at
        at = cell_index + 1

    def refused(what: str, told: str, cure: str) -> Refused:
        return Refused(Problem(file, at or None, "\n".join([what, *told.splitlines()[-SHOWN:]]), cure))

    client = NotebookClient(
        node,
        timeout=cell_timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        skip_cells_with_tag="",  # nbval knows no such tag: what it will run, we run
        store_widget_state=False,
        record_timing=False,
        on_cell_execute=begins,
    )
    with TemporaryFile() as stderr:
        try:
            return client.execute(env=dict(environment), stderr=stderr)
        except CellExecutionError as error:
            cure = "Mend the cell; where the error is the lesson, tag the cell raises-exception."
            why = plain(f"{error.ename}: {error.evalue}").partition("\n")[0]
            raise refused(f"it raised {why}", _traceback(node, at), cure) from None
        except CellTimeoutError:
            cure = "Make it quicker: a lesson's cell takes seconds."
            raise refused(f"it ran for more than {cell_timeout} seconds.", "", cure) from None
        except DeadKernelError:
            stderr.seek(0)
            told = stderr.read().decode(errors="replace")
            raise refused("the kernel died. Its last words:", told, "Run the cell by itself.") from None


def _chosen(root: Path, lessons: Sequence[str]) -> list[Path]:
    course = load(root / MANIFEST)
    paths: list[Path] = []
    for lesson in [course.lesson(lesson_id) for lesson_id in lessons] or course.lessons:
        written = [
            root / folder / lesson.notebook for folder in EXECUTED if (root / folder / lesson.notebook).is_file()
        ]
        if lessons and not written:
            file = f"{EXECUTED[0]}/{lesson.notebook}"
            raise Refused(Problem(file, None, "it does not exist: there is nothing to run.", "Write it first."))
        paths += written
    return paths


@contextmanager
def _surroundings(variables: Mapping[str, str], home: Path | None) -> Iterator[dict[str, str]]:
    """The kernels' environment: nobody's IPython start-up files, and a LABKIT_HOME that is cleared up afterwards."""
    with TemporaryDirectory(prefix="wirelab-author-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        environment = {
            **variables,
            "IPYTHONDIR": str(place / "ipython"),
            "JUPYTER_CONFIG_DIR": str(place / "config"),
            "JUPYTER_RUNTIME_DIR": str(place / "runtime"),
            "LABKIT_HOME": str(home.resolve() if home else place / "home"),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        try:
            yield environment
        finally:
            if home is None:  # a process of its own, because labkit reads its home from the environment
                command = [sys.executable, "-c", "from labkit import session; session.stop()"]
                subprocess.run(command, env=environment, check=True)


def _traceback(node: NotebookNode, number: int) -> str:
    """The error of this cell as a learner sees it, without colours."""
    errors = [output for output in node.cells[number - 1].outputs if output.output_type == "error"]
    return plain("\n".join(errors[-1].traceback)) if errors else ""
