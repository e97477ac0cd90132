"""How likely a token was and what else was likely there. Made up, but plausible and always the same: knows no model."""

import math
import random
from collections.abc import Hashable

SURE, UNSURE = 0.995, 0.45  # the probabilities between which a token that was said lies
KEPT = 0.98  # the part of what is left that the listed rivals share: some of it is always theirs who are not listed
FALL = 0.55  # each rival has about this part of the rival's before it
WORDS = (
    "the", "a", "it", "and", "of", "to", "is", "in", "that", "for", "with", "this", "tea", "water", "you", "one",
    "they", "we", "on", "as", "or", "at", "by", "so", "not",
)  # fmt: skip
MARKS = (
    ".",
    ",",
    ":",
    ";",
    "!",
    "?",
    "\n",
    '"',
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    " -",
    " (",
    '":',
    '",',
    "\n\n",
    "…",
    " /",
    "'",
)

Odds = tuple[tuple[str, float], ...]


def odds(token: str, top: int, key: Hashable) -> Odds:
    """(`token`, its log probability), then the `top` likeliest tokens at its place, itself among them if there is room.

    Probabilities never sum to more than 1. The same key and token give the same odds in every process.
    """
    dice = random.Random(f"{key!r}\n{token!a}")
    said = UNSURE + (SURE - UNSURE) * dice.random() ** 0.3
    left, likely = (1 - said) * KEPT, [(token, said)]
    for rival in _rivals(token, max(0, top - 1), dice):
        share = left * (1 - FALL) * dice.uniform(0.9, 1)
        likely.append((rival, share))
        left -= share
    ranked = sorted(likely, key=lambda one: -one[1])[:top]
    return tuple((each, round(math.log(chance), 6)) for each, chance in [(token, said), *ranked])


def _rivals(token: str, count: int, dice: random.Random) -> list[str]:
    """Other tokens of the same shape: words for a word, with its space and its capital, marks for a mark."""
    letters = token.lstrip(" ")
    if letters[:1].isalnum():
        space = " " if token.startswith(" ") else ""
        shaped = [space + (word.capitalize() if letters[:1].isupper() else word) for word in WORDS]
    else:
        shaped = list(MARKS)
    others = [each for each in shaped if each != token]
    return dice.sample(others, min(count, len(others)))
