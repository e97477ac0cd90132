from collections import Counter
from pathlib import Path

import pytest

from labserver.providers import library
from labserver.providers.library import Entry, LibraryError
from labserver.providers.turn import FAVOURITES, phrasebook
from labserver.providers.wishes import shorten
from labserver.providers.wording import FENCE, Voice, compose, parse
from labserver.providers.words import words

ENTRIES = library.load()
MOST_WORDS = 280
MOST_WORDS_PER_SENTENCE = 45
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
GOOD = '[[entry]]\nid = "tea"\nphrases = ["tea"]\ntext = "Tea."\n'


def said(entry: Entry) -> list[str]:
    """Every text of the entry: canonical, and in the words of some daring voices."""
    voices = [Voice("", 0), *(Voice(str(seed), 2) for seed in range(5))]
    return [compose(text, voice) for text in filter(None, [entry.text, entry.more]) for voice in voices]


def test_the_library_has_something_to_say() -> None:
    assert len(ENTRIES) >= 40


@each_entry
def test_phrases_and_keywords_are_words_that_can_be_met(entry: Entry) -> None:
    assert all(words(phrase) for phrase in [*entry.phrases, *entry.keywords])


@each_entry
def test_texts_are_short_and_have_no_bar_left(entry: Entry) -> None:
    for text in said(entry):
        assert 0 < len(text.split()) <= MOST_WORDS
        assert " | " not in "".join(FENCE.split(text)[::2])


@each_entry
def test_no_two_alternatives_of_a_slot_are_the_same(entry: Entry) -> None:
    slots = [slot for text in [entry.text, entry.more] for paragraph in parse(text) for slot in paragraph]
    assert [slot for slot in slots if len(set(slot)) < len(slot)] == []


@each_entry
def test_one_sentence_of_it_is_its_beginning_and_short(entry: Entry) -> None:
    whole = compose(entry.text, Voice("", 0))
    first = FENCE.sub("", shorten(whole, 1)).strip()
    assert whole.startswith(first)
    assert 0 < len(first.split()) <= MOST_WORDS_PER_SENTENCE


def test_no_phrase_belongs_to_two_entries() -> None:
    owners = Counter(phrase for entry in ENTRIES for phrase in {words(phrase) for phrase in entry.phrases})
    assert [" ".join(phrase) for phrase, count in owners.items() if count > 1] == []


def test_the_favourites_exist_and_have_more_to_tell() -> None:
    assert set(FAVOURITES) <= {entry.id for entry in ENTRIES if entry.more}


def test_every_sentence_of_our_own_can_be_said() -> None:
    names = "quote topics topic part user bot first second results pictures"
    fields = dict.fromkeys(names.split(), "X")
    for text in phrasebook().values():
        for seed in range(5):
            assert "{" not in compose(text, Voice(str(seed), 2)).format(**fields)


@pytest.mark.parametrize(
    ("toml", "complaint"),
    [
        (GOOD + GOOD, "taken twice.*tea"),
        (GOOD + 'colour = "green"\n', "colour"),
        (GOOD.replace('["tea"]', "[]"), "phrases"),
        (GOOD.replace('"Tea."', '"Tea. | "'), "alternative is empty"),
        (GOOD.replace('"Tea."', '""'), "text"),
        (GOOD.replace('"tea"', '"Green Tea"', 1), "id"),
        ("[[entry", "tea.toml"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(tmp_path: Path, toml: str, complaint: str) -> None:
    (tmp_path / "tea.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(LibraryError, match=f"(?s){complaint}"):
        library.load(tmp_path)


def test_files_are_read_by_name_and_entries_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")
    z_and_y = "".join(GOOD.replace('"tea"', name, 1) for name in ('"z"', '"y"'))
    (tmp_path / "a.toml").write_text(z_and_y, encoding="utf-8")
    assert [entry.id for entry in library.load(tmp_path)] == ["z", "y", "tea"]
