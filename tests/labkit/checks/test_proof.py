"""The words and the short evidence of a card, from recorded bytes."""

from labkit.checks.proof import brief, counted, each, parted, quoted, verdict
from labkit.exchange import Exchange

EVENT = 'data: {"choices":[{"index":0,"delta":{"content":"Tea 🍵"},"finish_reason":null}]}\n\n'.encode()


def exchange(answer: bytes = EVENT, ended: str | None = "complete", fault: str = "") -> Exchange:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    asked = b'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Learner: Mira\r\n\r\n{"stream": true}'
    return Exchange(1, "http", 1, 1, 0.0, ((0.0, asked),), ((0.1, head), (0.2, answer)), (), ended, 0.3, fault, 1)


def test_brief_names_the_request_the_headers_asked_for_the_deltas_and_the_end() -> None:
    lines = brief(exchange(EVENT + b"data: [DONE]\n\n", fault="crlf"), ["X-Learner", "X-Other"], chunks=1).splitlines()
    assert lines[:4] == [
        "→ POST /v1/chat/completions HTTP/1.1",
        "→ X-Learner: Mira",
        "  (no X-Other header)",
        '→ {"stream": true}',
    ]
    assert lines[4] == "← HTTP/1.1 200 OK"
    assert lines[5].startswith("← 1 chunk: data:  …")
    assert lines[6:] == ["← 1 delta: Tea 🍵", "← last event: [DONE]", "= HTTP answer: complete (crlf)"]


def test_brief_of_an_exchange_that_is_still_open_says_so() -> None:
    assert brief(exchange(ended=None)).endswith("= HTTP answer: still open")


def test_of_many_exchanges_the_first_are_shown_and_the_rest_counted() -> None:
    assert each([exchange()] * 5).splitlines()[2:] == [
        "→ POST /v1/chat/completions HTTP/1.1  ← 200, complete",
        "… and 2 more",
    ]


def test_two_texts_are_shown_where_they_part() -> None:
    same = "The same beginning of two texts, then "
    assert parted(same + "tea", same + "coffee") == (
        "… 'texts, then tea' (41 characters)",
        "… 'texts, then coffee' (44 characters)",
    )
    assert parted("tea", "") == ("'tea' (3 characters)", "'' (0 characters)")
    assert parted("a" + "b" * 90, "a")[0] == f"'a{'b' * 24}' … (91 characters)"


def test_long_values_are_shortened_and_small_ones_counted() -> None:
    assert len(quoted("x" * 500)) <= 60
    assert quoted({"a": 1}) == "{'a': 1}"
    assert (counted(1, "delta"), counted(0, "delta")) == ("1 delta", "0 deltas")


def test_a_verdict_says_whether_the_value_was_right() -> None:
    assert verdict(True, "two requests.") == "Your answer is right. The way to it is not: two requests."
    assert verdict(False, "two requests.") == "Two requests."
