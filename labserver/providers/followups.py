"""Answers about the topic before: more of it, less of it, an example, a reason. Knows one topic and its text."""

import re
from collections.abc import Callable

from labserver.providers import wording
from labserver.providers.conversation import follow_up
from labserver.providers.library import Entry
from labserver.providers.turn import Turn
from labserver.providers.wording import FENCE, PARAGRAPH_GAP
from labserver.providers.words import sentence

MORE_ABOUT = re.compile(r"(?:.* )?more about .+")
EXAMPLE = re.compile(r"\b(?:example|for instance|imagine)\b", re.IGNORECASE)
REASON = re.compile(r"\b(?:because|so that|reason|otherwise|that is why)\b", re.IGNORECASE)


def followed_up(turn: Turn) -> str | None:
    """`Tell me more`, `shorter please`, `why?` and the like; None for a message with a topic of its own."""
    kind, topic = follow_up(turn.prompt), turn.conversation.topic
    if kind:
        return FOLLOWED_UP[kind](turn, topic) if topic else turn.say("no_topic", topics=turn.suggest(""))
    match = turn.conversation.match(turn.prompt)
    again = match and match.entry is topic and MORE_ABOUT.fullmatch(sentence(turn.prompt))
    return more(turn, topic) if topic and again else None


def more(turn: Turn, topic: Entry) -> str:
    return turn.tell_more(topic) if topic.more and not _was_told(turn, topic) else _no_more(turn, topic)


def shorter(turn: Turn, topic: Entry) -> str:
    """The answer itself: the wish for brevity, which is in the message, shortens it."""
    return turn.tell(topic)


def example(turn: Turn, topic: Entry) -> str:
    code = FENCE.search(_everything(turn, topic))
    return code[1] if code else _closest(turn, topic, EXAMPLE)


def why(turn: Turn, topic: Entry) -> str:
    return _closest(turn, topic, REASON)


FOLLOWED_UP: dict[str, Callable[[Turn, Entry], str]] = {
    "continue": more,
    "more": more,
    "shorter": shorter,
    "example": example,
    "why": why,
}


def _closest(turn: Turn, topic: Entry, pattern: re.Pattern[str]) -> str:
    """The paragraph in which `pattern` stands, or else what more there is, or else an honest no."""
    paragraphs = _everything(turn, topic).split(PARAGRAPH_GAP)
    part = next(filter(pattern.search, paragraphs), turn.tell_more(topic))
    return turn.say("closest", part=part) if part else _no_more(turn, topic)


def _everything(turn: Turn, topic: Entry) -> str:
    return PARAGRAPH_GAP.join([turn.tell(topic), turn.tell_more(topic)])


def _no_more(turn: Turn, topic: Entry) -> str:
    return turn.say("no_more", topic=topic.name, topics=turn.suggest(" ".join([topic.name, *topic.phrases]), [topic]))


def _was_told(turn: Turn, topic: Entry) -> bool:
    """Whether some answer already has the further material: any wording of its first sentence gives it away."""
    openings = wording.parse(topic.more)[0][0]
    return any(opening in answer for opening in openings for answer in turn.conversation.answers)
