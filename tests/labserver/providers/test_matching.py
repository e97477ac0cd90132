import pytest

from labserver.providers.library import Entry
from labserver.providers.matching import Index
from labserver.providers.words import stem, words


def entry(name: str, *phrases: str, keywords: tuple[str, ...] = ()) -> Entry:
    return Entry(id=name, phrases=phrases, keywords=keywords, text="Text.")


INDEX = Index(
    [
        entry("tea", "tea", "what is tea"),
        entry("green-tea", "green tea", "brew green tea", keywords=("sencha", "leaves")),
        entry("black-tea", "black tea", keywords=("assam", "leaves")),
        entry("rust", "rust", keywords=("cargo",)),
        entry("rest", "what is rest", keywords=("rest",)),
        entry("c", "c++", "what is c++"),
        entry("hello", "hello", "how are you"),
    ]
)

ASKED = {
    "What is TEA?": "tea",
    "How do I brew green tea?": "green-tea",
    "green-tea!": "green-tea",
    "ｇｒｅｅｎ　ｔｅａ": "green-tea",
    "Green teas": "green-tea",
    "Which Assam leaves are good?": "black-tea",
    "sencha?": "green-tea",
    "Is Rust any good?": "rust",
    "What’s C++?": "c",
    "What's REST?": "rest",
    "Hello, what is REST?": "rest",
    "Hello!": "hello",
    "Hello, how are you?": "hello",
    "I trust you with this": None,
    "I trust you with the rest of it": None,
    "a rusty gate": None,
    "encargo": None,
    "Hello, what is the capital of France?": None,
    "How are you sure that paprika belongs in every goulash?": None,
    "": None,
    "?!": None,
}


@pytest.mark.parametrize(("asked", "expected"), ASKED.items())
def test_a_question_finds_its_entry_or_none(asked: str, expected: str | None) -> None:
    match = INDEX.best(words(asked))
    assert (match.entry.id if match else None) == expected


def test_a_keyword_that_many_share_weighs_less() -> None:
    shared, own = INDEX.best(words("leaves")), INDEX.best(words("sencha"))
    assert shared and own and shared.weight < own.weight


def test_of_equals_the_first_in_the_library_wins() -> None:
    match = INDEX.best(words("leaves"))
    assert match and match.entry.id == "green-tea"


def test_only_telling_words_make_a_match_topical() -> None:
    hello, tea = INDEX.best(words("hello")), INDEX.best(words("hello tea"))
    assert hello and not hello.is_topical
    assert tea and tea.is_topical


def test_near_entries_share_rare_words_first_and_leave_out_what_they_must() -> None:
    assert [each.id for each in INDEX.near(words("sencha tea"))] == ["green-tea", "tea", "black-tea"]
    assert [each.id for each in INDEX.near(words("sencha tea"), {"tea"})] == ["green-tea", "black-tea"]
    assert INDEX.near(words("what is it")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("What's the Time?", "what is time"),
        ("I don't, can’t and won't", "i do not can not and will not"),
        ("HTTP/1.1 user-agent", "http 1 1 user agent"),
        ("Tschüß", "tschüss"),
    ],
)
def test_words_are_lower_case_and_spelled_out(text: str, expected: str) -> None:
    assert " ".join(words(text)) == expected


def test_a_long_message_is_read_at_both_ends() -> None:
    assert INDEX.best(words("brew green tea " + "x" * 50_000))
    assert INDEX.best(words("x" * 50_000 + " brew green tea"))


def test_plurals_share_a_stem_and_lookalikes_keep_theirs() -> None:
    assert [stem(word) for word in ["kettles", "class", "this", "status", "was"]] == [
        "kettle", "class", "this", "status", "was",
    ]  # fmt: skip
