"""Which part of a text a field wants, by its name: a city, a day, a code. Knows facts and field names; no schema."""

import re
from collections.abc import Callable

from labserver.providers.facts import Facts, Figure
from labserver.providers.words import stem

SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[A-Z])")
ENDS = ".?! \n"

# The first row with a word of the field's name answers; a row that finds nothing lets the next ones try.
KINDS: tuple[tuple[frozenset[str], Callable[[Facts], list[str]]], ...] = tuple(
    (frozenset(names.split()), find)
    for names, find in (
        ("email mail e-mail", lambda facts: facts.emails),
        ("url link website uri webpage page", lambda facts: facts.urls),
        ("expression formula equation calculation sum", lambda facts: facts.sums),
        ("date day deadline birthday when", lambda facts: facts.dates or facts.days),
        ("time hour clock", lambda facts: facts.times),
        ("origin departure start", lambda facts: facts.placed("from")),
        ("destination arrival", lambda facts: facts.placed("to")),
        (
            "city location place town country region destination origin where area",
            lambda facts: facts.places or facts.names,
        ),
        ("language lang", lambda facts: facts.languages),
        ("currency", lambda facts: facts.currencies),
        ("to recipient", lambda facts: facts.emails + facts.names),
        ("name person customer user author who contact", lambda facts: facts.names),
        (
            "id code sku reference ref tracking order number ticket invoice",
            lambda facts: facts.codes + [str(figure.value) for figure in facts.figures],
        ),
        ("query question q prompt search input text message request", lambda facts: facts.quotations + _whole(facts)),
        ("title subject body content note comment description", lambda facts: facts.quotations),
    )
)
FORMATS: dict[str, tuple[Callable[[Facts], list[str]], str]] = {
    "date": (lambda facts: facts.dates, "2024-01-01"),
    "date-time": (lambda facts: [_moment(facts)] if facts.dates or facts.times else [], "2024-01-01T12:00:00Z"),
    "time": (lambda facts: [f"{time}Z" for time in facts.times], "12:00:00Z"),
    "email": (lambda facts: facts.emails, "ada@example.org"),
    "uri": (lambda facts: facts.urls, "https://example.org/"),
    "url": (lambda facts: facts.urls, "https://example.org/"),
    "uri-reference": (lambda facts: facts.urls, "/teas"),
    "uuid": (lambda _: [], "00000000-0000-4000-8000-000000000001"),
    "ipv4": (lambda _: [], "192.0.2.1"),
    "ipv6": (lambda _: [], "2001:db8::1"),
    "hostname": (lambda _: [], "example.org"),
    "duration": (lambda _: [], "PT3M"),
    "regex": (lambda _: [], ".*"),
    "json-pointer": (lambda _: [], "/teas/0"),
}
LABELS = frozenset({"order", "ticket", "number", "invoice", "room", "table", "id"})  # what numbers are names of
SAMPLES = {
    "email": "ada@example.org", "url": "https://example.org/", "date": "2024-01-01", "day": "today", "time": "12:00",
    "city": "London", "location": "London", "place": "London", "destination": "London", "origin": "Oslo",
    "country": "United Kingdom", "language": "English", "currency": "EUR", "name": "Ada", "customer": "Ada",
    "user": "ada", "id": "1", "code": "A1", "sku": "TEA-1", "phone": "+44 20 7946 0000", "title": "Green tea",
    "unit": "celsius", "colour": "green", "color": "green", "expression": "1 + 1",
}  # fmt: skip
FREE = "query question q prompt search input text message request title subject body content"
WHOLE = frozenset(FREE.split())
SPOKEN = """
    answer summary reply response explanation text content message description reason reasoning result output note
    thought thoughts comment body
"""
ANSWERS = frozenset(SPOKEN.split())


def singular(name: str) -> str:
    """`cityNames` -> `city name`, `categories` -> `category`."""
    return " ".join(f"{part[:-3]}y" if part.endswith("ies") else stem(part) for part in name_words(name))


def name_words(name: str) -> list[str]:
    """`orderId` -> order, id."""
    return [part.lower() for part in SPLIT.split(name) if part]


def texts_for(name: str, facts: Facts) -> list[str]:
    """What the text has to say for a field of this name, likeliest first."""
    named = set(name_words(name))
    return [text for names, find in KINDS if named & names for text in find(facts)]


def figures_for(name: str, facts: Facts) -> list[Figure]:
    """The numbers of the text: those beside a word of the field's name first, those that are another's name last."""
    named = {stem(word) for word in name_words(name)}

    def nearness(figure: Figure) -> int:
        if figure.before and figure.before[-1] in named:
            return 0
        if figure.after and figure.after[0] in named:
            return 1
        if named & {*figure.before, *figure.after}:
            return 2
        return 4 if LABELS & {*figure.before[-1:]} else 3

    return sorted(facts.figures, key=nearness)


def beside(name: str, facts: Facts) -> list[Figure]:
    """`orders 7, 8 and 9` for `order_id`: the number beside a word of the name, and those listed right after it."""
    named = {stem(word) for word in name_words(name)}
    listed: list[Figure] = []
    for figure in facts.figures:
        starts = bool(named & {*figure.before[-1:]})
        goes_on = bool(listed) and re.fullmatch(
            r"-?[\d.]+\s*(?:,|and|or|&|\s)+\s*#?", facts.read[listed[-1].at : figure.at]
        )
        if starts or goes_on:
            listed.append(figure)
    return listed


def sample(name: str) -> str:
    """A sensible text for a field about which nothing is known but its name."""
    parts = name_words(name)
    return next((SAMPLES[part] for part in reversed(parts) if part in SAMPLES), " ".join(parts) or "tea")


def _whole(facts: Facts) -> list[str]:
    return [text] if (text := facts.text.strip(ENDS)) else []


def _moment(facts: Facts) -> str:
    day = next(iter(facts.dates), "2024-01-01")
    return f"{day}T{next(iter(facts.times), '12:00:00')}Z"
