"""An outcome as a notebook shows it: the same words as text and as HTML, for everybody, the same every time."""

import re
from html import unescape

import pytest

from labkit.author.gates.reading import _read_html
from labkit.card import BARS, SIGNS, Card, html
from labkit.outcome import Outcome
from labkit.render import MARKS, card

FULL = Outcome(
    "10.2",
    "wrong",
    "The `model` went <on>.",
    expected="an end & no more",
    seen="30 deltas",
    proof="→ POST /v1\n← <b>200</b>",
    look="who closes `the stream`?",
    belief="break-stops-the-model",
    printed="hello\n<script>alert(1)</script>",
    complained="careful",
)


def words(text: str) -> list[str]:
    """What a reader reads, without signs for the eye alone."""
    text = re.sub(r'<span aria-hidden="true">.*?</span>', "", text)
    return unescape(re.sub(r"<[^>]*>", " ", text)).replace("`", "").split()


def test_the_html_says_what_the_text_says_in_the_same_order() -> None:
    flat = re.sub(r"</?code>", "", html(FULL))
    assert words(flat) == [word for line in card(FULL).replace("`", "").split("\n") for word in line.split()]


def test_a_notebook_gets_text_and_html_and_a_terminal_the_text() -> None:
    bundle = Card(FULL)._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/html"], "text first"
    assert bundle["text/plain"] == repr(Card(FULL)) == card(FULL)
    assert bundle == Card(FULL)._repr_mimebundle_(include=None, exclude=None), "and the same every time"


def test_nothing_that_a_learner_or_a_server_said_is_markup() -> None:
    assert "<script>" not in html(FULL) and "<b>" not in html(FULL)
    assert "<code>the stream</code>" in html(FULL)
    assert "`" in html(Outcome("10.2", "wrong", "One ` alone."))


@pytest.mark.parametrize("status", MARKS)
def test_every_status_has_its_word_its_sign_and_a_bar_that_shows_on_light_and_dark(status: str) -> None:
    text = html(Outcome("10.2", status, "So."))  # type: ignore[arg-type]  # a key of MARKS is a Status
    assert f"<strong>10.2 {MARKS[status]}</strong>" in text
    assert f'<span aria-hidden="true">{SIGNS[status]}</span>' in text
    assert len(set(SIGNS.values())) == len(MARKS)
    assert contrast(BARS[status], "#ffffff") >= 3 and contrast(BARS[status], "#111111") >= 3


def test_a_card_has_no_headings_and_no_colour_for_its_words() -> None:
    assert _read_html(html(FULL)).levels == []
    assert set(re.findall(r"(?<![-\w])color:([^;\"]+)", html(FULL))) == {"inherit"}


def test_an_outcome_is_json_with_every_field_by_its_name() -> None:
    told = FULL.as_json()
    assert told["exercise"] == "10.2" and told["status"] == "wrong" and told["passed"] is False
    assert told["printed"].startswith("hello") and set(told) == {*Outcome.__slots__, "passed"}


def contrast(one: str, other: str) -> float:
    """WCAG 2, relative luminance."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
