import random

import pytest

from labserver.providers import tokens

LETTERS = [
    *"abcXYZ éßñ0123456789 ___ .,;:!?'\"()[]{}|\\/`~@#$%^&*-+=<>", " ", "  ", "\t", "\n", "\r\n", "\r", "\n\n",
    "🫖", "🍵", "👩‍👩‍👧", "🇬🇧", "👍🏽", "1️⃣", "❤️",
    "\u200d", "\ufe0f", "\u0301", "e\u0301", "茶", "お", "한", "抹茶", "。", "नमस्ते",
    "Привет", "\ud800", "\x00", "\u00a0", "\u2028", "½", "thermometer", "getValue", "don't", "```python\n",
]  # fmt: skip

SPLIT = {
    "A kettle": ["A", " kettle"],
    " thermometer": [" therm", "ometer"],
    "Hot, isn't it?": ["Hot", ",", " isn", "'t", " it", "?"],
    "12345": ["123", "45"],
    "a\n\nb\r\nc": ["a", "\n", "\n", "b", "\r\n", "c"],
    "抹茶": ["抹", "茶"],
    "cup 🍵!": ["cup", " 🍵", "!"],
    "👩‍👩‍👧🇬🇧👍🏽": ["👩‍👩‍👧", "🇬🇧", "👍🏽"],
    "    return x": ["   ", " return", " x"],
    "getValue": ["get", "Value"],
    "": [],
    " ": [" "],
}

PROSE = """
Green tea comes from the same plant as black tea, but its leaves are heated soon after picking. A language model
continues text, one token after another, and a server can send each of them as soon as it exists. Temperature decides
how often an unlikely continuation is chosen, and the thermometer on the table has nothing to do with it.
"""


@pytest.mark.parametrize(("text", "pieces"), SPLIT.items())
def test_text_is_split_where_a_model_would(text: str, pieces: list[str]) -> None:
    assert tokens.split(text) == pieces


def test_the_pieces_of_any_text_spell_it_again() -> None:
    dice = random.Random(0)
    for _ in range(2000):
        text = "".join(dice.choices(LETTERS, k=dice.randrange(25)))
        pieces = tokens.split(text)
        assert "".join(pieces) == text
        assert all(pieces)


def test_english_prose_has_about_a_third_more_tokens_than_words() -> None:
    words = PROSE.split()
    assert 1.15 < tokens.count(" ".join(words)) / len(words) < 1.45


def test_no_piece_of_a_word_is_long() -> None:
    assert max(map(len, tokens.split("Donaudampfschifffahrtsgesellschaft internationalization " + "x" * 1000))) <= 10
