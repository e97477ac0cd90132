from itertools import pairwise

import pytest

from labserver.providers.wording import Voice, compose, parse

TEXT = """
One. | Uno. | Eins.
Two. | Dos.

Three.

```python
a | b

c = 1
```

Four. | Vier.
"""
CALM = Voice("any", 0)
CODE = "```python\na | b\n\nc = 1\n```"


def test_canonical_wording_takes_every_first_alternative() -> None:
    assert compose(TEXT, CALM) == f"One. Two.\n\nThree.\n\n{CODE}\n\nFour."


def test_code_is_kept_to_the_letter_at_any_temperature() -> None:
    assert all(CODE in compose(TEXT, Voice(str(seed), 2)) for seed in range(20))


def test_every_alternative_is_said_by_some_voice() -> None:
    said = " ".join(compose(TEXT, Voice(str(seed), 1)) for seed in range(40))
    assert all(each in said for each in ["One.", "Uno.", "Eins.", "Two.", "Dos.", "Four.", "Vier."])


def test_raising_the_temperature_only_adds_departures() -> None:
    slots = "\n".join(f"{n}. | {n}! | {n}?" for n in range(50))
    spoken = [compose(slots, Voice("key", heat)).split() for heat in (0, 0.3, 0.7, 1, 1.5, 2)]
    departures = [{word for word in words if not word.endswith(".")} for words in spoken]
    assert all(cooler < hotter for cooler, hotter in pairwise(departures))
    assert len(departures[0]) == 0 < len(departures[-1]) < 50


@pytest.mark.parametrize("text", ["a | ", " | a", "a |  | b", "```python\nnever closed", "half ``` a fence"])
def test_a_text_that_would_be_said_wrongly_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"alternative is empty|fence is not closed"):
        parse(text)


def test_a_bar_without_spaces_is_a_word() -> None:
    assert compose("int|None is fine", CALM) == "int|None is fine"
