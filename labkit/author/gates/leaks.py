"""What must never leave the author's machine: keys, tokens, ports, paths. Knows patterns; asks nobody."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labkit.author.book import Cell, Page
from labkit.author.normal import plain
from labkit.author.problem import Problem

_KEY = "Take the value away: print that a key is there, never the key."
_PLACE = "Print no address: lab.url changes from machine to machine. For an error, print the class name."
_PATH = "Print the file's name alone; nothing of the machine it lay on."


@dataclass(frozen=True)
class Leak:
    """One kind of leak. `outputs_only` for what an author may write and a run may not print."""

    what: str
    pattern: re.Pattern[str]
    cure: str
    outputs_only: bool = False


LEAKS = (
    Leak("a key (sk-…)", re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"), _KEY),
    Leak("a lab key (lab-…)", re.compile(r"\blab-(?=[a-z_-]*[0-9A-Z])[A-Za-z0-9_-]{16,}"), _KEY),
    Leak("a bearer token", re.compile(r"\bBearer\s+(?=\S*\d)[A-Za-z0-9._~+/-]{20,}", re.IGNORECASE), _KEY),
    Leak("a JWT", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}"), _KEY),
    Leak("a provider's key", re.compile(r"\b(?:AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|hf_\w{20,}|AIza[\w-]{30,})"), _KEY),
    Leak("an ephemeral port", re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):\d{5}\b|\bport=\d{5}\b"), _PLACE),
    Leak("a port", re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\]):\d{2,5}\b"), _PLACE, outputs_only=True),
    Leak("a path of this machine", re.compile(r"(?<![\w.~…-])/(?:home|root|work|Users)/"), _PATH),
    Leak("a path of this machine", re.compile(r"\b[A-Za-z]:\\+(?:Users|home|work)\b|/tmp/ipykernel_\d+"), _PATH),
)
_PICTURE = re.compile(r"data:image/[^\"')\s]*")


def leaks(page: Page) -> Iterator[Problem]:
    """No cell, source or output, holds any of LEAKS. One finding per cell and kind."""
    for cell in page.cells:
        texts = list(_texts(cell))
        for leak in LEAKS:
            for where, text in texts:
                found = leak.pattern.search(text)
                if found and not (leak.outputs_only and where == "source"):
                    what = f"its {where} holds {leak.what}: {_masked(found.group())}"
                    yield page.problem(cell, what, leak.cure)
                    break


def _texts(cell: Cell) -> Iterator[tuple[str, str]]:
    yield "source", _PICTURE.sub("", cell.source)
    for output in cell.outputs:
        for text in output.data.values():
            yield "output", _PICTURE.sub("", plain(text))


def _masked(secret: str) -> str:
    """Enough to find it by, too little to use it."""
    return secret if len(secret) <= 24 else f"{secret[:12]}…"
