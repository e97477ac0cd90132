"""Where an exercise stands in a learner's notebook: its answer's cells and its check's cell. Reads; runs nothing."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit import cells
from labkit.cells import Notebook
from labkit.learner import names
from labkit.manifest import Course, Exercise


def file_of(course: Course, exercise: Exercise) -> str:
    """The file's name in a work folder: a guided exercise is solved inside its lesson."""
    folder = "notebooks" if exercise.guided else "exercises"
    return f"{folder}/{course.lesson(exercise.id[:2]).notebook}"


@dataclass(frozen=True, slots=True)
class Page:
    """One exercise in one notebook. Cells are counted from 0; `called` says them to people."""

    exercise: str
    path: Path
    notebook: Notebook

    @property
    def sources(self) -> list[str]:
        """What each cell says; empty for text, which runs nothing."""
        return [cells.source(cell) if cell["cell_type"] == "code" else "" for cell in self.notebook["cells"]]

    @property
    def check(self) -> int | None:
        """The last cell that checks the exercise; None where a learner deleted it."""
        found = [place for place, source in enumerate(self.sources) if self.exercise in checked(source)]
        return found[-1] if found else None

    @property
    def answers(self) -> list[int]:
        """The cells marked as the answer; without any, the nearest one that defines what the check is given."""
        marked = [place for place, cell in enumerate(self.notebook["cells"]) if cells.exercise(cell) == self.exercise]
        if marked or self.check is None:
            return marked
        sources = self.sources
        given = _given(sources[self.check], self.exercise)
        return [place for place in names.binders(sources, given) if given and place <= self.check][-1:]

    @property
    def answer(self) -> str:
        """The answer's code as it was saved; empty where there is none."""
        sources = self.sources
        return "\n\n".join(sources[place] for place in self.answers)

    def called(self, place: int) -> str:
        """A cell in words: its number, counted from 1 over all cells, and its first line of code."""
        source = cells.source(self.notebook["cells"][place]) if place < len(self.notebook["cells"]) else ""
        lines = [line.strip() for line in source.splitlines() if line.strip() and not line.strip().startswith("#")]
        return f"cell {place + 1} (`{lines[0][:60]}`)" if lines else f"cell {place + 1}"


def page(course: Course, folder: Path, exercise: Exercise) -> Page:
    """The exercise as it stands in a folder of notebooks, the learner's or the course's own. Raises NotANotebook."""
    path = folder / file_of(course, exercise)
    return Page(exercise.id, path, cells.read(path))


def checked(source: str) -> list[str]:
    """The exercises that this cell checks: `lab.check("10.2", …)`, awaited or not."""
    return [exercise for exercise, _ in _calls(source)]


def only_checks(source: str) -> bool:
    """Whether the cell does nothing but check, so that nobody below it needs it."""
    tree = names.parsed(source)
    return tree is not None and bool(tree.body) and all(_call(statement) is not None for statement in tree.body)


def _given(source: str, exercise: str) -> str:
    """The name that the check is given, such as `first_sentence`."""
    return next((given for each, given in _calls(source) if each == exercise), "")


def _calls(source: str) -> Iterator[tuple[str, str]]:
    tree = names.parsed(source) if ".check(" in source else None
    for node in ast.walk(tree) if tree is not None else ():
        found = _of_check(node)
        if found is not None:
            yield found


def _call(statement: ast.stmt) -> tuple[str, str] | None:
    if not isinstance(statement, ast.Expr):
        return None
    return _of_check(statement.value.value if isinstance(statement.value, ast.Await) else statement.value)


def _of_check(node: ast.AST) -> tuple[str, str] | None:
    """(exercise, name given) where the node is a call of some lab's `check`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "check"):
        return None
    first, *others = [*node.args, ast.Constant(None)]
    if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
        return None
    return first.value, others[0].id if isinstance(others[0], ast.Name) else ""
