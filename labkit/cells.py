"""A notebook file as plain JSON: its cells, what they say, what they hash to. Knows files; runs nothing. A leaf."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]


class NotANotebook(ValueError):
    """The file is not a notebook that can be read. The message names it and says what to do."""


def read(path: Path) -> Notebook:
    """The notebook as it was saved. Raises NotANotebook, also where there is no such file."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        digest(notebook)  # which touches whatever the rest of us relies on
    except FileNotFoundError:
        raise NotANotebook(f"{path} does not exist. `wirelab update` gives you the copies that you lack.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        cure = "Save it anew in JupyterLab, or put it back: `wirelab reset LESSON` keeps a copy of what is there."
        raise NotANotebook(f"{path} cannot be read as a notebook ({type(error).__name__}: {error}). {cure}") from None
    assert isinstance(notebook, dict)
    return notebook


def source(cell: Cell) -> str:
    """What the cell says; a file may hold one string or its lines."""
    return "".join(cell["source"])


def exercise(cell: Cell) -> str:
    """The exercise whose answer the cell holds; empty for every other cell."""
    return str(cell.get("metadata", {}).get("labkit", {}).get("exercise", ""))


def digest(notebook: Notebook) -> str:
    """SHA-256 over kind and source of every cell: running a notebook does not change it."""
    cells = [(cell["cell_type"], source(cell)) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def digest_of_file(path: Path) -> str | None:
    """None for what cannot be read as a notebook: half-written or hand-edited, it is the learner's."""
    try:
        return digest(read(path))
    except NotANotebook:
        return None


def blank(notebook: Notebook) -> Notebook:
    """The notebook with every code cell as if never run."""
    return {**notebook, "cells": [unrun(cell) for cell in notebook["cells"]]}


def unrun(cell: Cell) -> Cell:
    return {**cell, "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else cell


def write(path: Path, notebook: Notebook) -> None:
    """The notebook as Jupyter writes it: indent 1, real UTF-8, a newline at the end; all of it or nothing."""
    put(path, (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode())


def put(path: Path, content: bytes) -> None:
    """All or nothing: a reader finds the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
