"""An outcome as a card of plain text."""

import re

import pytest
from made import chunked, exchange

from labkit.outcome import Outcome
from labkit.render import MARKS, card, wire


@pytest.mark.parametrize("status", MARKS)
def test_a_card_begins_with_its_status_in_words(status: str) -> None:
    assert card(Outcome("10.1", status, "One sentence.")) == f"10.1  {MARKS[status]}  One sentence."  # type: ignore[arg-type]  # a key of MARKS is a Status
    assert re.fullmatch(r"[A-Z ]+", MARKS[status]), "plain words, no colour and no tick"


def test_every_status_has_words_of_its_own() -> None:
    assert set(MARKS) == {"passed", "not started", "wrong", "crashed", "blocked"}
    assert len(set(MARKS.values())) == len(MARKS)


def test_a_full_card_reads_like_this() -> None:
    outcome = Outcome(
        "10.2",
        "wrong",
        "The model went on.",
        expected="an end after the first sentence",
        seen="30 deltas",
        proof="→ POST /v1 HTTP/1.1\n← HTTP/1.1 200 OK\n\n= complete",
        look="who closes the stream?",
        belief="break-stops-the-model",
    )
    assert card(outcome).split("\n") == [
        "10.2  NOT YET  The model went on.",
        "  expected: an end after the first sentence",
        "  seen: 30 deltas",
        "  on the wire:",
        "    → POST /v1 HTTP/1.1",
        "    ← HTTP/1.1 200 OK",
        "",
        "    = complete",
        "  next: who closes the stream?",
    ]


def test_what_an_outcome_does_not_say_has_no_line() -> None:
    assert card(Outcome("10.2", "crashed", "It fell over.", look="the last line")).split("\n") == [
        "10.2  CRASHED  It fell over.",
        "  next: the last line",
    ]


def test_a_card_with_a_whole_exchange_in_it_has_no_trailing_spaces() -> None:
    seen = exchange(b"GET / HTTP/1.1\r\nx-empty:\r\n\r\n" + b"tea " * 60, chunked(b"tea "), ended=None)
    text = card(Outcome("10.1", "wrong", "No.", proof=wire(seen) + "\n\n" + wire(seen, raw=True)))
    assert "\n    = still open" in text
    assert [line for line in text.split("\n") if line != line.rstrip()] == []


def test_only_a_pass_counts_as_one() -> None:
    assert [status for status in MARKS if Outcome("10.1", status, "").passed] == ["passed"]  # type: ignore[arg-type]  # as above
