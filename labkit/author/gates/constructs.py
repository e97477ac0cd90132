"""No Python construct before a lesson has introduced it. Knows syntax and `introduces`; knows nothing of outputs."""

import ast
from collections.abc import Iterator

from labkit.author.book import Book
from labkit.author.problem import Problem
from labkit.manifest import MANIFEST, Course

# Syntax -> the name that course.toml's `introduces` gives it. What is not here is taken as known: functions, loops,
# if, lists, dicts, import.
CONSTRUCTS: dict[type[ast.AST], str] = {
    ast.AsyncFor: "async",
    ast.AsyncFunctionDef: "async",
    ast.AsyncWith: "async",
    ast.Await: "async",
    ast.ClassDef: "class",
    ast.DictComp: "comprehension",
    ast.GeneratorExp: "comprehension",
    ast.JoinedStr: "f-string",
    ast.Lambda: "lambda",
    ast.ListComp: "comprehension",
    ast.Match: "match",
    ast.NamedExpr: "walrus",
    ast.SetComp: "comprehension",
    ast.Try: "try",
    ast.TryStar: "except*",
    ast.With: "with",
    ast.Yield: "generator",
    ast.YieldFrom: "generator",
}
NAMES = frozenset(CONSTRUCTS.values()) | {"bytes", "decorator"}


def used(tree: ast.AST) -> dict[str, int]:
    """The constructs of a piece of code, each with the first line that uses it."""
    found: dict[str, int] = {}
    for node in ast.walk(tree):
        for name in _names(node):
            line = getattr(node, "lineno", 1)
            found[name] = min(line, found.get(name, line))
    return found


def known(course: Course, lesson_id: str) -> frozenset[str]:
    """What a reader of this lesson has met: its own introductions and those of every lesson before it.

    `requires` names earlier lessons only, so what it brings transitively is among them.
    """
    return frozenset(name for lesson in course.until(lesson_id) for name in lesson.introduces)


def constructs(book: Book) -> Iterator[Problem]:
    """Learner-visible code, solutions included, uses only what a lesson so far has introduced."""
    for lesson in book.course.lessons:
        for name in lesson.introduces:
            if name not in NAMES:
                cure = f"Use one of: {', '.join(sorted(NAMES))}."
                yield Problem(MANIFEST, None, f"lesson {lesson.id} 'introduces' {name!r}, which no gate knows.", cure)
    for lesson, page in book.taught("notebooks", "solutions"):
        familiar = known(book.course, lesson.id)
        for cell, tree in page.trees():
            for name, line in used(tree).items():
                if name not in familiar:
                    cure = f"Write it without, or add a box here and '{name}' to its introduces in {MANIFEST}."
                    yield page.problem(cell, f"line {line} uses '{name}', which no lesson so far introduces.", cure)


def _names(node: ast.AST) -> Iterator[str]:
    if type(node) in CONSTRUCTS:
        yield CONSTRUCTS[type(node)]
    match node:
        case ast.Constant(value=bytes()):
            yield "bytes"
        case ast.comprehension(is_async=1):
            yield "async"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() if node.decorator_list:
            yield "decorator"
