"""Can everybody read it? Headings, alt text, width, length. Knows Markdown and HTML; runs and compares nothing."""

from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

from labkit.author.book import Output, Page
from labkit.author.problem import Problem

COLUMNS = 100
CELLS = range(15, 36)
WORDLESS = frozenset({"image", "img", "picture", "plot", "figure", "chart", "graph", "screenshot"})  # say nothing
PIXELS = ("image/png", "image/jpeg", "image/gif", "image/svg+xml")

_ALT = "Say in the alt text what there is to see."
_markdown = MarkdownIt("commonmark").enable("table")


def headings(page: Page) -> Iterator[Problem]:
    """Exactly one H1, it comes first, and no heading skips a level on the way down."""
    last, titles = 0, 0
    for cell in page.prose:
        for level, words in headings_of(cell.source):
            titles += level == 1
            if level == 1 and titles == 2:
                yield page.problem(cell, f"'{words}' is a second H1.", "Make it '## …'.")
            elif level > last + 1:
                above = f"an H{last}" if last else "nothing"
                cure = f"Make it '{'#' * (last + 1)} …', or give it the heading that it lacks."
                yield page.problem(cell, f"'{words}' is an H{level} after {above}.", cure)
            last = level
    if not titles:
        yield page.problem(None, "it has no H1.", "Open the first cell with '# …'.")


def pictures(page: Page) -> Iterator[Problem]:
    """Every picture, in a text or in an output, has words that say what it shows."""
    for cell in page.cells:
        if cell.kind == "markdown":
            for seen in _wordless_in_markdown(cell.source):
                yield page.problem(cell, f"{seen} has no alt text.", _ALT)
        for output in cell.outputs:
            for seen in _wordless_in_output(output):
                yield page.problem(cell, f"its output {seen} has no alt text.", _ALT)
            for mime in PIXELS:
                if mime in output.data:
                    cure = 'Show it as HTML: <img alt="…" src="data:…">, and close the figure.'
                    yield page.problem(cell, f"its output is a bare {mime}, which carries no alt text.", cure)


def columns(page: Page) -> Iterator[Problem]:
    """Code is readable without scrolling sideways."""
    for cell in page.code:
        for line in cell.source.splitlines():
            if len(line) > COLUMNS:
                what = f"a line has {len(line)} columns: '{line.strip()[:40]}…'"
                yield page.problem(cell, what, f"Break it: {COLUMNS} columns at most.")


def size(page: Page) -> Iterator[Problem]:
    """A lesson is neither a leaflet nor a book."""
    if len(page.cells) not in CELLS:
        cure = f"Give it {CELLS.start} to {CELLS.stop - 1}: what does not fit moves, it is not squeezed."
        yield page.problem(None, f"it has {len(page.cells)} cells.", cure)


@cache
def tokens(markdown: str) -> tuple[Token, ...]:
    """Every token, the inline ones too, in reading order."""
    flat: list[Token] = []
    for token in _markdown.parse(markdown):
        flat += [token, *(token.children or ())]
    return tuple(flat)


def headings_of(markdown: str) -> Iterator[tuple[int, str]]:
    found = tokens(markdown)
    for place, token in enumerate(found):
        if token.type == "heading_open":
            yield int(token.tag[1]), found[place + 1].content
        elif token.type in ("html_block", "html_inline"):
            for level in _read_html(token.content).levels:
                yield level, "an HTML heading"


def title(markdown: str) -> str | None:
    """The words of the first H1, or None."""
    return next((words for level, words in headings_of(markdown) if level == 1), None)


def _wordless_in_markdown(markdown: str) -> Iterator[str]:
    html = ""  # in one piece: an inline <svg> and its <title> are two tokens
    for token in tokens(markdown):
        if token.type == "image" and _says_nothing(token.content):
            yield f"the picture {str(token.attrs.get('src'))[:60]}"
        elif token.type in ("html_block", "html_inline"):
            html += token.content
    yield from _read_html(html).wordless


def _wordless_in_output(output: Output) -> Iterator[str]:
    if "text/html" in output.data:
        yield from _read_html(output.data["text/html"]).wordless
    if "text/markdown" in output.data:
        yield from _wordless_in_markdown(output.data["text/markdown"])


def _says_nothing(alt: str | None) -> bool:
    return not (alt or "").strip() or (alt or "").strip().lower() in WORDLESS


class _Html(HTMLParser):
    """Headings, and pictures without words. An SVG's words are a <title> or an aria-label, or it is aria-hidden."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.wordless: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.levels.append(int(tag[1]))
        elif tag == "img" and _says_nothing(named.get("alt")):
            self.wordless.append(f"the <img> {(named.get('src') or '')[:30]}")
        elif tag == "svg" and named.get("aria-hidden") != "true" and _says_nothing(named.get("aria-label")):
            self.wordless.append("an <svg>")
        elif tag == "title" and self.wordless[-1:] == ["an <svg>"]:
            self.wordless.pop()


def _read_html(text: str) -> _Html:
    reader = _Html()
    reader.feed(text)
    reader.close()
    return reader
