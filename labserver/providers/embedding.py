"""Texts as vectors of length 1: who shares words, or pieces of words, lies close. Knows spelling; knows no meaning.

Every word, and every three letters of one, adds to a few places of the vector that its hash picks: two anywhere, two in
the first half, two in the first quarter, and so on, so a vector that is cut short still tells texts apart.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b

from labserver.providers.words import COMMON, stem, words

EMBEDDERS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
HALVINGS = 7
WHOLE, COMMONPLACE, PIECE = 1.0, 0.1, 0.3  # what a word adds, one that says little, and three letters


def embed(text: str | Sequence[int], model: str, dimensions: int) -> list[float]:
    """The vector of a text, or of token numbers, which are words of their own: nobody here can read them."""
    size = EMBEDDERS[model]
    vector = [0.0] * size
    features = _of_text(text) if isinstance(text, str) else _of_tokens(text)
    for feature, weight in features:
        for place, sign in _places(feature, size):
            vector[place] += sign * weight
    kept = vector[:dimensions]
    length = math.sqrt(sum(number * number for number in kept))
    if not length:  # everything cancelled out, or lies behind the cut
        return [1.0, *([0.0] * (dimensions - 1))]
    return [round(number / length, 8) for number in kept]


def _of_text(text: str) -> Iterator[tuple[str, float]]:
    spoken = words(text)
    if not spoken:
        yield from ((f"sign {sign}", WHOLE) for sign in text)
    for word in map(stem, spoken):
        yield f"word {word}", COMMONPLACE if word in COMMON else WHOLE
        if word not in COMMON:
            fenced = f"<{word}>"
            yield from ((f"piece {fenced[at : at + 3]}", PIECE) for at in range(len(fenced) - 2))


def _of_tokens(tokens: Sequence[int]) -> Iterator[tuple[str, float]]:
    return ((f"token {token}", WHOLE) for token in tokens)


@lru_cache(maxsize=50_000)
def _places(feature: str, size: int) -> tuple[tuple[int, int], ...]:
    """(place, sign) pairs: two in the whole vector, two in its first half, and so on."""
    numbers = blake2b(feature.encode("utf-8", "replace"), digest_size=8 * HALVINGS).digest()
    found: list[tuple[int, int]] = []
    for at in range(2 * HALVINGS):
        number = int.from_bytes(numbers[4 * at : 4 * at + 4], "little")
        found.append(((number >> 1) % (size >> (at // 2)), 1 if number & 1 else -1))
    return tuple(found)
