"""docs/seeds.md says of each snippet what its tests show, and of nothing more. Knows the page and the tests' marks."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from snippet import FOLDER

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs/seeds.md"
WRITTEN, CORRECTED, HOLDS = "works as written", "works after a correction", "holds"
UNTESTED = ("not run", "not a client")


@dataclass(frozen=True)
class Row:
    """One line of a table: seed, first line there, verdict, why, and the names of its tests."""

    seed: str
    first: int
    verdict: str
    because: str
    tests: tuple[str, ...]

    @property
    def place(self) -> str:
        """How the names of its snippet's file begin."""
        return f"{self.seed}_{self.first:03}_"


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| 00\d \|", line):
            seed, lines, _what, _where, verdict, because, tests = (
                cell.strip() for cell in line.strip("|").split(" | ")
            )
            first = int(lines.split("-")[0])
            found.append(Row(seed, first, verdict, because, tuple(re.findall(r"`(test_\w+)`", tests))))
    return found


@cache
def here() -> dict[str, Callable[..., object]]:
    """The tests of this folder, this module's apart, by name."""
    modules = [importlib.import_module(path.stem) for path in sorted(HERE.glob("test_*.py")) if path != Path(__file__)]
    return {name: test for module in modules for name, test in vars(module).items() if name.startswith("test_")}


def marks(test: Callable[..., object], name: str) -> list[pytest.Mark]:
    return [mark for mark in getattr(test, "pytestmark", []) if mark.name == name]


@cache
def everywhere() -> set[str]:
    """The name of every test of this project."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "tests").rglob("test_*.py"))
    functions = (node for tree in trees for node in ast.walk(tree))
    return {node.name for node in functions if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.seed}-{row.first}")
def test_a_rows_verdict_is_what_its_tests_show(row: Row) -> None:
    assert row.because, "every row says why"
    if row.verdict in UNTESTED:
        assert row.tests == ()
        return
    assert row.tests
    assert not [name for name in row.tests if name not in everywhere()], "it names a test that is not there"
    if row.verdict == HOLDS:
        return
    tests = [here()[name] for name in row.tests]
    seeds = [mark for test in tests for mark in marks(test, "seed")]
    assert all(mark.args[0].startswith(row.place) for mark in seeds), "a test of another snippet"
    corrected = any(mark.args[1:] for mark in seeds)
    assert row.verdict == (CORRECTED if corrected else WRITTEN)
    sources = [inspect.getsource(test) for test in tests]
    if row.verdict == WRITTEN:
        assert all("as_written(" in source and "corrected(" not in source for source in sources)
    if row.verdict == CORRECTED:
        assert all(re.search(r"corrected\(", source) for source in sources)


def test_every_snippet_has_a_row_and_every_test_of_one_stands_in_one_row() -> None:
    snippets = {name: marks(test, "seed")[0].args[0] for name, test in here().items() if marks(test, "seed")}
    files = {path.name for path in FOLDER.iterdir() if path.name[0] == "0"}
    assert set(snippets.values()) == files
    named = [(row.place, name) for row in rows() if row.verdict != HOLDS for name in row.tests if name in snippets]
    assert sorted(named) == sorted((snippet[:8], name) for name, snippet in snippets.items())
    assert {name for row in rows() for name in row.tests} == set(here())


def test_a_snippet_is_as_long_as_the_page_says() -> None:
    spans = re.findall(r"^\| (00\d) \| (\d+)(?:-(\d+))? \|", PAGE.read_text(encoding="utf-8"), re.M)
    for path in FOLDER.glob("0*"):
        seed, first = path.name[:3], int(path.name[4:7])
        ends = {int(last or begin) for where, begin, last in spans if (where, int(begin)) == (seed, first)}
        assert ends == {first + len(path.read_text(encoding="utf-8").splitlines()) - 1}, path.name
