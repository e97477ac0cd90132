"""One answer in the making: a request, the library, and a voice to say things with. Decides nothing."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from labserver.events import ChatRequest
from labserver.providers.conversation import Conversation
from labserver.providers.library import Entry
from labserver.providers.matching import Index
from labserver.providers.wording import Voice, compose
from labserver.providers.words import words

PHRASEBOOK = Path(__file__).with_name("phrasebook.toml")
SUGGESTED = 3
FAVOURITES = ("green-tea", "server-sent-events", "machine-learning")  # suggested first, in canonical wording


@dataclass(frozen=True)
class Turn:
    """Choice number `choice` of what `request` asks for."""

    request: ChatRequest
    index: Index
    choice: int = 0

    @cached_property
    def conversation(self) -> Conversation:
        return Conversation(self.request.messages, self.index)

    @cached_property
    def voice(self) -> Voice:
        """The limits are no part of its key, so a cut answer is always the beginning of the whole one."""
        messages = [(message.role, message.content) for message in self.request.messages]
        key = ascii((self.request.seed, self.request.model, messages, self.choice)).encode()
        return Voice(hashlib.sha256(key).hexdigest(), self.request.temperature)

    @property
    def prompt(self) -> str:
        return self.conversation.prompt

    def say(self, occasion: str, **fields: str) -> str:
        """One of our own sentences; the fields go in last, so nobody's words are read as slots."""
        return compose(phrasebook()[occasion], self.voice).format(**fields)

    def tell(self, entry: Entry) -> str:
        return compose(entry.text, self.voice)

    def tell_more(self, entry: Entry) -> str:
        return compose(entry.more, self.voice)

    def suggest(self, about: str, besides: Sequence[Entry] = ()) -> str:
        """Names of three topics that have more to tell: near ones first, then some others."""
        left_out = {entry.id for entry in besides}
        near = [entry for entry in self.index.near(words(about), left_out) if entry.more][:SUGGESTED]
        left_out |= {entry.id for entry in near}
        others = [entry for entry in self.index.entries if entry.more and entry.id not in left_out]
        return listed([entry.name for entry in [*near, *self._mixed(others)][:SUGGESTED]])

    def _mixed(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Favourites first, or in the order of the dice of a voice that dares to."""
        dice = self.voice.dice("topics")
        if dice.random() < self.voice.daring:
            return dice.sample(entries, len(entries))
        return sorted(entries, key=lambda entry: entry.id not in FAVOURITES)


@cache
def phrasebook() -> dict[str, str]:
    """What the mock model says of its own accord, by occasion."""
    return tomllib.loads(PHRASEBOOK.read_text(encoding="utf-8"))


def listed(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def quote(text: str, letters: int = 60, most_words: int = 10) -> str:
    """Somebody's words on one line, without control characters, at most `letters` long including the ellipsis."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text).split()
    start = " ".join(plain[:most_words])
    if len(plain) <= most_words and len(start) <= letters:
        return start
    if len(start) >= letters:
        start = start[: letters - 1]
        start = start.rsplit(" ", 1)[0] if " " in start[letters // 2 :] else start
    return f"{start.rstrip(' .,;:')}…"
