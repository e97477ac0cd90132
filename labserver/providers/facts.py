"""What a text says: numbers, days, places, addresses, names, quotations. Knows spelling; knows no schema.

Nothing here understands anything. It finds what stands there, and a word list says which capital words are cities.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from labserver.providers import words

LONGEST = 2000  # characters that are read
TODAY = date(2024, 1, 1)  # the day on which a seeded sandbox's clock begins
SPOKEN_DAYS = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KNOWN_CITIES = """
    amsterdam athens barcelona beijing berlin bern boston brussels budapest cairo chicago copenhagen delhi dublin
    edinburgh geneva hamburg helsinki istanbul kyoto lagos lima lisbon london madrid manchester melbourne milan
    montreal moscow mumbai munich nairobi naples osaka oslo paris porto prague riga rome seattle seoul shanghai
    singapore stockholm sydney tallinn tokyo toronto vancouver venice vienna warsaw zurich
"""
CITIES = frozenset(KNOWN_CITIES.split())
KNOWN_LANGUAGES = """
    english german french spanish italian portuguese dutch polish japanese chinese korean turkish arabic hindi swedish
    danish norwegian finnish greek czech ukrainian
"""
LANGUAGES = frozenset(KNOWN_LANGUAGES.split())

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
URL = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:!?]")
ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
LONG_DATE = re.compile(
    rf"\b(?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{'|'.join(MONTHS)})"
    rf"|(?P<month2>{'|'.join(MONTHS)}) (?P<day2>\d{{1,2}})(?:st|nd|rd|th)?),?(?: (?P<year>\d{{4}}))?\b",
    re.IGNORECASE,
)
TIME = re.compile(r"\b([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\b|\b(1[0-2]|[1-9]) ?(am|pm)\b", re.IGNORECASE)
CODE = re.compile(r"\b(?=[A-Za-z0-9-]*\d)(?=[A-Za-z0-9-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\b")
NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)")
SUM = re.compile(r"-?\(*\d+(?:\.\d+)?\)*(?:\s*[-+*/^%×÷]\s*\(*-?\d+(?:\.\d+)?\)*)+")
QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]{1,300})[\"”“»]|(?<!\w)'([^']{1,300})'(?!\w)")
CAPITALISED = re.compile(r"\b[^\W\d_a-z][\w'’-]*(?:[ ](?:de|da|of|am|van)?[ ]?[^\W\d_a-z][\w'’-]*)*")
PLACED = re.compile(r"\b(?:in|at|near|from|to|around)\s+([^\W\d_]{3,})", re.IGNORECASE)
LISTED = re.compile(r"(?:,|\band|\bor|&)\s*$")
OPENING = re.compile(r"(?:^|[.!?:\n])\s*$")
WORDS_AROUND = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, where it stands, and the words around it: two before, two after, in lower case."""

    value: int | float
    at: int
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    text: str

    @cached_property
    def read(self) -> str:
        return self.text if len(self.text) <= LONGEST else self.text[: LONGEST // 2] + self.text[-LONGEST // 2 :]

    @cached_property
    def spoken(self) -> frozenset[str]:
        """The stems of all words."""
        return frozenset(map(words.stem, words.words(self.read)))

    @cached_property
    def emails(self) -> list[str]:
        return EMAIL.findall(self.read)

    @cached_property
    def urls(self) -> list[str]:
        return URL.findall(self.read)

    @cached_property
    def quotations(self) -> list[str]:
        return [one or other for one, other in QUOTED.findall(self.read)]

    @cached_property
    def dates(self) -> list[str]:
        """ISO dates; `tomorrow` counts from TODAY."""
        found = [(match.start(), match[0]) for match in ISO_DATE.finditer(self.read)]
        for match in LONG_DATE.finditer(self.read):
            month = MONTHS.index((match["month"] or match["month2"]).lower()) + 1
            day, year = int(match["day"] or match["day2"]), int(match["year"] or TODAY.year)
            with suppress(ValueError):  # the 31st of February
                found.append((match.start(), date(year, month, day).isoformat()))
        for word, days in SPOKEN_DAYS.items():
            if (at := self.read.lower().find(word)) >= 0:
                found.append((at, (TODAY + timedelta(days=days)).isoformat()))
        return [day for _, day in sorted(found)]

    @cached_property
    def days(self) -> list[str]:
        """Days in the text's own words: `tomorrow`, `Friday`."""
        known = {*SPOKEN_DAYS, *WEEKDAYS}
        return [word for word in WORDS_AROUND.findall(self.read) if word.lower() in known]

    @cached_property
    def times(self) -> list[str]:
        """`HH:MM:SS`."""
        return [_clock(match) for match in TIME.finditer(self.read)]

    @cached_property
    def codes(self) -> list[str]:
        """What has letters and digits and is neither a time nor a size: `ORD-1042`, `a1b2`."""
        return [code for code in CODE.findall(self.read) if not re.fullmatch(r"\d+(?:[a-z]{1,3})|v?\d+", code)]

    @cached_property
    def sums(self) -> list[str]:
        return [match[0].strip() for match in SUM.finditer(self.read) if not ISO_DATE.search(match[0])]

    @cached_property
    def figures(self) -> list[Figure]:
        """Numbers that are not part of a day, a time, a code or an address; `two cups` counts too."""
        taken = [
            match.span() for pattern in (ISO_DATE, LONG_DATE, TIME, EMAIL, URL) for match in pattern.finditer(self.read)
        ]
        found = [
            self._figure(_value(match[0]), match.start(), match.end())
            for match in NUMBER.finditer(self.read)
            if not any(start <= match.start() < end for start, end in taken)
        ]
        for match in WORDS_AROUND.finditer(self.read):
            value = None if match[0].isdigit() else words.number(match[0].lower())
            if value is not None and match[0].lower() != "one":  # which says `a` more often than 1
                found.append(self._figure(value, match.start(), match.end()))
        return sorted(found, key=lambda each: each.at)

    def _figure(self, value: int | float, start: int, end: int) -> Figure:
        before = tuple(map(words.stem, words.words(self.read[max(0, start - 40) : start])[-2:]))
        after = tuple(map(words.stem, words.words(self.read[end : end + 40])[:2]))
        return Figure(value, start, before, after)

    @cached_property
    def capitalised(self) -> list[tuple[int, str]]:
        """Runs of words with a capital, without everyday words and days: `New York`, `Ada Lovelace`."""
        return [found for match in CAPITALISED.finditer(self.read) for found in _named(match)]

    @cached_property
    def places(self) -> list[str]:
        """Cities that we know, and what stands with a capital after `in`, `at`, `to` and the like."""
        found = [(match.start(1), match[1]) for match in PLACED.finditer(self.read) if match[1].lower() in CITIES]
        after_preposition = {match.start(1) for match in PLACED.finditer(self.read)}
        joined: set[int] = set()
        for at, name in self.capitalised:
            known = at in after_preposition or name.split()[0].lower() in CITIES
            if not known and found and self._goes_on(found[-1], at, name):
                found[-1] = (found[-1][0], f"{found[-1][1]}, {name}")
            elif known or (joined and LISTED.search(self.read[:at])):
                found.append((at, name))
                joined.add(at)
        found += [(match.start(), match[0]) for match in WORDS_AROUND.finditer(self.read) if match[0].lower() in CITIES]
        covered: list[tuple[int, str]] = []
        for at, name in sorted(found, key=lambda each: (each[0], -len(each[1]))):
            if not any(start <= at < start + len(earlier) for start, earlier in covered):
                covered.append((at, name))
        return list(dict.fromkeys(name if name[:1].isupper() else name.capitalize() for _, name in covered))

    def _goes_on(self, place: tuple[int, str], at: int, name: str) -> bool:
        """`San Francisco, CA`: what follows a place after a comma belongs to it, unless it is a list with an `and`."""
        start, so_far = place
        after = self.read[at + len(name) :]
        return self.read[start + len(so_far) : at] == ", " and not re.match(r",?[^.?!]{0,60}?\b(?:and|or)\b", after)

    def placed(self, word: str) -> list[str]:
        """The places that stand right after this word."""
        return [
            place for place in self.places if re.search(rf"\b{word}\s+{re.escape(place)}", self.read, re.IGNORECASE)
        ]

    @cached_property
    def names(self) -> list[str]:
        """Capitalised words that are no places; the word that merely opens a sentence comes last."""
        places = set(self.places)
        named = [(at, name) for at, name in self.capitalised if name not in places]
        named.sort(key=lambda each: " " not in each[1] and bool(OPENING.search(self.read[: each[0]])))
        return list(dict.fromkeys(name for _, name in named))

    @cached_property
    def languages(self) -> list[str]:
        return [word for word in WORDS_AROUND.findall(self.read) if word.lower() in LANGUAGES]

    @cached_property
    def currencies(self) -> list[str]:
        return re.findall(r"\b(?:EUR|USD|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CAD|AUD|INR|CNY)\b", self.read)


def _value(text: str) -> int | float:
    plain = text.replace(",", "")
    return float(plain) if "." in plain else int(plain[:18])


def _clock(match: re.Match[str]) -> str:
    hour, minute, second, half_hour, half = match.groups()
    if half:
        return f"{int(half_hour) % 12 + 12 * (half.lower() == 'pm'):02d}:00:00"
    return f"{int(hour):02d}:{minute}:{second or '00'}"


def _named(match: re.Match[str]) -> Iterator[tuple[int, str]]:
    """The run without the everyday words at its edges, which have a capital only because a sentence begins there."""
    parts = [(match.start() + part.start(), part[0]) for part in re.finditer(r"\S+", match[0])]
    plain = (words.COMMON | {*MONTHS, *WEEKDAYS, *SPOKEN_DAYS}) - {"new"}  # York, Delhi, Orleans

    def says_nothing(word: str) -> bool:
        return word.lower().split("'")[0].split("’")[0] in plain

    while parts and says_nothing(parts[0][1]):
        parts.pop(0)
    while parts and says_nothing(parts[-1][1]):
        parts.pop()
    if parts:
        name = " ".join(part for _, part in parts)
        yield parts[0][0], re.sub(r"['’]s$", "", name)
