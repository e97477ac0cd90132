"""Does every link lead somewhere? Relative ones and anchors are followed; nobody else's server is asked."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labkit.author.book import Book, Page
from labkit.author.gates.reading import headings_of, tokens
from labkit.author.problem import Problem
from labkit.leaflets import LEAFLETS

HANDED_OUT = ("notebooks", "exercises")  # with the leaflets all that a learner's copy of the course holds
TEXTS = ("*.md", "docs/*.md", "instructors/*.md")
_NAMED = re.compile(r"<a\s+(?:id|name)=[\"']([^\"']+)", re.IGNORECASE)
_NOT_IN_A_SLUG = re.compile(r"[^\w\- ]")


def links(book: Book) -> Iterator[Problem]:
    """Relative links name a file that their reader has, and anchors a heading in it."""
    for page in book.of("notebooks", "solutions"):
        for cell in page.prose:
            for target in _targets(cell.source):
                for what, cure in _followed(book, page, target):
                    yield page.problem(cell, what, cure)
    for path in sorted(path for pattern in TEXTS for path in book.root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        for target in _targets(text):
            there, _, anchor = target.partition("#")
            file = path.parent / unquote(there) if there else path
            name = path.relative_to(book.root).as_posix()
            for what, cure in _in_text(file, target, anchor):
                yield Problem(name, None, what, cure)


def _targets(markdown: str) -> Iterator[str]:
    """Every link and picture that is not an address, an attachment, or the data itself."""
    for token in tokens(markdown):
        target = str(token.attrs.get("href") or token.attrs.get("src") or "")
        if token.type in ("link_open", "image") and target and not urlsplit(target).scheme:
            yield target


def _in_text(file: Path, target: str, anchor: str) -> Iterator[tuple[str, str]]:
    if not file.exists():
        yield f"its link to {target} leads nowhere.", "Correct it, or take it away."
    elif anchor and file.suffix == ".md" and unquote(anchor) not in _slugs(file.read_text(encoding="utf-8")):
        cure = "Write the heading in small letters with hyphens for spaces, as GitHub does."
        yield f"its link to {target} names no heading there.", cure


def _followed(book: Book, page: Page, target: str) -> Iterator[tuple[str, str]]:
    there, _, anchor = target.partition("#")
    other: Page | None = page
    if there:
        path = (book.root / page.folder / unquote(there)).resolve()
        folder, name = path.parent.name, path.name
        if path in [(book.root / leaflet).resolve() for leaflet in LEAFLETS]:
            yield from _in_text(path, target, anchor)
            return
        if folder not in HANDED_OUT or path.suffix != ".ipynb" or path.parents[1] != book.root.resolve():
            cure = f"Link to a notebook in {' or '.join(HANDED_OUT)}, or to {' or '.join(LEAFLETS)}; no others."
            yield f"its link to {there} leads out of what a learner has.", cure
            return
        if not path.is_file():
            yield f"its link to {there} leads nowhere.", "Correct it, or write that notebook."
            return
        other = next((one for one in book.pages if (one.folder, one.name) == (folder, name)), None)
    if anchor and other is not None and unquote(anchor) not in _anchors(other):
        cure = "Write the heading's words with hyphens for spaces, as Jupyter does."
        yield f"its link to {target} names no heading there.", cure


def _anchors(page: Page) -> set[str]:
    """Jupyter's own: the heading's text with hyphens for spaces; and what an <a id> names."""
    found = {words.strip().replace(" ", "-") for cell in page.prose for _, words in headings_of(cell.source)}
    return found | {name for cell in page.prose for name in _NAMED.findall(cell.source)}


def _slugs(markdown: str) -> set[str]:
    """GitHub's: small letters, no punctuation, hyphens for spaces."""
    titles = (words.lower() for _, words in headings_of(markdown))
    return {_NOT_IN_A_SLUG.sub("", words).replace(" ", "-") for words in titles} | set(_NAMED.findall(markdown))
