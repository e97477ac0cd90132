"""What is left to write: every `TODO:` that a scaffold left, or an author. Knows where a course keeps its words."""

import re
from collections.abc import Iterator

from labkit.author.book import Book
from labkit.author.problem import Problem
from labkit.author.proof import LEFT

FILES = ("course.toml", "misconceptions.toml", "answers/*.py", "labkit/checks/*.py", "instructors/*.md")
_LEFT = re.compile(rf"{LEFT}\s*([^\n\"]*)")
_OF_LESSON = re.compile(r'^(?:id|lesson) = "(\d\d)"')  # in the two manifests, above what belongs to it


def unfinished(book: Book) -> Iterator[Problem]:
    """Nothing says TODO."""
    for page in book.of("notebooks", "solutions"):
        for cell in page.cells:
            for left in _LEFT.findall(cell.source):
                yield page.problem(cell, _what(left), _CURE)
    for path in sorted(path for pattern in FILES for path in book.root.glob(pattern)):
        file, lesson = path.relative_to(book.root).as_posix(), ""
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if path.suffix == ".toml" and (named := _OF_LESSON.match(line)):
                lesson = named[1]
            for left in _LEFT.findall(line):
                yield Problem(file, None, f"line {number}: {_what(left)}", _CURE, lesson)


def _what(left: str) -> str:
    return f"still to be written: {left.strip().rstrip(',')}"


_CURE = f"Write it, and take the {LEFT.rstrip(':')} away."
