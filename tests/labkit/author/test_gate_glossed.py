"""The glossary against the lessons: each word whole, once, in its lesson's text; both leaflets in step, and linked."""

from typing import Any

import pytest

from labkit.author import book, glossary, leaflets
from labkit.author.gates import glossed
from labkit.author.glossary import Term
from labkit.author.problem import Refused

LESSON = "notebooks/00_tea.ipynb"


def found(course: Any, judge: Any = glossed.words) -> list[str]:
    return [problem.what for problem in judge(book.read(course.root))]


def test_a_word_of_a_lesson_that_does_not_exist_is_found_unless_it_is_planned(course: Any) -> None:
    assert found(course) == []
    course.rewrite("glossary.toml", 'planned = ["07"]', "planned = []")
    assert found(course) == ["'Kettle' is of lesson '07', which does not exist."]


def test_a_planned_lesson_that_has_come_is_no_longer_planned(course: Any) -> None:
    course.rewrite("glossary.toml", 'planned = ["07"]', 'planned = ["01", "07"]')
    assert found(course) == ["lesson 01 is in course.toml and still planned here."]


def test_a_word_that_its_lesson_never_says_is_found(course: Any) -> None:
    course.rewrite("glossary.toml", 'said = "step 3"\n', "")
    assert found(course) == ["lesson 00 never says 'Leaf'."]
    course.change(LESSON, 6, source="## Step 0\n\nTwo *leaves* and one `leaf`.")
    assert found(course) == []


def test_code_and_outputs_do_not_introduce_a_word(course: Any) -> None:
    course.rewrite("glossary.toml", 'said = "step 3"', 'said = "cups"')  # which a cell prints
    assert found(course) == ["lesson 00 never says 'cups'."]


@pytest.mark.parametrize(
    ("means", "sound"),
    [
        ("What the water is poured on.", True),
        ("It is hot. And it is green.", False),
        ("What the water is poured on", False),
        ("Where is it?", False),
        ("", False),
        ("Since 3.11 it waits.", True),
        ("The pairs behind the `?` of an address.", True),
        (f"What {'very ' * 40}hot water is poured on.", False),
    ],
)
def test_a_meaning_is_one_sentence_with_an_end(course: Any, means: str, sound: bool) -> None:
    course.rewrite("glossary.toml", "What the water is poured on.", means)
    assert (found(course) == []) is sound


def test_a_word_is_explained_once(course: Any) -> None:
    again = '[[term]]\nterm = "leaf"\nmeans = "Again."\nlesson = "00"\nsaid = "step"\nsource = "x"\n\n[[status]]'
    course.rewrite("glossary.toml", "[[status]]", again)
    assert found(course) == ["'leaf' is explained 2 times."]


def test_a_word_has_a_source(course: Any) -> None:
    course.rewrite("glossary.toml", 'source = "the kitchen"', 'source = " "')
    assert found(course) == ["'Kettle' lacks its source."]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('term = "Leaf"', 'word = "Leaf"', "[[term]] number 1 does not fit"),
        ('do = "ask', 'done = "ask', "[[status]] number 1 does not fit"),
        ('lesson = "07"', "lesson = 7", "[[term]] number 2 holds something that is no text"),
        ("[retry]", "[again]", "unknown key 'again'"),
        ('planned = ["07"]', 'planned = "07"', "'planned' is not a list of texts"),
        ("[[header]]", "[header", "cannot be read"),
    ],
)
def test_a_source_that_cannot_be_read_names_its_table(course: Any, old: str, new: str, words: str) -> None:
    course.rewrite("glossary.toml", old, new)
    [problem] = glossed.words(book.read(course.root))
    assert words in problem.what
    with pytest.raises(Refused, match=r"glossary\.toml: it cannot be read"):
        leaflets.build(course.root)


def test_without_a_source_there_is_one_finding_and_nothing_to_build(course: Any) -> None:
    (course.root / "glossary.toml").unlink()
    assert found(course) == ["it does not exist."]
    assert found(course, glossed.in_step) == []
    assert leaflets.build(course.root) == []


def test_a_leaflet_that_is_missing_or_edited_is_stale_until_it_is_built(course: Any) -> None:
    (course.root / "docs/glossary.md").unlink()
    course.text_file("docs/cheatsheet.md", "mine")
    assert [problem.file for problem in glossed.in_step(book.read(course.root))] == [
        "docs/glossary.md",
        "docs/cheatsheet.md",
    ]
    assert len(leaflets.build(course.root)) == 2
    assert found(course, glossed.in_step) == []
    assert leaflets.build(course.root) == []


def test_the_glossary_has_the_words_of_lessons_that_exist_and_leads_to_them(course: Any) -> None:
    text = (course.root / "docs/glossary.md").read_text(encoding="utf-8")
    row = "| **Leaf** | What the water is poured on. | [00](../notebooks/00_tea.ipynb) | the neighbours |"
    assert row in text
    assert "Kettle" not in text


def test_words_stand_in_the_order_of_the_alphabet_and_a_bar_does_not_break_the_table(course: Any) -> None:
    more = '[[term]]\nterm = "ice"\nmeans = "Cold | hard."\nlesson = "01"\nsaid = "more"\nsource = "x"\n\n[[status]]'
    course.rewrite("glossary.toml", "[[status]]", more)
    leaflets.build(course.root)
    text = (course.root / "docs/glossary.md").read_text(encoding="utf-8")
    assert text.index("**ice** | Cold \\| hard.") < text.index("**Leaf**")


def test_the_cheat_sheet_has_statuses_headers_and_the_rule(course: Any) -> None:
    text = (course.root / "docs/cheatsheet.md").read_text(encoding="utf-8")
    assert "| 418 | I'm a teapot | nobody's | no | ask another pot |" in text
    assert "| what is in the cup | `Accept` | `Content-Type` |" in text
    assert "1. **When?** When it boils." in text


@pytest.mark.parametrize("gone", ["../docs/glossary.md", "../docs/cheatsheet.md"])
def test_each_of_the_two_links_is_missed_in_a_last_text(course: Any, gone: str) -> None:
    assert found(course, glossed.linked) == []
    course.change(LESSON, 15, source=glossed.LINKS.replace(gone, "01_milk.ipynb"))
    assert found(course, glossed.linked) == [f"its last text does not link to {gone}."]


@pytest.mark.parametrize(
    ("term", "text", "stands"),
    [
        ("API", "two APIs", True),
        ("API", "a capital", False),
        ("Tool call", "the *tool\ncalls* of a model", True),
        ("finish_reason", "a `finish_reason`", True),
        ("GET", "target", False),
    ],
)
def test_a_word_is_looked_for_as_a_word(term: str, text: str, stands: bool) -> None:
    assert Term(term, "", "00", "").stands_in(text) is stands


def test_a_row_says_what_it_may_hold(course: Any) -> None:
    course.rewrite("glossary.toml", 'term = "Leaf"', 'term = "Leaf"\nsize = "small"')
    with pytest.raises(ValueError, match="It has term, means, lesson, source, said"):
        glossary.load(course.root)
