"""Notebook files: read, validated, written byte-stable. Knows nbformat; knows nothing of lessons."""

import hashlib
import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.validator import iter_validate

from labkit.author.problem import Problem, Refused

# nbformat says that it is typed and annotates little: hence this file's ignores, and `node` for everybody else.

# What every notebook of the course says of itself, whichever machine wrote it.
METADATA: dict[str, Any] = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def node(fields: dict[str, Any]) -> NotebookNode:
    """A piece of a notebook, or the whole: a deep copy of plain data."""
    made = nbformat.from_dict(fields)  # type: ignore[no-untyped-call]
    assert isinstance(made, NotebookNode)
    return made


def load(path: Path, file: str) -> NotebookNode:
    """The notebook as it stands in the file, judged only for being of format 4. `file` names it in errors."""
    cure = "Restore it from git, or save it anew in JupyterLab."
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Refused(Problem(file, None, f"this is not a notebook: {error}.", cure)) from None
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        raise Refused(Problem(file, None, "this is not a notebook of format 4.", cure))
    try:
        notebook = nbformat.v4.to_notebook(content)  # type: ignore[no-untyped-call]
    except (AttributeError, KeyError, TypeError) as error:
        raise Refused(Problem(file, None, f"this notebook is damaged: {error!r}.", cure)) from None
    assert isinstance(notebook, NotebookNode)
    return notebook


def read(path: Path, file: str) -> NotebookNode:
    """The notebook, proved valid: format 4.5, by the schema, every cell with an id of its own."""
    notebook = load(path, file)
    cure = "`wirelab dev run` writes it as valid 4.5."
    if notebook.get("nbformat_minor", 0) < 5:
        raise Refused(Problem(file, None, f"its format is 4.{notebook.get('nbformat_minor')}, not 4.5.", cure))
    for error in iter_validate(notebook):  # type: ignore[no-untyped-call]
        where = "/".join(str(step) for step in error.absolute_path)
        raise Refused(Problem(file, None, f"it is not valid at {where or 'the top'}: {error.message[:200]}.", cure))
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.id in seen:
            raise Refused(Problem(file, number, f"another cell has the id '{cell.id}' too.", cure))
        seen.add(cell.id)
    return notebook


def name_cells(notebook: NotebookNode) -> None:
    """Give cells without an id of their own one that derives from their place and words; the others keep theirs."""
    seen: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell["id"] in seen:
            cell["id"] = hashlib.sha256(f"{number}:{cell.source}".encode()).hexdigest()[:8]
        seen.add(cell["id"])
    notebook["nbformat_minor"] = max(5, notebook.get("nbformat_minor", 5))


def encode(notebook: NotebookNode) -> bytes:
    """The file's bytes: sorted keys, indent 1, real UTF-8, LF on every system, one trailing newline."""
    return f"{nbformat.v4.writes(notebook)}\n".encode()  # type: ignore[no-untyped-call]


def write(path: Path, content: bytes) -> None:
    """Put the bytes in place in one step, so that an interrupted author never has half a notebook."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
