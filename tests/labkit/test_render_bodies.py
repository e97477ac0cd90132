"""Bodies, chunks and frames as text: wrapped, folded, escaped, and never two that read the same."""

import itertools
import re

import pytest
from made import (
    ASKED,
    OK,
    UPGRADE,
    UPGRADED,
    answer_of,
    chunked,
    exchange,
    frame,
    lines_of,
)

from labkit.render import BODY_LINES, FIRST, LAST, WIDTH, escaped, wire


def test_a_long_body_is_wrapped_at_its_spaces_and_only_the_first_line_has_an_arrow() -> None:
    body = " ".join(["tea"] * 100)
    first, *others = answer_of(exchange(answered=OK + body.encode()))
    assert first.startswith("← tea tea")
    assert len(others) > 2 and all(line.startswith("  tea") for line in others)
    assert all(len(line) <= WIDTH for line in (first, *others))
    assert "".join(line[2:] for line in (first, *others)) == body, "nothing is lost at a fold"


def test_a_body_without_spaces_is_cut_at_the_width() -> None:
    rows = answer_of(exchange(answered=OK + b"x" * 250))
    assert [len(row) for row in rows] == [WIDTH, WIDTH, 250 - 2 * (WIDTH - 2) + 2]


def test_a_body_of_many_lines_ends_in_its_number_of_bytes() -> None:
    row = "x" * (WIDTH - 2)
    fits, long = row.encode() * BODY_LINES, row.encode() * BODY_LINES + b"x"
    assert answer_of(exchange(answered=OK + fits)) == ["← " + row, *["  " + row] * (BODY_LINES - 1)]
    rows = answer_of(exchange(answered=OK + long))
    assert (len(rows), rows[-1]) == (BODY_LINES + 1, f"  … and more: {len(long)} bytes in all")


def test_raw_shows_a_body_whole_and_on_one_line() -> None:
    body = b"green tea\n" * 400
    assert answer_of(exchange(answered=OK + body), raw=True) == ["← " + r"green tea\n" * 400]


def test_a_requests_body_is_shown_like_an_answers() -> None:
    assert lines_of(exchange(ASKED + b"cup=1\n"))[3] == r"→ cup=1\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Grüße 🍵 茶".encode(), "Grüße 🍵 茶"),
        (b"\xf0\x9f\x8d", r"\xf0\x9f\x8d"),
        (b"tea\xfftea", r"tea\xfftea"),
        (b"a\r\nb\tc\n", r"a\r\nb\tc\n"),
        (rb'{"a": "b\nc"}', r'{"a": "b\\nc"}'),
        (b"", ""),
    ],
)
def test_bytes_that_are_no_text_show_as_escapes(data: bytes, text: str) -> None:
    assert escaped(data) == text


@pytest.mark.parametrize("control", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028"])
def test_a_control_character_shows_as_an_escape(control: str) -> None:
    assert control not in escaped(f"tea {control} tea".encode())


def test_two_different_bodies_never_read_the_same() -> None:
    parts = [
        b"\\",
        b"n",
        b"\n",
        b"x",
        b"85",
        b"\x85",
        b"\xa0",
        b"\xc2",
        "\x85\u2028".encode(),
        b"u0085",
        b"\x1b",
        b"\x00",
    ]
    bodies = {b"".join(some) for count in range(5) for some in itertools.product(parts, repeat=count)}
    read = {escaped(body) for body in bodies}
    assert len(read) == len(bodies) > 10_000
    assert all(text.isprintable() for text in read), "and each stays on its line"


# Chunks and frames


@pytest.mark.parametrize("count", [1, FIRST + LAST, FIRST + LAST + 1])
def test_a_few_chunks_are_all_shown(count: int) -> None:
    seen = exchange(answered=chunked(*(b"tea %d" % number for number in range(count))))
    assert answer_of(seen) == [f"← chunk of 5 bytes: tea {number}" for number in range(count)]


@pytest.mark.parametrize("count", [FIRST + LAST + 2, 60])
def test_many_chunks_are_folded_after_the_first_and_before_the_last_few(count: int) -> None:
    seen = exchange(answered=chunked(*(b"tea %d" % number for number in range(count))))
    shown = [f"← chunk of {len(f'tea {number}')} bytes: tea {number}" for number in range(count)]
    assert answer_of(seen) == [*shown[:FIRST], f"  … {count - FIRST - LAST} more chunks …", *shown[-LAST:]]
    assert answer_of(seen, raw=True) == shown


def test_many_frames_are_folded_in_the_same_way() -> None:
    frames = tuple(frame("text", b"%d" % number) for number in range(30))
    rows = answer_of(exchange(UPGRADE, UPGRADED, frames=frames))
    assert rows[FIRST] == "  … 23 more frames …"
    assert [row[-2:] for row in (*rows[:FIRST], *rows[-LAST:])] == [" 0", " 1", " 2", " 3", "27", "28", "29"]
    assert len(answer_of(exchange(UPGRADE, UPGRADED, frames=frames), raw=True)) == 30


def test_a_long_chunk_keeps_its_beginning_and_its_end_and_its_true_size() -> None:
    data = b"data: " + b"x" * 200 + "the end 🍵\n\n".encode()
    [row] = answer_of(exchange(answered=chunked(data)))
    assert re.fullmatch(rf"← chunk of {len(data)} bytes: data: x+ … x+the end 🍵\\n\\n", row)
    assert len(row) <= WIDTH
    assert answer_of(exchange(answered=chunked(data)), raw=True) == [f"← chunk of {len(data)} bytes: {escaped(data)}"]


def test_a_chunk_that_ends_inside_an_emoji_shows_the_bytes_it_has() -> None:
    tea = "🍵".encode()
    assert answer_of(exchange(answered=chunked(tea[:2], tea[2:]))) == [
        r"← chunk of 2 bytes: \xf0\x9f",
        r"← chunk of 2 bytes: \x8d\xb5",
    ]


def test_the_mask_itself_shows_only_in_raw() -> None:
    seen = exchange(UPGRADE, UPGRADED, frames=(frame("binary", b"\xff", received=True),))
    assert answer_of(seen) == [r"→ binary frame of 7 bytes, masked: \xff"]
    assert answer_of(seen, raw=True) == [r"→ binary frame of 7 bytes, masked with 0a0b0c0d: \xff"]


@pytest.mark.parametrize("opcode", ["ping", "pong"])
@pytest.mark.parametrize("raw", [False, True])
def test_the_payload_of_a_ping_is_hidden(opcode: str, raw: bool) -> None:
    text = wire(exchange(UPGRADE, UPGRADED, frames=(frame(opcode, b"1704067200"),)), raw=raw)
    assert f"← {opcode} frame of 12 bytes\n" in text
    assert "1704067200" not in text


@pytest.mark.parametrize(("code", "shown"), [(1009, "close frame 1009 of 4 bytes"), (None, "close frame of 2 bytes")])
def test_a_close_frame_shows_its_code_if_it_has_one(code: int | None, shown: str) -> None:
    payload = code.to_bytes(2, "big") if code else b""
    assert answer_of(exchange(UPGRADE, UPGRADED, frames=(frame("close", payload, code=code),))) == [f"← {shown}"]
