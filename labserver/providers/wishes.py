"""How short an answer is wanted, and making it so. Knows sentences; knows nothing of topics."""

import re
from collections.abc import Iterator

from labserver.providers.wording import FENCE, PARAGRAPH_GAP
from labserver.providers.words import number, sentence

BRIEF = 2  # sentences, for someone who only said that it should be short
MOST = 20

COUNTED = re.compile(r"\b(\w+) sentences?\b")
BRIEFLY = re.compile(
    r"\b(?:briefly|be brief|keep it (?:brief|short)|(?:brief|short|quick) (?:answer|reply|version)|shorter|in short"
    r"|concise|concisely|tldr|tl dr|in few words)\b"
)
ONE = frozenset({"in", "single", "only", "just"})  # `in a sentence`: articles are gone by then

SENTENCE_END = re.compile(
    r"(?<=[.!?…])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)(?<!\bDr\.)(?<!\bMr\.)[\"”’')]*(\s+)(?=[\"“‘'(`]?[^\W_a-z])"
)


def sentences_wanted(text: str) -> int | None:
    """The number of sentences that `text` asks for; None when it asks for no brevity."""
    spoken = sentence(text)
    if found := COUNTED.search(spoken):
        wanted = 1 if found[1] in ONE else number(found[1])
        if wanted and wanted <= MOST:
            return wanted
    return BRIEF if BRIEFLY.search(spoken) else None


def shorten(text: str, limit: int) -> str:
    """The first `limit` whole sentences of `text`. A code block stays only when the last of them promises it (`:`)."""
    kept: list[str] = []
    for paragraph in _paragraphs(text):
        if limit <= 0 and not kept[-1].endswith(":"):
            break
        if paragraph.startswith("```"):
            kept.append(paragraph)
            continue
        said = list(sentences(paragraph))[: max(limit, 0)]
        limit -= len(said)
        kept.extend([" ".join(said)] if said else [])
    return PARAGRAPH_GAP.join(kept)


def sentences(paragraph: str) -> Iterator[str]:
    """`'It is 3.5 g. Wait!'` -> `'It is 3.5 g.'`, `'Wait!'`."""
    start = 0
    for gap in SENTENCE_END.finditer(paragraph):
        yield paragraph[start : gap.start(1)]
        start = gap.end(1)
    if paragraph[start:]:
        yield paragraph[start:]


def _paragraphs(text: str) -> Iterator[str]:
    """Prose paragraphs and whole code blocks, in order."""
    for part in FENCE.split(text):
        yield from (
            [part] if part.startswith("```") else filter(None, (each.strip() for each in part.split(PARAGRAPH_GAP)))
        )
