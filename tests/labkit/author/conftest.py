"""A bench for the author's tools: notebooks made of a few words, and one small course that passes every gate."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from labkit.author import book, ipynb
from labkit.author.book import Page
from labkit.author.build import build

MANIFEST = """
[course]
title = "Tea by wire"

[[lesson]]
id = "00"
slug = "tea"
title = "A cup of tea"
promise = "You brew a cup."
minutes = { teaching = 20, exercises = 12 }
introduces = ["f-string"]
exercises = [
    { id = "00.1", title = "Pour", minutes = 5, guided = true },
    { id = "00.2", title = "Brew", minutes = 12 },
]

[[lesson]]
id = "01"
slug = "milk"
title = "With milk"
minutes = { teaching = 30 }
requires = ["00"]
introduces = ["with"]
"""
Json = dict[str, Any]


class Bench:
    """Makes cells, pages, and a course on disk."""

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

    def manifest(self, old: str = "", new: str = "") -> None:
        """Write course.toml, with one passage replaced."""
        assert old in MANIFEST
        self.root.mkdir(exist_ok=True)
        (self.root / "course.toml").write_text(MANIFEST.replace(old, new) if old else MANIFEST, encoding="utf-8")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "course")


@pytest.fixture
def course(bench: Bench) -> Bench:
    """A course of two lessons, 15 cells each, that passes every gate."""
    bench.manifest()
    filler = [bench.text(f"## Step {number}") for number in range(10)]
    bench.write(
        "notebooks/00_tea.ipynb",
        bench.text("# 00 A cup of tea\n\nYou brew a cup. 20 minutes; exercises 12 minutes."),
        bench.code('lab = labkit.open("00")', 1),
        bench.code('print(f"{1 + 1} cups")', 2, bench.printed("2 cups\n")),
        bench.code('lab.check("00.1", pour)', 3, bench.shown("text/plain", "00.1  PASSED  Well poured.")),
        bench.text("## Wire\n\n![a timeline: the tea comes first](x.png)"),
        *filler,
    )
    bench.write(
        "notebooks/01_milk.ipynb",
        bench.text("# With milk\n\n30 minutes."),
        bench.code("with open('cup'):\n    pass", 1),
        *filler,
        *[bench.text("More.")] * 3,
    )
    bench.write(
        "solutions/00_tea.ipynb",
        bench.text("# 00 A cup of tea: exercises"),
        bench.text("The why of it.", solution_only=True),
        bench.code("def brew(leaf):\n    # BEGIN SOLUTION\n    return leaf\n    # END SOLUTION", 1, exercise="00.2"),
        bench.code('lab.check("00.2", brew)', 2, bench.shown("text/plain", "00.2  PASSED  Well brewed.")),
    )
    build(bench.root)
    return bench
