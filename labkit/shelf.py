"""The course as it lies on disk, read for a learner: its lessons and its solutions. Knows no kernel, no server."""

import json
import re
from pathlib import Path
from typing import Any

from labkit.manifest import MANIFEST, Lesson, ManifestError, load

MARK = re.compile(r"^[ \t]*# (BEGIN|END) SOLUTION[ \t]*$\n?", re.MULTILINE)
FOLDERS = ("solutions", "notebooks")  # a guided exercise is solved in its lesson


def lesson(course: Path, name: str) -> Lesson:
    """The lesson with this number. Raises LookupError naming those that exist."""
    try:
        return load(course / MANIFEST).lesson(name)
    except ManifestError as error:
        raise LookupError(f"{error.what} {error.cure}") from None


def solution(course: Path, exercise: str) -> str:
    """The solution's code, and the explanation under it. Raises LookupError where none is written."""
    return "\n\n".join(filter(None, solved(course, exercise)))


def solved(course: Path, exercise: str) -> tuple[str, str]:
    """The same in two parts: the code, and the explanation."""
    for folder in FOLDERS:
        for path in sorted((course / folder).glob(f"{exercise[:2]}_*.ipynb")):
            cells = [cell for cell in _cells(path) if _labkit(cell).get("exercise") == exercise]
            told = ["".join(cell["source"]) for cell in cells if _labkit(cell).get("solution_only")]
            guided = [cell for cell in cells if _labkit(cell).get("role") == "solution"]
            code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            answers = [MARK.sub("", source) for source in code if MARK.search(source)]
            answers += ["".join(cell["source"]) for cell in guided]
            if answers:
                return "\n\n".join(answers), "\n\n".join(told)
    raise LookupError(f"No solution of {exercise} is written yet.")


def _cells(path: Path) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return cells


def _labkit(cell: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = cell.get("metadata", {}).get("labkit", {})
    return data
