"""A reel gives back what was put on it, piece by piece, and lets go from its end."""

import pytest

from labserver.reel import Reel

PIECES = [(0.0, b"one"), (0.5, b""), (0.5, b"two"), (1.25, b"three")]


def reel() -> Reel:
    made = Reel()
    for at, data in PIECES:
        made.add(at, data)
    return made


def test_what_was_put_on_comes_off_piece_by_piece() -> None:
    assert list(reel()) == PIECES
    assert (len(reel()), reel().size, bool(reel()), bool(Reel())) == (4, 11, True, False)


@pytest.mark.parametrize("size", range(14))
def test_it_keeps_the_first_bytes_and_says_how_many_went(size: int) -> None:
    shortened = reel()
    gone = shortened.keep_at_most(size)
    whole = b"".join(data for _, data in PIECES)
    assert b"".join(data for _, data in shortened) == whole[:size]
    assert gone == len(whole[size:])
    assert all(data or not whole_piece for (_, data), (_, whole_piece) in zip(shortened, PIECES, strict=False))


def test_a_shortened_reel_takes_on_more() -> None:
    shortened = reel()
    shortened.keep_at_most(4)
    shortened.add(2.0, b"more")
    assert list(shortened) == [(0.0, b"one"), (0.5, b""), (0.5, b"t"), (2.0, b"more")]
