"""A bench for the author's tools: notebooks made of a few words, and one small course that passes every gate.

Its exercises have the ids of real ones, so that their checks are real too.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from small_course import BELIEFS, GLOSSARY, HELD, MANIFEST, NOTE, SENDING, SENT

from labkit.author import book, ipynb, leaflets, proving
from labkit.author.book import Page
from labkit.author.build import build
from labkit.author.gates.glossed import LINKS
from labkit.checks import CHECKS

Json = dict[str, Any]


class Bench:
    """Makes cells, pages, and a course on disk."""

    POURED = """\
import requests


def pour(base_url, name):
    return requests.get(base_url + "/health", headers={"X-Learner": name}).json()


lab.check("00.1", pour)"""
    BREWED = """\
import requests


def brew(base_url):
    # BEGIN SOLUTION
    requests.get(base_url + "/coffee")
    # END SOLUTION"""

    def __init__(self, root: Path) -> None:
        self.root = root

    def text(self, source: str, **labkit: object) -> Json:
        return {"cell_type": "markdown", "source": source, "metadata": {"labkit": labkit} if labkit else {}}

    def code(
        self, source: str, count: int | None = 1, *outputs: Json, tags: Iterable[str] = (), **labkit: object
    ) -> Json:
        metadata: Json = {"tags": list(tags)} if tags else {}
        if labkit:
            metadata["labkit"] = labkit
        return {
            "cell_type": "code",
            "source": source,
            "metadata": metadata,
            "execution_count": count,
            "outputs": list(outputs),
        }

    def printed(self, text: str, name: str = "stdout") -> Json:
        return {"output_type": "stream", "name": name, "text": text}

    def shown(self, mime: str, data: str) -> Json:
        return {"output_type": "display_data", "data": {mime: data}, "metadata": {}}

    def raised(self, ename: str, evalue: str = "") -> Json:
        return {"output_type": "error", "ename": ename, "evalue": evalue, "traceback": [f"{ename}: {evalue}"]}

    def notebook(self, *cells: Json) -> Json:
        named = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells)]
        return {"cells": named, "metadata": ipynb.METADATA, "nbformat": 4, "nbformat_minor": 5}

    def page(self, *cells: Json, folder: str = "notebooks", name: str = "00_tea.ipynb") -> Page:
        return book.page(folder, name, ipynb.node(self.notebook(*cells)))

    def write(self, file: str, *cells: Json) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ipynb.encode(ipynb.node(self.notebook(*cells))))
        return path

    def change(self, file: str, number: int, **fields: object) -> None:
        """Overwrite fields of one cell (counted from 1) of a notebook on disk."""
        path = self.root / file
        content = json.loads(path.read_text(encoding="utf-8"))
        content["cells"][number - 1] |= fields
        path.write_text(json.dumps(content), encoding="utf-8")

    def text_file(self, file: str, content: str) -> Path:
        path = self.root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return path

    def rewrite(self, file: str, old: str, new: str) -> None:
        """Replace one passage of a text file."""
        content = (self.root / file).read_text(encoding="utf-8")
        assert old in content
        self.text_file(file, content.replace(old, new))

    def manifest(self, old: str = "", new: str = "") -> None:
        """Write course.toml, with one passage replaced."""
        assert old in MANIFEST
        self.root.mkdir(exist_ok=True)
        (self.root / "course.toml").write_text(MANIFEST.replace(old, new) if old else MANIFEST, encoding="utf-8")


@pytest.fixture
def provable(course: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The same course with answers that its checks can be asked about: pour says hello, brew finds nothing."""
    monkeypatch.setattr(proving, "WORKERS", 2)
    course.change("notebooks/00_tea.ipynb", 4, source=course.POURED)
    course.change("solutions/00_tea.ipynb", 3, source=course.BREWED)
    build(course.root)
    return course


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "course")


@pytest.fixture(autouse=True)
def checks() -> Iterator[None]:
    """What a test does to CHECKS is undone after it, the order of the rows too."""
    before = dict(CHECKS)
    yield
    CHECKS.clear()
    CHECKS.update(before)


@pytest.fixture
def course(bench: Bench) -> Bench:
    """A course of two lessons, 15 cells each, that passes every gate."""
    for exercise in set(CHECKS) - {"00.1", "00.2"}:
        del CHECKS[exercise]
    bench.manifest()
    bench.text_file("misconceptions.toml", BELIEFS)
    for exercise, sent in SENT.items():
        bench.text_file(f"answers/exercise_{exercise.replace('.', '_')}.py", SENDING + sent)
    bench.text_file("glossary.toml", GLOSSARY)
    rows = "| 12 | Pour |\n| 8 | Drink |"
    bench.text_file("instructors/00.md", NOTE.format(lesson="00 A cup of tea", rows=rows, beliefs=HELD))
    bench.text_file("instructors/01.md", NOTE.format(lesson="01 With milk", rows="| 30 | Milk |", beliefs=""))
    filler = [bench.text(f"## Step {number}") for number in range(9)]
    last = bench.text(f"## Step 9\n\n{LINKS}")
    bench.write(
        "notebooks/00_tea.ipynb",
        bench.text("# 00 A cup of tea\n\nYou brew a cup. 20 minutes; exercises 12 minutes."),
        bench.code('lab = labkit.open("00")', 1),
        bench.code('print(f"{1 + 1} cups")', 2, bench.printed("2 cups\n")),
        bench.code(
            'def pour(base_url, name):\n    pass\n\n\nlab.check("00.1", pour)',
            3,
            bench.shown("text/plain", "00.1  PASSED  Well poured."),
            exercise="00.1",
            role="solution",
        ),
        bench.text("## Wire\n\n![a timeline: the tea comes first](data:image/png;base64,AAAA)"),
        *filler,
        last,
    )
    bench.write(
        "notebooks/01_milk.ipynb",
        bench.text("# With milk\n\n30 minutes."),
        bench.code("with open('cup'):\n    pass", 1),
        *filler,
        *[bench.text("More.")] * 3,
        last,
    )
    bench.write(
        "solutions/00_tea.ipynb",
        bench.text("# 00 A cup of tea: exercises"),
        bench.text("The why of it.", solution_only=True),
        bench.code("def brew(leaf):\n    # BEGIN SOLUTION\n    return leaf\n    # END SOLUTION", 1, exercise="00.2"),
        bench.code('lab.check("00.2", brew)', 2, bench.shown("text/plain", "00.2  PASSED  Well brewed.")),
    )
    build(bench.root)
    leaflets.build(bench.root)
    return bench
