"""An exercise as the course stores it: its solution and its stub, brought to life. Knows pages; judges nothing."""

import ast
import linecache
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.author.marks import cut, marked

if TYPE_CHECKING:
    from labkit.author.book import Book, Page

HOLDERS = ("solutions", "notebooks")  # a guided exercise is solved in its lesson


class NotTaught(LookupError):
    """The course stores no such answer; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Taught:
    """One exercise: the cell that solves it, the cells before it, and the name that `lab.check` is given."""

    exercise: str
    file: str
    cell: int
    source: str
    before: tuple[str, ...]
    name: str

    @property
    def solution(self) -> Any:
        """What the page hands to `lab.check`, solved. Raises NotTaught, and whatever the cell itself raises."""
        return self._made(self.source, "solution")

    @property
    def stub(self) -> Any:
        """The same as a learner finds it."""
        return self._made(cut(self.source, self.exercise), "stub")

    def _made(self, source: str, kind: str) -> Any:
        title = f"<{kind} of {self.exercise}>"
        linecache.cache[title] = (len(source), None, source.splitlines(keepends=True), title)
        space: dict[str, Any] = {}
        for earlier in self.before:
            exec(compile(_told(earlier, _DEFINES), self.file, "exec"), space)
        exec(compile(_told(source, _WRITTEN), title, "exec"), space)
        if self.name not in space:
            raise NotTaught(f"lab.check is given {self.name!r}, which the cell of {self.exercise} does not define.")
        return space[self.name]


def taught(book: "Book", exercise: str) -> Taught:
    """The exercise with this id. Raises NotTaught where no cell solves it, or none checks it by name."""
    for page in book.of(*HOLDERS):
        for cell in page.code:
            solves = marked(cell.source) or cell.labkit.get("role") == "solution"
            if cell.labkit.get("exercise") == exercise and solves:
                before = tuple(one.source for one, _ in page.trees() if one.number < cell.number)
                return Taught(exercise, page.file, cell.number, cell.source, before, _handed(page, exercise))
    raise NotTaught(f"no cell holds a solution of {exercise}.")


def _handed(page: "Page", exercise: str) -> str:
    """The name that `lab.check("10.1", name)` is given in the page."""
    for _, tree in page.trees():
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="check"), args=[ast.Constant(value=str(called)), ast.Name(id=name)]
                ):
                    if called == exercise:
                        return name
    raise NotTaught(f'no cell calls lab.check("{exercise}", …) with the name of an answer.')


_DEFINES = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_WRITTEN = (*_DEFINES, ast.Assign, ast.AnnAssign)  # the answer's own cell may have constants too


def _told(source: str, kinds: tuple[type[ast.stmt], ...]) -> ast.Module:
    """What the cell defines, and nothing that it does: no request leaves while an answer is brought to life."""
    return ast.Module([node for node in ast.parse(source).body if isinstance(node, kinds)], [])
