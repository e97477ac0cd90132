"""The proof can go red: one flipped character in one stored output fails the run that `make test` makes."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.author import book, ipynb
from labkit.author.gates.execution import counts
from labkit.author.normal import normalise
from labkit.author.run import execute

Prove = Callable[[Path], "subprocess.CompletedProcess[str]"]
Notebook = dict[str, Any]

TINY = [
    ("text", "# Tea", []),
    ("code", "import sys\nprint('green tea')\nprint('hot', file=sys.stderr)", []),
    ("code", "40 + 2", []),
    ("code", 'from IPython.display import HTML\nHTML(\'<img alt="a cup" src="data:image/png;base64,AAAA">\')', []),
    ("code", "raise ValueError('no milk')", ["raises-exception"]),
]


@pytest.fixture
def prove(root: Path, nbval: dict[str, Any], private_environment: dict[str, str]) -> Prove:
    """pytest over one notebook, with the Makefile's options and the project's own configuration."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", "--color=no"]

    def run(path: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, f"--rootdir={path.parent}", *nbval["NBVAL_OPTIONS"], str(path)],
            cwd=root,
            env=private_environment,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory, private_environment: dict[str, str]) -> bytes:
    """TINY, executed and stored as `wirelab dev run` does it."""
    path = tmp_path_factory.mktemp("executed") / "tiny.ipynb"
    cells: list[Notebook] = [
        {"cell_type": "markdown", "id": f"c{number}", "metadata": {}, "source": source}
        if kind == "text"
        else {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {"tags": tags},
            "source": source,
            "execution_count": None,
            "outputs": [],
        }
        for number, (kind, source, tags) in enumerate(TINY)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return ipynb.encode(normalise(execute(path, path.name, private_environment)))


@pytest.fixture
def tiny(tmp_path: Path, executed: bytes) -> Path:
    """A copy of its own of the executed notebook."""
    path = tmp_path / "notebooks" / "00_tiny.ipynb"
    path.parent.mkdir()
    path.write_bytes(executed)
    return path


def change(path: Path, edit: Callable[[Notebook], object]) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    edit(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def failed(result: "subprocess.CompletedProcess[str]") -> set[tuple[str, str]]:
    """(notebook, cell as nbval names it: code cells from 0) of each failure."""
    return set(re.findall(r"^FAILED .*?([\w-]+\.ipynb)::(Cell \d+)", result.stdout, re.MULTILINE))


def outputs(notebook: Notebook, number: int) -> list[dict[str, Any]]:
    """The stored outputs of a code cell, counted from 0."""
    found: list[dict[str, Any]] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][number]["outputs"]
    return found


def flipped(text: str | list[str]) -> str:
    """The text with its first letter or digit replaced by another one."""
    return re.sub(r"[A-Za-z0-9]", lambda found: "y" if found.group() == "x" else "x", "".join(text), count=1)


def poison_first_text(notebook: Notebook) -> int:
    """Flip one character of the first printed or shown text; the cell that holds it, code cells counted from 0."""
    codes = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(codes):
        for output in cell["outputs"]:
            for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
                if key in holder and flipped(holder[key]) != "".join(holder[key]):
                    holder[key] = flipped(holder[key])
                    return number
    raise AssertionError("this notebook shows nothing that could be poisoned")


def flip(number: int, output: int, *keys: str) -> Callable[[Notebook], None]:
    """A poison: one character of one field of one output."""

    def edit(notebook: Notebook) -> None:
        holder = outputs(notebook, number)[output]
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = flipped(holder[keys[-1]])

    return edit


POISONS: dict[str, tuple[Callable[[Notebook], object], str]] = {
    "stdout": (flip(0, 0, "text"), "Cell 0"),
    "stderr": (flip(0, 1, "text"), "Cell 0"),
    "result": (flip(1, 0, "data", "text/plain"), "Cell 1"),
    "alt": (flip(2, 0, "data", "text/html"), "Cell 2"),
    "error-name": (flip(3, 0, "ename"), "Cell 3"),
    "error-text": (flip(3, 0, "evalue"), "Cell 3"),
    "output-lost": (lambda notebook: outputs(notebook, 1).clear(), "Cell 1"),
    "output-added": (lambda notebook: outputs(notebook, 1).append(outputs(notebook, 0)[0]), "Cell 1"),
}


def test_an_untouched_notebook_passes(tiny: Path, prove: Prove) -> None:
    result = prove(tiny)
    assert result.returncode == 0, result.stdout
    assert "4 passed" in result.stdout


def test_one_flipped_character_of_a_stored_output_turns_the_run_red_and_names_the_cell(
    tiny: Path, prove: Prove
) -> None:
    change(tiny, poison_first_text)
    result = prove(tiny)
    assert result.returncode == 1, result.stdout
    assert failed(result) == {("00_tiny.ipynb", "Cell 0")}


def test_every_kind_of_poison_is_found_where_it_is_and_nowhere_else(tiny: Path, prove: Prove) -> None:
    for name, (edit, _) in POISONS.items():
        change(Path(shutil.copy(tiny, tiny.with_name(f"{name}.ipynb"))), edit)
    result = prove(tiny.parent)
    assert result.returncode == 1, result.stdout
    assert failed(result) == {(f"{name}.ipynb", cell) for name, (_, cell) in POISONS.items()}


def test_another_pictures_bytes_pass_and_only_they(tiny: Path, prove: Prove) -> None:
    def other_bytes(notebook: Notebook) -> None:
        data = outputs(notebook, 2)[0]["data"]
        data["text/html"] = "".join(data["text/html"]).replace("AAAA", "BBBB/+09==")

    change(tiny, other_bytes)
    result = prove(tiny)
    assert result.returncode == 0, result.stdout


def test_a_stripped_notebook_passes_nbval_and_is_caught_by_our_gate(tiny: Path, prove: Prove) -> None:
    def strip(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"execution_count": None, "outputs": []}

    change(tiny, strip)
    assert prove(tiny).returncode == 0  # nbval's known hole: without a count it compares nothing
    page = book.page("notebooks", tiny.name, ipynb.read(tiny, tiny.name))
    assert [problem.cell for problem in counts(page)] == [2, 3, 4, 5]


def test_the_real_lesson_00_turns_red_by_one_flipped_character(root: Path, tmp_path: Path, prove: Prove) -> None:
    (lesson,) = (root / "notebooks").glob("00_*.ipynb")
    copy = Path(shutil.copy(lesson, tmp_path / lesson.name))
    number = -1

    def edit(notebook: Notebook) -> None:
        nonlocal number
        number = poison_first_text(notebook)

    change(copy, edit)
    result = prove(copy)
    assert result.returncode == 1, result.stdout
    assert failed(result) == {(lesson.name, f"Cell {number}")}


def test_the_makefile_proves_the_course_with_exactly_these_options(root: Path, nbval: dict[str, Any]) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [" ".join(line.split()) for line in makefile.splitlines() if "--nbval" in line]
    assert lines, "no line of the Makefile runs nbval"
    for line in lines:
        before, _, after = line.partition("--nbval")
        assert "pytest" in before
        assert f"--nbval{after}" == " ".join([*nbval["NBVAL_OPTIONS"], *nbval["NBVAL_PATHS"]])


def test_the_sanitizer_stays_under_ten_rules(root: Path) -> None:
    rules = re.findall(r"^regex: .*\nreplace: .*$", (root / "tests/course/sanitize.cfg").read_text(), re.MULTILINE)
    assert 0 < len(rules) < 10
