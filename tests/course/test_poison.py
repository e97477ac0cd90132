"""The proof can go red: one flipped character in one stored output fails the run that `make test` makes."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from labkit.author import book, ipynb
from labkit.author.gates.execution import counts
from labkit.author.normal import normalise
from labkit.author.run import execute

pytestmark = pytest.mark.long

Prove = Callable[[Path], "subprocess.CompletedProcess[str]"]
Poison = Callable[[list[dict[str, Any]]], object]
Source = tuple[str, str, list[str]]
Notebook = dict[str, Any]

TINY: list[Source] = [
    ("text", "# Tea", []),
    ("code", "import sys\nprint('green tea')\nprint('hot', file=sys.stderr)", []),
    ("code", "40 + 2", []),
    ("code", 'from IPython.display import HTML\nHTML(\'<img alt="a cup" src="data:image/png;base64,AAAA">\')', []),
    ("code", "raise ValueError('no milk')", ["raises-exception"]),
]


@pytest.fixture(scope="module")
def prove(root: Path, nbval: dict[str, Any], private_environment: dict[str, str]) -> Prove:
    """pytest over one folder of notebooks, with the Makefile's options and the project's own configuration."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", "--color=no", "-rA"]

    def run(folder: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*command, f"--rootdir={folder}", *nbval["NBVAL_OPTIONS"], str(folder)],
            cwd=root,
            env=private_environment,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return run


def executed(sources: list[Source], folder: Path, environment: dict[str, str]) -> Notebook:
    """A notebook of these cells, executed and stored as `wirelab dev run` does it."""
    path = folder / "tiny.ipynb"
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
        for number, (kind, source, tags) in enumerate(sources)
    ]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    stored: Notebook = json.loads(ipynb.encode(normalise(execute(path, path.name, environment))))
    return stored


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory, private_environment: dict[str, str]) -> Notebook:
    """TINY as often as there are poisons, and once more: the first round stays as it is."""
    folder = tmp_path_factory.mktemp("executed")
    return executed(TINY * (1 + len(POISONS)), folder, private_environment)


def write(folder: Path, name: str, notebook: Notebook) -> None:
    (folder / f"{name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def results(result: "subprocess.CompletedProcess[str]", word: str) -> set[tuple[str, str]]:
    """(notebook, cell as nbval names it: code cells from 0) of each cell that PASSED, or FAILED."""
    return set(re.findall(rf"^{word} .*?([\w-]+\.ipynb)::(Cell \d+)", result.stdout, re.MULTILINE))


def cells_of(name: str, numbers: Iterable[int]) -> set[tuple[str, str]]:
    return {(f"{name}.ipynb", f"Cell {number}") for number in numbers}


def code(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: Notebook, number: int) -> list[dict[str, Any]]:
    """The stored outputs of a code cell, counted from 0."""
    found: list[dict[str, Any]] = code(notebook)[number]["outputs"]
    return found


def flipped(text: str | list[str]) -> str:
    """The text with its first letter or digit replaced by another one."""
    return re.sub(r"[A-Za-z0-9]", lambda found: "y" if found.group() == "x" else "x", "".join(text), count=1)


def poison_first_text(notebook: Notebook) -> int:
    """Flip one character of the first printed or shown text; the cell that holds it, code cells counted from 0."""
    for number, cell in enumerate(code(notebook)):
        for output in cell["outputs"]:
            for holder, key in ((output, "text"), (output.get("data", {}), "text/plain")):
                if key in holder and flipped(holder[key]) != "".join(holder[key]):
                    holder[key] = flipped(holder[key])
                    return number
    raise AssertionError("this notebook shows nothing that could be poisoned")


def flip(output: int, *keys: str) -> Poison:
    """A poison: one character of one field of one output."""

    def edit(stored: list[dict[str, Any]]) -> None:
        holder = stored[output]
        for key in keys[:-1]:
            holder = holder[key]
        holder[keys[-1]] = flipped(holder[keys[-1]])

    return edit


# The cell of TINY, code cells counted from 0, and what is done to its stored outputs.
POISONS: dict[str, tuple[int, Poison]] = {
    "stdout": (0, flip(0, "text")),
    "stderr": (0, flip(1, "text")),
    "result": (1, flip(0, "data", "text/plain")),
    "alt": (2, flip(0, "data", "text/html")),
    "error-name": (3, flip(0, "ename")),
    "error-text": (3, flip(0, "evalue")),
    "output-lost": (1, lambda stored: stored.clear()),
    "output-added": (1, lambda stored: stored.append({"output_type": "stream", "name": "stdout", "text": "more"})),
}


def test_what_is_as_it_was_passes_and_so_do_another_pictures_bytes_and_a_stripped_notebook(
    tiny: Notebook, tmp_path: Path, prove: Prove
) -> None:
    codes = range(len(code(tiny)))
    untouched, picture, stripped = (copy.deepcopy(tiny) for _ in range(3))
    data = outputs(picture, 2)[0]["data"]
    data["text/html"] = "".join(data["text/html"]).replace("AAAA", "BBBB/+09==")
    for cell in code(stripped):
        cell |= {"execution_count": None, "outputs": []}
    for name, notebook in (("untouched", untouched), ("picture", picture), ("stripped", stripped)):
        write(tmp_path, name, notebook)
    result = prove(tmp_path)
    assert result.returncode == 0, result.stdout
    every = cells_of("untouched", codes) | cells_of("picture", codes) | cells_of("stripped", codes)
    assert results(result, "PASSED") == every


def test_a_stripped_notebook_is_caught_by_our_gate(tiny: Notebook, tmp_path: Path) -> None:
    """nbval's known hole, see above: without a count it compares nothing."""
    stripped = copy.deepcopy(tiny)
    for cell in code(stripped):
        cell |= {"execution_count": None, "outputs": []}
    write(tmp_path, "00_tiny", stripped)
    path = tmp_path / "00_tiny.ipynb"
    page = book.page("notebooks", path.name, ipynb.read(path, path.name))
    assert len(list(counts(page))) == len(code(stripped))


def test_every_kind_of_poison_is_found_where_it_is_and_nowhere_else_and_turns_the_run_red(
    tiny: Notebook, root: Path, tmp_path: Path, prove: Prove
) -> None:
    """Each poison has a round of TINY to itself; one character of the real lesson 00 is flipped beside it."""
    poisoned, cells = copy.deepcopy(tiny), [kind for kind, _, _ in TINY].count("code")
    places = [turn * cells + at for turn, (at, _) in enumerate(POISONS.values(), start=1)]
    for place, (_, edit) in zip(places, POISONS.values(), strict=True):
        edit(outputs(poisoned, place))
    write(tmp_path, "poisoned", poisoned)
    (stored,) = (root / "notebooks").glob("00_*.ipynb")
    lesson = json.loads(stored.read_text(encoding="utf-8"))
    number = poison_first_text(lesson)
    write(tmp_path, stored.stem, lesson)

    result = prove(tmp_path)

    assert result.returncode == 1, result.stdout
    red = cells_of("poisoned", places) | cells_of(stored.stem, [number])
    assert results(result, "FAILED") == red
    every = cells_of("poisoned", range(len(code(poisoned)))) | cells_of(stored.stem, range(len(code(lesson))))
    assert results(result, "PASSED") == every - red


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
