"""glossary.toml -> docs/glossary.md and docs/cheatsheet.md. Knows how the two look; judges no word."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.author import glossary, ipynb
from labkit.author.glossary import FILE, Glossary
from labkit.author.problem import Problem, Refused
from labkit.leaflets import CHEATSHEET, GLOSSARY
from labkit.manifest import MANIFEST, Course, load

GLOSSARY_HEAD = """\
# Glossary

The words of the course, one sentence each, with the lesson that introduces the word and the place where it is defined.
The statuses, the headers and the rule for asking again stand on one page: [the cheat sheet](cheatsheet.md).
"""
SHEET_HEAD = """\
# Cheat sheet

## What a status says
"""


def build(root: Path) -> list[Path]:
    """Write both leaflets; the ones that changed. None where there is no source. Raises Refused."""
    if not (root / FILE).is_file():
        return []
    try:
        wanted = list(_wanted(root))
    except ValueError as error:
        raise Refused(_unreadable(error)) from None
    changed = [(path, text) for path, text in wanted if not path.is_file() or path.read_bytes() != text]
    for path, text in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        ipynb.write(path, text)
    return [path for path, _ in changed]


def stale(root: Path) -> list[Problem]:
    """A finding for each leaflet that is not what its source gives."""
    try:
        wanted = list(_wanted(root))
    except (FileNotFoundError, ValueError):
        return []  # the gate of the words says so
    cure = f"Edit {FILE}, never this file; then `wirelab dev build`."
    return [
        Problem(path.relative_to(root).as_posix(), None, f"it is not what {FILE} and {MANIFEST} give.", cure)
        for path, text in wanted
        if not path.is_file() or path.read_bytes() != text
    ]


def glossary_text(words: Glossary, course: Course) -> str:
    """Every word whose lesson exists, in the order of the alphabet."""
    files = {lesson.id: lesson.notebook for lesson in course.lessons}
    terms = sorted((term for term in words.terms if term.lesson in files), key=lambda term: term.term.casefold())
    rows = [
        (f"**{term.term}**", term.means, f"[{term.lesson}](../notebooks/{files[term.lesson]})", term.source)
        for term in terms
    ]
    return "\n".join([GLOSSARY_HEAD, *_table(("Word", "In plain words", "Lesson", "Source"), rows), ""])


def sheet_text(words: Glossary) -> str:
    """One printed page: statuses, headers, the rule."""
    statuses = [(row.codes, row.name, row.fault, row.again, row.do) for row in words.statuses]
    headers = [(row.purpose, row.asked, row.answered) for row in words.headers]
    rule = [f"{number}. {line}" for number, line in enumerate(words.rule, start=1)]
    lines = [
        SHEET_HEAD,
        *_table(("Status", "Name", "Whose fault?", "The same again?", "What to do"), statuses),
        "\n## Headers by purpose\n",
        *_table(("What about", "In the request", "In the answer"), headers),
        "\n## May I ask again?\n",
        *rule,
        "\nWords: [the glossary](glossary.md).",
    ]
    return "\n".join([*lines, ""])


def _wanted(root: Path) -> Iterator[tuple[Path, bytes]]:
    words = glossary.load(root)
    yield root / GLOSSARY, glossary_text(words, load(root / MANIFEST)).encode()
    yield root / CHEATSHEET, sheet_text(words).encode()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def _unreadable(error: ValueError) -> Problem:
    return Problem(FILE, None, f"it cannot be read: {error}", "Mend the table that it names.")
