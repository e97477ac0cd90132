"""Which entry a question is about. Knows words and evidence; knows nothing of wording or of earlier turns."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labserver.providers.library import Entry
from labserver.providers.words import COMMON, stem, words

CONTENT = 3.0  # what a telling word adds to a phrase
FILLER = 0.5  # what `what`, `is` or `hello` adds
LENGTH = 0.25  # what each further word of a phrase with a telling one adds
UNEXPLAINED = 0.5  # what each telling word demands that the entry says nothing about
MOST_UNEXPLAINED = 8  # long questions are not asked for more

Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Find:
    """A phrase or keyword of the entry numbered `owner`, at the words `start` to `end` of a question."""

    weight: float
    start: int
    end: int
    owner: int
    is_phrase: bool

    @property
    def places(self) -> frozenset[int]:
        return frozenset(range(self.start, self.end))


@dataclass(frozen=True, slots=True)
class Match:
    """An entry, the weight of its evidence, and where its best phrase stands among the question's words."""

    entry: Entry
    weight: float
    places: frozenset[int]
    is_topical: bool  # whether a telling word speaks for it; a greeting has none


class Index:
    """A library that can be asked. Rare keywords weigh more than common ones."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = tuple(entries)
        self._holders = Counter(word for entry in entries for word in vocabulary(entry))
        self._evidence: dict[Stems, list[tuple[int, float, bool]]] = defaultdict(list)
        for owner, entry in enumerate(entries):
            for phrase in map(words, entry.phrases):
                self._evidence[_stems(phrase)].append((owner, _phrase_weight(phrase), True))
            for keyword in map(words, entry.keywords):
                self._evidence[_stems(keyword)].append((owner, self._keyword_weight(keyword), False))
        self._longest = max(map(len, self._evidence), default=0)

    def best(self, asked: Sequence[str]) -> Match | None:
        """The entry with the most evidence among the words of a question; None when none has enough.

        Of equals the one found first wins, then the one that stands first in the library.
        """
        telling = frozenset(place for place, word in enumerate(asked) if word not in COMMON)
        found: dict[int, list[Find]] = defaultdict(list)
        for find in self._finds(_stems(asked)):
            found[find.owner].append(find)
        matches = [match for owner, finds in found.items() if (match := self._match(owner, finds, telling))]
        return max(matches, key=lambda match: match.weight, default=None)

    def near(self, asked: Iterable[str], besides: Iterable[str] = ()) -> list[Entry]:
        """Entries that share telling words with `asked`, nearest first, without those whose id is in `besides`."""
        telling, left_out = {stem(word) for word in asked if word not in COMMON}, set(besides)
        shared = {
            entry: sum(1 / self._holders[word] for word in sorted(telling & vocabulary(entry)))
            for entry in self.entries
            if entry.id not in left_out
        }
        return sorted((entry for entry in shared if shared[entry]), key=lambda entry: -shared[entry])

    def _finds(self, stems: Stems) -> Iterator[Find]:
        """Whole words only: every window of the question that is a phrase or a keyword of some entry."""
        for start in range(len(stems)):
            for end in range(start + 1, min(start + self._longest, len(stems)) + 1):
                for owner, weight, is_phrase in self._evidence.get(stems[start:end], ()):
                    yield Find(weight, start, end, owner, is_phrase)

    def _match(self, owner: int, finds: Sequence[Find], telling: frozenset[int]) -> Match | None:
        """The best phrase, and each keyword beyond it, against what stays unexplained."""
        best = max((find for find in finds if find.is_phrase), key=lambda find: find.weight, default=None)
        places = explained = best.places if best else frozenset()
        weight = best.weight if best else 0.0
        for find in finds:
            if not find.is_phrase and not find.places & explained:
                weight += find.weight
                explained |= find.places
        demand = UNEXPLAINED * min(len(telling - explained), MOST_UNEXPLAINED)
        return Match(self.entries[owner], weight, places, bool(telling & explained)) if weight >= demand else None

    def _keyword_weight(self, keyword: Stems) -> float:
        rarest = min((self._holders[stem(word)] for word in keyword if word not in COMMON), default=0)
        return 1 + 1 / rarest if rarest else FILLER


def vocabulary(entry: Entry) -> frozenset[str]:
    """The telling stems by which an entry is known."""
    said = (entry.title, *entry.phrases, *entry.keywords)
    return frozenset(stem(word) for text in said for word in words(text) if word not in COMMON)


def _phrase_weight(phrase: Stems) -> float:
    telling = sum(word not in COMMON for word in phrase)
    return telling * CONTENT + (len(phrase) - telling) * FILLER + (LENGTH * (len(phrase) - 1) if telling else 0)


def _stems(spoken: Iterable[str]) -> Stems:
    return tuple(stem(word) for word in spoken)
