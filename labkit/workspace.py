"""The learner's copies of lessons and exercises. Knows files and who changed them; knows nothing of servers.

A file that a learner edited is never a file that we update: `work/.wirelab.json` keeps, per file, the hash over its
cell sources as it was handed out. Running a notebook changes outputs, not sources, so it is not an edit.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDERS = ("notebooks", "exercises")
STATE = ".wirelab.json"


class CourseNotFound(RuntimeError):
    """There is no course.toml where one was expected. The message says where, and how to name another place."""


@dataclass(frozen=True, slots=True)
class Report:
    """What `create` did, as paths relative to the work folder: `notebooks/00_welcome.ipynb`."""

    new: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """One line per kind that is not empty."""
        kinds = (("new", self.new), ("refreshed", self.refreshed), ("kept yours", self.kept))
        return [f"{kind}: {', '.join(names)}" for kind, names in kinds if names]


def course_root(given: Path | None = None) -> Path:
    """The folder of course.toml: the given one, else the one above the labkit package (an editable install)."""
    root = (given or Path(__file__).parent.parent).expanduser().resolve()
    if not (root / "course.toml").is_file():
        raise CourseNotFound(f"No course.toml in {root}. Name the course's folder: `wirelab up --course FOLDER`.")
    return root


def create(course_root: Path, work: Path) -> Report:
    """Copy the course's notebooks to `work`: missing ones given, unchanged ones refreshed, edited ones left alone.

    Copies carry no outputs and no execution counts, so that no prediction is spoiled.
    """
    work.mkdir(parents=True, exist_ok=True)
    handed_out = _read_state(work / STATE)
    done: dict[str, list[str]] = {"new": [], "refreshed": [], "kept": []}
    for source in (path for folder in FOLDERS for path in sorted((course_root / folder).glob("*.ipynb"))):
        name = f"{source.parent.name}/{source.name}"
        copy = work / source.parent.name / source.name
        notebook = json.loads(source.read_text(encoding="utf-8"))
        offered = _digest(notebook)
        kind = _decide(offered, handed_out.get(name), copy)
        if kind in ("new", "refreshed"):
            _write(copy, json.dumps(_blank(notebook), ensure_ascii=False, indent=1) + "\n")
        if kind != "kept":
            handed_out[name] = offered
        if kind in done:
            done[kind].append(name)
    _write(work / STATE, json.dumps({"handed_out": handed_out}, indent=1, sort_keys=True) + "\n")
    return Report(*(tuple(done[kind]) for kind in ("new", "refreshed", "kept")))


def _decide(offered: str, handed_out: str | None, copy: Path) -> str:
    """new | refreshed | kept | same, from what the course has now, what the learner got, and what is there today."""
    if not copy.exists():
        return "new"
    there = _digest_of_file(copy)
    if there == offered:
        return "same"
    return "refreshed" if there is not None and there == handed_out else "kept"


def _digest(notebook: dict[str, Any]) -> str:
    """SHA-256 over kind and source of every cell; a source may be stored as one string or as its lines."""
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


def _digest_of_file(path: Path) -> str | None:
    """None for what cannot be read as a notebook: half-written or hand-edited, it is the learner's."""
    try:
        return _digest(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _blank(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with every code cell as if never run."""
    cells = [
        {**cell, "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else cell
        for cell in notebook["cells"]
    ]
    return {**notebook, "cells": cells}


def _read_state(path: Path) -> dict[str, str]:
    """Empty when missing or damaged: then every copy counts as the learner's, and nothing is lost."""
    try:
        handed_out = json.loads(path.read_text(encoding="utf-8"))["handed_out"]
        return {str(name): str(digest) for name, digest in handed_out.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write(path: Path, text: str) -> None:
    """All or nothing: a reader finds the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_text(text, encoding="utf-8", newline="\n")
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
