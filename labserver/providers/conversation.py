"""What was said so far, and what it tells: names, earlier questions, the topic. Knows turns; says nothing itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from labserver.events import Message
from labserver.providers.library import Entry
from labserver.providers.matching import Index, Match
from labserver.providers.words import COMMON, sentence, words

WORDLIKE = r"[^\W\d_][\w'’-]*"
USER_NAME = re.compile(rf"\b(?:my name(?:\s+is|['’]s)|call me|i(?:\s+am|['’]m) called)\s+({WORDLIKE})", re.IGNORECASE)
BOT_NAME = re.compile(r"(?:\b[Yy]ou are|\b[Yy]ou['’]re|\b[Yy]our name is|\b[Cc]all yourself)\s+([A-Z][\w'’-]*)")

POLITE = r"(?:(?:ok|okay|yes|yes please|please|and|but|so|now|thanks|thank you|can you|could you|would you) )*"
FOLLOW_UPS = {
    "continue": r"go on|continue|keep going|carry on|go ahead|and then|finish",
    "more": (
        r"(?:tell me|say|give me|i want)?(?: something| some| even)? ?more(?: details?)?"
        r"(?: about (?:it|that|this|them))?|what else"
    ),
    "shorter": (
        r"(?:(?:make|say|keep|explain|put|give me|repeat) ?(?:it|that|this)? ?)?(?:much |bit |even )?"
        r"(?:shorter|briefly|more briefly|in short|tldr|(?:in )?(?:just )?(?:\w+ )?sentences?|short answer"
        r"|shorter version)"
    ),
    "example": r"(?:(?:give|show)(?: me)?|do you have)?(?: another| one)? ?(?:for )?examples?(?: of (?:it|that|this))?",
    "why": r"why|why so|why not|how come|why is (?:that|it|this)(?: so)?|explain why|tell me why",
}
FOLLOW_UP = re.compile(
    rf"{POLITE}(?:{'|'.join(f'(?P<{name}>{pattern})' for name, pattern in FOLLOW_UPS.items())})(?: please| now| then)*"
)


@dataclass(frozen=True)
class Conversation:
    """The messages of a request, read: the last question, what was said before it, the system's words."""

    messages: tuple[Message, ...]
    index: Index

    @property
    def prompt(self) -> str:
        return next((message.content for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def images(self) -> int:
        """How many pictures came with the last question."""
        return next((message.images for message in reversed(self.messages) if message.role == "user"), 0)

    @property
    def earlier(self) -> list[str]:
        """Earlier user turns, newest first."""
        return [message.content for message in reversed(self.messages) if message.role == "user"][1:]

    @property
    def answers(self) -> list[str]:
        """Assistant turns, newest first."""
        return [message.content for message in reversed(self.messages) if message.role == "assistant"]

    @property
    def system(self) -> str:
        return "\n".join(message.content for message in self.messages if message.role in ("system", "developer"))

    @property
    def user_name(self) -> str | None:
        """The name that the user gave last."""
        return next((name for said in (self.prompt, *self.earlier) if (name := name_in(said))), None)

    @property
    def bot_name(self) -> str | None:
        """The name that the system prompt gives to the assistant."""
        named = (found[1] for found in BOT_NAME.finditer(self.system) if found[1].lower() not in COMMON)
        return next(named, None)

    def match(self, text: str) -> Match | None:
        return self.index.best(words(text))

    @property
    def topic(self) -> Entry | None:
        """What the newest earlier question was about; follow-ups and introductions do not change the topic."""
        for said in self.earlier:
            match = self.match(said)
            if match and match.is_topical:
                return match.entry
            if not (follow_up(said) or name_in(said) or match):
                return None
        return None

    def before_continuing(self) -> tuple[tuple[Message, ...], str]:
        """The messages up to the last question that did not just say `continue`, and all that was answered since."""
        asked = max(
            (
                place
                for place, message in enumerate(self.messages)
                if message.role == "user" and follow_up(message.content) != "continue"
            ),
            default=-1,
        )
        since = self.messages[asked + 1 :]
        return self.messages[: asked + 1], "".join(message.content for message in since if message.role == "assistant")


def follow_up(text: str) -> str | None:
    """Which row of FOLLOW_UPS `text` is, when it is nothing else."""
    found = FOLLOW_UP.fullmatch(sentence(text))
    return found.lastgroup if found else None


def name_in(text: str) -> str | None:
    """`My name is Ada.` -> Ada; `My name is not important.` -> None."""
    names: Iterator[str] = (found[1].rstrip("'’-") for found in USER_NAME.finditer(text))
    return next((name[:1].upper() + name[1:] for name in names if name.lower() not in COMMON), None)


def without_name(text: str) -> str:
    """The rest of a message in which somebody introduces themselves."""
    return USER_NAME.sub(" ", text)
