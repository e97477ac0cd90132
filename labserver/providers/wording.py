"""Text with alternatives, and how to say it. Knows slots and dice; knows nothing of topics.

Each line is a slot: alternatives between ` | `, the canonical one first. Slots of a paragraph are joined by a space,
paragraphs by a blank line. A fenced block (```) is a paragraph that is said as it stands.
"""

import math
import random
import re
from dataclasses import dataclass
from functools import cache

BAR = " | "
PARAGRAPH_GAP = "\n\n"
FENCE = re.compile(r"^(```.*?^```)[ \t]*$", re.MULTILINE | re.DOTALL)
BLANK_LINES = re.compile(r"\n\s*\n")

Slot = tuple[str, ...]
Paragraph = tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """How freely to speak: `key` decides which alternatives, `temperature` how often one is taken at all."""

    key: str
    temperature: float

    def dice(self, purpose: str) -> random.Random:
        """The same dice for the same key and purpose, in every process. Raising the temperature keeps their rolls."""
        return random.Random(f"{self.key}\n{purpose}")

    @property
    def daring(self) -> float:
        """The probability that a slot leaves its canonical wording: 0 at temperature 0, 0.63 at 1, 0.86 at 2."""
        return 1 - math.exp(-self.temperature)


@cache
def parse(text: str) -> tuple[Paragraph, ...]:
    """The paragraphs of `text` as slots. Raises ValueError naming an empty alternative or an open code fence."""
    parts = FENCE.split(text)
    if any("```" in prose for prose in parts[::2]):
        raise ValueError("a code fence is not closed, or does not stand on lines of its own")
    return tuple(
        paragraph
        for prose, code in zip(parts[::2], [*parts[1::2], ""], strict=True)
        for paragraph in (*_paragraphs(prose), *([((code,),)] if code else []))
    )


def compose(text: str, voice: Voice) -> str:
    """One wording of `text`."""
    dice = voice.dice(text)
    return PARAGRAPH_GAP.join(" ".join(_pick(slot, voice.daring, dice) for slot in slots) for slots in parse(text))


def _paragraphs(prose: str) -> list[Paragraph]:
    blocks = (block.strip() for block in BLANK_LINES.split(prose))
    return [tuple(_slot(line) for line in block.splitlines()) for block in blocks if block]


def _slot(line: str) -> Slot:
    alternatives = tuple(alternative.strip() for alternative in f" {line} ".split(BAR))
    if not all(alternatives):
        raise ValueError(f"an alternative is empty in: {line.strip()}")
    return alternatives


def _pick(slot: Slot, daring: float, dice: random.Random) -> str:
    """Rolls twice whatever comes of it, so one slot's luck never moves the next one's."""
    leap, which = dice.random(), dice.random()
    others = slot[1:]
    return others[int(which * len(others))] if others and leap < daring else slot[0]
