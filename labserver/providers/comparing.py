"""Answers to `A or B, what is the difference?`: one entry about both, or the two side by side. Knows no wording."""

import re
from itertools import product

from labserver.providers.matching import Match
from labserver.providers.turn import Turn, quote
from labserver.providers.wording import PARAGRAPH_GAP
from labserver.providers.words import sentence

COMPARED = (
    re.compile(r"\b(?:difference between|compare|differ between) (.+?) (?:and|with|to|from|vs|versus) (.+)"),
    re.compile(r"\bhow (?:does|do|is) (.+?) (?:differ|different|differs) from (.+)"),
    re.compile(r"\bis (.+?) (?:better|worse|faster|slower) than (.+)"),
    re.compile(r"^(.+?) (?:vs|versus) (.+)"),
)
ASKING = re.compile(r"^(?:(?:what|which|is|are|better|explain|tell|me|about|please|compare|and|so|ok) )+")
JOINTS = (" and ", " vs ", " or ")


def compared(turn: Turn) -> str | None:
    found = next(filter(None, (pattern.search(sentence(turn.prompt)) for pattern in COMPARED)), None)
    if not found:
        return None
    sides = ASKING.sub("", found[1]), found[2]
    if pair := _pair(turn, *sides):
        return turn.tell(pair.entry)
    known = {side: match for side in sides if (match := turn.conversation.match(side)) and match.is_topical}
    parts = [_first_paragraph(turn, match) for match in known.values()]
    if len(parts) == 2 and parts[0] != parts[1]:
        return turn.say("side_by_side", first=parts[0], second=parts[1])
    if len(parts) == 1:
        unknown = next(side for side in sides if side not in known)
        return turn.say("half_known", first=parts[0], quote=quote(unknown))
    return None


def _pair(turn: Turn, left: str, right: str) -> Match | None:
    """An entry with a phrase that reaches from one side to the other, in either order."""
    for joint, (first, second) in product(JOINTS, [(left, right), (right, left)]):
        match = turn.conversation.match(f"{first}{joint}{second}")
        if match and len(first.split()) in match.places:
            return match
    return None


def _first_paragraph(turn: Turn, match: Match) -> str:
    return turn.tell(match.entry).split(PARAGRAPH_GAP)[0]
