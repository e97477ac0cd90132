"""Token pieces that look like a model's. Knows characters; knows no vocabulary, so counts are close, never exact.

Joining the pieces gives the text back, for every string. A space belongs to the word after it, as in real tokenizers.
"""

import re
from functools import lru_cache
from itertools import pairwise

REMEMBERED = 4096  # characters of a text whose count is kept
LONGEST = 7  # letters that a word may have and still be one token
CHUNK = 5  # letters per piece where no known ending helps
ENDINGS = (
    "ological", "ization", "ability", "ometer", "ically", "ations", "ation", "ature", "ology", "ingly", "ments",
    "ness", "ment", "able", "ible", "ally", "ious", "less", "ance", "ence", "tion", "sion", "ing", "ers", "ive",
    "est", "ed", "er", "ly",
)  # fmt: skip

CJK = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U0003ffff"
MARKS = r"\u0300-\u036f"
PICTURE = r"[\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
DRESSED = PICTURE + r"[\U0001f3fb-\U0001f3ff\ufe0f\u20e3\U000e0020-\U000e007f]*"
LETTER = rf"[^\W\d_{CJK}]"

# The first that fits wins.
SHAPES = {
    "newline": r"\r\n|\r|\n",
    "flag": r" ?[\U0001f1e6-\U0001f1ff]{2}",
    "keycap": r" ?[0-9#*]\ufe0f?\u20e3",
    "emoji": rf" ?{DRESSED}(?:\u200d{DRESSED})*",
    "cjk": rf"[{CJK}]",
    "contraction": r"'(?:s|t|re|ve|m|ll|d)\b",
    "word": rf" ?{LETTER}[{MARKS}]*(?:{LETTER}[{MARKS}]*)*",
    "digits": r" ?\d{1,3}",
    "punctuation": r" ?(?P<mark>[^\w\s]|_)(?P=mark){0,3}",
    "indent": r"[^\S\r\n]+(?= \S)",
    "blank": r"[^\S\r\n]+",
    "rest": r"(?s:.)",
}
TOKEN = re.compile("|".join(f"(?P<{name}>{shape})" for name, shape in SHAPES.items()))
HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def split(text: str) -> list[str]:
    """The tokens of `text`, in order; never an empty one."""
    return [
        piece
        for match in TOKEN.finditer(text)
        for piece in (_pieces(match[0]) if match.lastgroup == "word" else (match[0],))
    ]


def count(text: str) -> int:
    """How many tokens. A conversation is sent again with every question, so what was counted lately is remembered."""
    return _counted(text) if len(text) <= REMEMBERED else len(split(text))


@lru_cache(maxsize=1024)
def _counted(text: str) -> int:
    return len(split(text))


def _pieces(word: str) -> list[str]:
    """`' thermometer'` -> `[' therm', 'ometer']`; `'getValue'` -> `['get', 'Value']`; short words stay whole."""
    return [piece for hump in HUMP.split(word) for piece in _shorten(hump)]


def _shorten(word: str) -> list[str]:
    if len(word.lstrip(" ")) <= LONGEST:
        return [word]
    ending = next((ending for ending in ENDINGS if word.endswith(ending)), "")
    stem = word.removesuffix(ending) if ending else word
    return [*_chunks(stem), *filter(None, [ending])]


def _chunks(stem: str) -> list[str]:
    """Nearly equal pieces of at most LONGEST letters; a stem that is short enough is one."""
    letters = len(stem.lstrip(" "))
    parts = 1 if letters <= LONGEST else -(-letters // CHUNK)
    edges = [round(i * len(stem) / parts) for i in range(parts + 1)]
    return [stem[start:end] for start, end in pairwise(edges)]
