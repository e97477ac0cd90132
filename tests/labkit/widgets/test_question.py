"""How a question reads without a widget, and what the widget is told: never the answer before a choice."""

import json
import re

import pytest

from labkit.questions import Option, Question
from labkit.widgets.question import QuestionWidget, page, text

OPTIONS = (
    Option("one", "One, as `before`", "It is tempting: <b>one</b> pot."),
    Option("two", "Two", "The journal has two."),
)
PREDICTION = Question("10.p1", "predict", "How many `cups` & saucers?", "two", OPTIONS)
QUIZ = Question("10.q1", "quiz", "How many `cups` & saucers?", "two", OPTIONS)


def test_the_text_asks_and_says_how_to_choose_and_tells_nothing() -> None:
    invited = "A wrong guess of your own teaches more than a right answer that you read."
    assert text(PREDICTION).splitlines() == [
        "10.p1  PREDICT  How many `cups` & saucers?",
        "  a) One, as `before`",
        "  b) Two",
        f"  Choose before you run the next cell. {invited}",
        '  Without a mouse or a widget: labkit.predict("10.p1", "a") chooses a).',
    ]


def test_a_predictions_text_waits_with_the_meaning_until_it_is_asked_again() -> None:
    assert text(PREDICTION, "one").splitlines()[3:] == [
        "  You chose a, and it is kept. Now run the next cell: it settles the question.",
        '  Afterwards labkit.predict("10.p1") tells what each option means.',
    ]
    assert text(PREDICTION, "one", told=True).splitlines()[4:] == [
        "  a) Not so, and your choice. It is tempting: <b>one</b> pot.",
        "  b) Right. The journal has two.",
    ]


def test_a_quiz_says_in_words_whether_the_choice_was_right() -> None:
    assert "You chose a, and it is kept. That is not so: the answer is b." in text(QUIZ, "one", told=True)
    assert "You chose b, and it is kept. That is right." in page(QUIZ, "two")


@pytest.mark.parametrize(
    ("question", "chosen", "opened"),
    [(PREDICTION, "", False), (PREDICTION, "one", False), (QUIZ, "", False), (QUIZ, "one", True)],
)
def test_the_fold_is_open_only_under_a_quiz_that_was_answered(question: Question, chosen: str, opened: bool) -> None:
    assert ("<details open>" in page(question, chosen)) is opened
    assert ("<details>" in page(question, chosen)) is not opened


def test_before_the_fold_the_page_gives_nothing_away() -> None:
    before, _, fold = page(PREDICTION).partition("<details>")

    assert "Right" not in before and "journal" not in before
    assert "Right." in fold and "The journal has two." in fold


def test_an_authors_words_are_text_on_the_page_not_html() -> None:
    assert "&lt;b&gt;one&lt;/b&gt; pot" in page(PREDICTION)
    assert "<code>cups</code> &amp; saucers" in page(PREDICTION)


def test_a_question_reads_the_same_every_time() -> None:
    assert page(PREDICTION) == page(PREDICTION)
    assert not re.search(r"0x[0-9a-f]{6}", text(PREDICTION) + page(PREDICTION))


def test_the_widget_is_told_the_options_and_not_the_answer() -> None:
    widget = QuestionWidget.of(PREDICTION, lambda _: None)
    told = {name: widget.get_state()[name] for name in ("title", "ask", "options", "chosen")}

    assert told["options"] == [
        {"name": "one", "says": "One, as <code>before</code>"},
        {"name": "two", "says": "Two"},
    ]
    assert "journal" not in json.dumps(told) and "answer" not in json.dumps(told)


def test_committing_in_the_widget_keeps_the_choice() -> None:
    kept: list[str] = []
    widget = QuestionWidget.of(PREDICTION, kept.append)

    widget.set_state({"chosen": "two"})

    assert kept == ["two"]


def test_the_widgets_code_lies_beside_it_and_fetches_nothing() -> None:
    state = QuestionWidget.of(PREDICTION, lambda _: None).get_state()

    assert "export default { render }" in state["_esm"] and ".wirelab-ask" in state["_css"]
    assert not re.search(r"https?:|import\b|@import|url\(|fetch\(", state["_esm"] + state["_css"])
