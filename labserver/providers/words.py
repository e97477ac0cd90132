"""Free text as comparable words. Knows spelling and everyday words; knows nothing of topics."""

import re
import unicodedata

READ_AT_EACH_END = 1000  # characters

WORD = re.compile(r"[^\W_]+[+#]*")
SPELLED_OUT = {
    r"\b(can)n't\b": r"\1 not",
    r"\bcan't\b": "can not",
    r"\bwon't\b": "will not",
    r"n't\b": " not",
    r"\b(what|who|where|how|when|why|that|there|it|he|she|here)'s\b": r"\1 is",
    r"\b(what|who|how)s\b": r"\1 is",
    r"'m\b": " am",
    r"'re\b": " are",
    r"'ll\b": " will",
    r"'ve\b": " have",
    r"'d\b": " would",
    r"\b(?:for|and) the rest\b|\bthe rest of\b": " ",  # the everyday rest is not REST
    "'": "",
}
SPELLINGS = [(re.compile(pattern), spelled) for pattern, spelled in SPELLED_OUT.items()]
SINGULAR_ENDINGS = ("ss", "us", "is", "https")
ARTICLES = frozenset({"a", "an", "the"})

# Words that say little about the topic. A question made of these alone is small talk.
EVERYDAY = """
    about actually again all also am and answer any anything are as ask at be been between brief briefly but by
    bye can compare compared concise could did differ difference do does done each else ever every explain
    explained find for from get give go going good got had has have hello help here hey hi how i if in into is
    it its just kindly know learn let like little long look lot make many may me mean more most much must my
    myself need new nice no not now of off ok okay on one or our out over please quite really said say see
    sentence sentences shall she short shorter should show simple simply so some something sorry tell term terms
    than thank thanks that their them then there these they thing things think this those to too understand up
    us use used using versus very vs want was way we well were what when where which who whom whose why will
    wish with word words work works would yes yet you your yours
"""
COMMON = ARTICLES | frozenset(EVERYDAY.split())

COUNTED = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
TENS = {"thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}
NUMBERS = {name: value for value, name in enumerate(COUNTED.split())} | TENS


def words(text: str) -> tuple[str, ...]:
    """Lower case, no punctuation, no articles, short forms spelled out: `What's the Time?` -> `what is time`.

    Of a long text only the beginning and the end are read: that is where people put their question.
    """
    if len(text) > 2 * READ_AT_EACH_END:
        text = f"{text[:READ_AT_EACH_END]} {text[-READ_AT_EACH_END:]}"
    text = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    for pattern, spelled in SPELLINGS:
        text = pattern.sub(spelled, text)
    return tuple(word for word in WORD.findall(text) if word not in ARTICLES)


def sentence(text: str) -> str:
    """The same words as one string, for patterns."""
    return " ".join(words(text))


def stem(word: str) -> str:
    """One form for singular and plural: `kettles` -> `kettle`; `class`, `this` and `https` as they are."""
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(SINGULAR_ENDINGS)
    return word[:-1] if is_plural else word


def number(word: str) -> int | None:
    """`'7'` or `'seven'` -> 7; None for any other word and for numbers too long to mean."""
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 9 else NUMBERS.get(word)
