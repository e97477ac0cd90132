"""Is every name given once? Lessons, cells, grade ids, answers. Knows names; knows not what they name."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from labkit.author.answers import FOLDER
from labkit.author.book import FOLDERS, Book
from labkit.author.problem import Problem
from labkit.manifest import MANIFEST


def ids(book: Book) -> Iterator[Problem]:
    """No two lessons of one slug, no two notebooks of one lesson, no two answers of one name in a file."""
    for slug in _twice(lesson.slug for lesson in book.course.lessons):
        yield Problem(MANIFEST, None, f"two lessons have the slug {slug!r}.", "Give one of them another slug.")
    for folder in FOLDERS:
        for lesson in _twice(page.lesson_id for page in book.of(folder)):
            names = [page.name for page in book.of(folder) if page.lesson_id == lesson]
            what = f"lesson {lesson} has {', '.join(names[:-1])} too."
            yield Problem(f"{folder}/{names[-1]}", None, what, f"Keep the one that {MANIFEST} asks for.")
    for page in book.of("notebooks", "solutions"):
        for name in _twice(cell.grade_id for cell in page.cells if cell.grade_id):
            yield page.problem(None, f"two cells have the grade_id {name!r}.", "Give one of them another grade_id.")
    for path in sorted((book.root / FOLDER).glob("*.py")):
        for name in _twice(_defined(path.read_text(encoding="utf-8"))):
            what = f"it defines {name} twice, and only the second is tried."
            yield Problem(f"{FOLDER}/{path.name}", None, what, "Give one of them another name.")


def _defined(source: str) -> list[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []  # whoever reads the answers says so
    return [node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
