"""The one file that keeps nbval from comparing: small, and every rule with its reason. Knows its lines."""

from collections.abc import Iterator

from labkit.author.book import Book
from labkit.author.problem import Problem

FILE = "tests/course/sanitize.cfg"
MOST = 9
_CURE = "Make the output deterministic instead: every rule is a place where a lesson can rot unseen."


def sanitizer(book: Book) -> Iterator[Problem]:
    """Under ten rules, each a regex with its replacement, under a comment that says why. A course may have none."""
    path = book.root / FILE
    if not path.is_file():
        return
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    rules = [number for number, line in enumerate(lines) if line.startswith("regex:")]
    if len(rules) > MOST:
        yield Problem(FILE, None, f"it has {len(rules)} rules.", _CURE)
    for number in rules:
        if number + 1 >= len(lines) or not lines[number + 1].startswith("replace:"):
            cure = "Write 'replace: …' on the next line."
            yield Problem(FILE, None, f"line {number + 1} replaces nothing: nbval reads pairs.", cure)
        if number == 0 or not lines[number - 1].startswith("#"):
            yield Problem(FILE, None, f"the rule in line {number + 1} has no reason.", "Write why above it, after '#'.")
