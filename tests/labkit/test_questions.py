"""A lesson's questions as a file: what is read, what is refused, and with which words."""

from pathlib import Path

import pytest

from labkit import questions

ROOT = Path(__file__).parents[2]
WHOLE = """
[p1]
kind = "predict"
ask = "How many cups?"
answer = "two"
[p1.options.one]
says = "One"
why = "It is one pot."
[p1.options.two]
says = "Two"
why = "Measured."
"""


def write(root: Path, text: str) -> Path:
    (root / "questions").mkdir()
    (root / "questions" / "00.toml").write_text(text, encoding="utf-8")
    return root


def test_a_question_has_its_options_in_the_order_of_the_file(tmp_path: Path) -> None:
    question = questions.find(write(tmp_path, WHOLE), "00.p1")

    assert (question.id, question.kind, question.answer) == ("00.p1", "predict", "two")
    assert [option.says for option in question.options] == ["One", "Two"]
    assert question.letter("two") == "b"


@pytest.mark.parametrize("choice", ["b", "B", " b ", "two"])
def test_an_option_is_chosen_by_its_letter_or_by_its_name(tmp_path: Path, choice: str) -> None:
    assert questions.find(write(tmp_path, WHOLE), "00.p1").named(choice) == "two"


def test_an_option_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"has no option 'c'\. There are: \"a\", \"b\""):
        questions.find(write(tmp_path, WHOLE), "00.p1").named("c")


def test_a_question_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"no question '00.p9'. In its lesson there are: 00.p1."):
        questions.find(write(tmp_path, WHOLE), "00.p9")
    with pytest.raises(LookupError, match=r"no question '07.p1'. In its lesson there are: none."):
        questions.find(tmp_path, "07.p1")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('answer = "two"', 'answer = "three"', "00.p1 has the answer 'three', which is none of its options"),
        ('kind = "predict"', 'kind = "guess"', "00.p1 is of the kind 'guess'. There are: predict, quiz"),
        ('why = "Measured."', "", "00.p1 does not fit: .*why"),
        ('ask = "How many cups?"', "", "00.p1 does not fit: .*ask"),
        ('ask = "How many cups?"', 'ask = "?"\nmood = "good"', "00.p1 does not fit: .*mood"),
        ("[p1]", "[p1", "questions/00.toml: "),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in WHOLE
    with pytest.raises(ValueError, match=words):
        questions.load(write(tmp_path, WHOLE.replace(old, new, 1)), "00")


def test_the_courses_own_questions_can_be_read() -> None:
    assert {name for lesson in ("00", "10") for name in questions.load(ROOT, lesson)} >= {"00.p1", "10.p2", "10.q1"}
