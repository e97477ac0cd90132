"""Texts for regular expressions, and expressions that are never tried because they could take for ever."""

import re
import time

import pytest

from labserver.providers.patterns import compiled, example, matches

PATTERNS = [
    r"^\d{4}-\d{2}$",
    "^[A-Z]{2,3}-[0-9]+$",
    r"^(\d{1,3}\.){3}\d{1,3}$",
    "^(red|green)$",
    "[^a-z]",
    "^[^@]+@[^@]+$",
    r"^\S+@\S+\.\S+$",
    "(?i)abc",
    "(?P<tea>oolong)?$",
    "^$",
    r"^\+?[1-9]\d{7,14}$",
    "^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"[\[\]]",
    "é+",
]
HOPELESS = ["^(x|xx)*y$", "(x+)+y", "(x?x)*y", "(x{1,12}){12}y", "x*x*x*x*x*y"]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("spare", [0, 3])
def test_an_example_matches_its_pattern(pattern: str, spare: int) -> None:
    text = example(pattern, spare)
    assert text is not None
    assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", HOPELESS)
def test_a_pattern_that_could_take_for_ever_is_not_tried_but_has_an_example(pattern: str) -> None:
    began = time.process_time()
    assert compiled(pattern) is None
    assert not matches(pattern, "x" * 64)
    text = example(pattern)
    assert text is not None
    assert re.search(pattern, text)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", ["[", r"\p{L}+", "a" * 1000, r"(a)\1", "(?=a)b", "((((a{50}){50}){50}){50}){50}"])
def test_what_we_cannot_read_or_spell_has_no_example(pattern: str) -> None:
    assert example(pattern) is None


def test_only_short_texts_are_tried() -> None:
    assert matches("^a+$", "a" * 64)
    assert not matches("^a+$", "a" * 65)
