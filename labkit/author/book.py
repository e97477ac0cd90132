"""The course as read from disk: pages and their cells, frozen. Knows what notebooks hold; judges nothing."""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from labkit.author import ipynb
from labkit.author.problem import Problem
from labkit.manifest import MANIFEST, Course, Lesson, load

FOLDERS = ("notebooks", "solutions", "exercises")


@dataclass(frozen=True)
class Output:
    """One stored output. `data` maps a MIME type, a stream's name, or an error's field to its text."""

    kind: str
    data: Mapping[str, str]


@dataclass(frozen=True)
class Cell:
    """One cell. `number` counts all cells from 1, `count` is the stored execution count."""

    number: int
    kind: str
    source: str
    count: int | None
    outputs: tuple[Output, ...]
    tags: frozenset[str]
    labkit: Mapping[str, Any]
    grade_id: str = ""  # nbgrader's name for it

    @property
    def tree(self) -> ast.Module | None:
        """The cell's code as syntax, or None if it is not plain Python."""
        return syntax(self.source)


@dataclass(frozen=True)
class Page:
    """One notebook of the course."""

    folder: str
    name: str
    cells: tuple[Cell, ...]

    @property
    def file(self) -> str:
        return f"{self.folder}/{self.name}"

    @property
    def lesson_id(self) -> str:
        return self.name.partition("_")[0]

    @property
    def code(self) -> tuple[Cell, ...]:
        """The code cells with something in them."""
        return tuple(cell for cell in self.cells if cell.kind == "code" and cell.source.strip())

    @property
    def prose(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.kind == "markdown")

    def trees(self) -> Iterator[tuple[Cell, ast.Module]]:
        """Every code cell that is plain Python, with its syntax."""
        for cell in self.code:
            if cell.tree is not None:
                yield cell, cell.tree

    def problem(self, cell: Cell | None, what: str, cure: str) -> Problem:
        return Problem(self.file, cell.number if cell else None, what, cure)


@dataclass(frozen=True)
class Book:
    """The course: where it lies, its manifest, and every notebook found in its three folders."""

    root: Path
    course: Course
    pages: tuple[Page, ...]

    def of(self, *folders: str) -> tuple[Page, ...]:
        return tuple(page for page in self.pages if page.folder in folders)

    def taught(self, *folders: str) -> Iterator[tuple[Lesson, Page]]:
        """Every lesson of the manifest with each of its pages in these folders, in teaching order."""
        for lesson in self.course.lessons:
            for page in self.of(*folders):
                if page.name == lesson.notebook:
                    yield lesson, page


def read(root: Path) -> Book:
    """The course under this folder. Raises ManifestError or Refused if a file cannot be read at all."""
    course = load(root / MANIFEST)
    pages = (
        page(folder, path.name, ipynb.read(path, f"{folder}/{path.name}"))
        for folder in FOLDERS
        for path in sorted((root / folder).glob("*.ipynb"))
    )
    return Book(root, course, tuple(pages))


def page(folder: str, name: str, node: NotebookNode) -> Page:
    """One valid notebook as a page."""
    cells = (
        Cell(
            number=number,
            kind=cell.cell_type,
            source=cell.source,
            count=cell.get("execution_count"),
            outputs=tuple(_output(output) for output in cell.get("outputs", ())),
            tags=frozenset(cell.metadata.get("tags", ())),
            labkit=cell.metadata.get("labkit", {}),
            grade_id=str(cell.metadata.get("nbgrader", {}).get("grade_id", "")),
        )
        for number, cell in enumerate(node.cells, start=1)
    )
    return Page(folder, name, tuple(cells))


@cache
def syntax(source: str) -> ast.Module | None:
    """Python's own reading of a cell, top-level await included; None where it is not Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return None


def _output(output: NotebookNode) -> Output:
    kind = output.output_type
    if kind == "stream":
        return Output(kind, {output.name: output.text})
    if kind == "error":
        traceback = "\n".join(output.traceback)
        return Output(kind, {"ename": output.ename, "evalue": output.evalue, "traceback": traceback})
    return Output(kind, {mime: v if isinstance(v, str) else json.dumps(v) for mime, v in output.data.items()})
