"""Does the glossary say what the lessons say? Knows glossary.toml, the lessons' prose, and who links to what."""

import re
from collections import Counter
from collections.abc import Iterator

from labkit.author import glossary, leaflets
from labkit.author.book import Book, Page
from labkit.author.gates.reading import tokens
from labkit.author.glossary import FILE, Glossary, Term
from labkit.author.problem import Problem
from labkit.leaflets import LEAFLETS
from labkit.manifest import MANIFEST

LONGEST = 150  # characters of a meaning: longer is a paragraph
LINKS = "**Look it up:** [the glossary](../docs/glossary.md), [the cheat sheet](../docs/cheatsheet.md)."
_SENTENCE = re.compile(r"[^.?!]+(?:\.(?=\w)[^.?!]*)*\.")  # one, with an end; `3.11` ends none
_CODE = re.compile(r"`[^`]*`")


def words(book: Book) -> Iterator[Problem]:
    """Every word is there once, in one sentence, and stands in the lesson that introduces it."""
    try:
        source = glossary.load(book.root)
    except FileNotFoundError:
        yield Problem(FILE, None, "it does not exist.", "Write it: the course's words, statuses, headers and rule.")
        return
    except ValueError as error:
        yield Problem(FILE, None, f"it cannot be read: {error}", "Mend the table that it names.")
        return
    yield from _planned(book, source)
    prose = {lesson.id: _prose(page) for lesson, page in book.taught("notebooks")}
    for term in source.terms:
        yield from _written(term)
        yield from _introduced(term, source, prose)
    for name, times in Counter(term.term.casefold() for term in source.terms).items():
        if times > 1:
            yield Problem(FILE, None, f"'{name}' is explained {times} times.", "Keep one, in its first lesson.")


def in_step(book: Book) -> list[Problem]:
    """docs/glossary.md and docs/cheatsheet.md are what glossary.toml gives."""
    return leaflets.stale(book.root)


def linked(book: Book) -> Iterator[Problem]:
    """The last cell of every lesson leads to both leaflets."""
    for _, page in book.taught("notebooks"):
        last = page.prose[-1] if page.prose else None
        found = tokens(last.source) if last else ()
        targets = {str(token.attrs.get("href", "")).partition("#")[0] for token in found if token.type == "link_open"}
        for leaflet in LEAFLETS:
            if f"../{leaflet}" not in targets:
                cure = f"Write under its key points: {LINKS}"
                yield page.problem(last, f"its last text does not link to ../{leaflet}.", cure)


def _planned(book: Book, source: Glossary) -> Iterator[Problem]:
    for lesson in book.course.lessons:
        if lesson.id in source.planned:
            cure = f"Take it out of `planned` in {FILE}, then `wirelab dev build`."
            yield Problem(FILE, None, f"lesson {lesson.id} is in {MANIFEST} and still planned here.", cure, lesson.id)


def _written(term: Term) -> Iterator[Problem]:
    if not _SENTENCE.fullmatch(_CODE.sub("code", term.means)) or len(term.means) > LONGEST:
        what = f"what '{term.term}' means is not one sentence of {LONGEST} characters at most."
        yield Problem(FILE, None, what, "Say it in one, with a full stop, in plain words.", term.lesson)
    if not term.source.strip():
        yield Problem(FILE, None, f"'{term.term}' lacks its source.", "Say where it is defined.", term.lesson)


def _introduced(term: Term, source: Glossary, prose: dict[str, str]) -> Iterator[Problem]:
    text = prose.get(term.lesson)
    if text is None:
        if term.lesson not in source.planned:
            cure = f"Name the lesson that introduces it; one that is still to come is listed in `planned` of {FILE}."
            yield Problem(FILE, None, f"'{term.term}' is of lesson {term.lesson!r}, which does not exist.", cure)
    elif not term.stands_in(text):
        cure = "Name the lesson that says it, or say in `said` how this one says it."
        said = term.said or term.term
        yield Problem(FILE, None, f"lesson {term.lesson} never says '{said}'.", cure, term.lesson)


def _prose(page: Page) -> str:
    return "\n".join(cell.source for cell in page.prose)
