import pytest

from labserver.providers.skills import arithmetic, count, echo

SUMS = {
    "What is 17 * 3?": "17 * 3 = 51",
    "what's 7 plus 5": "7 + 5 = 12",
    "3x4": "3 * 4 = 12",
    "Calculate 3 × 4.": "3 * 4 = 12",
    "How much is 10 minus 12?": "10 - 12 = -2",
    "-7 / 2 =": "-7 / 2 = -3.5",
    "20 divided by 4": "20 / 4 = 5",
    "10 / 3": "10 / 3 is about 3.333333",
    "1 / 1000000": "1 / 1000000 = 0.000001",
    "-1 / 3": "-1 / 3 is about -0.333333",
    "0 * 5": "0 * 5 = 0",
    "999999999999 * 999999999999": "999999999999 * 999999999999 = 999999999998000000000001",
    "1 / 0": "1 / 0 has no answer: nothing can be divided by zero.",
    "What is 2 + 2 * 3?": None,
    "I have 3 - 4 kettles": None,
    "2 ** 8": None,
    "__import__('os')": None,
    "1" * 40 + " * 2": None,
}

ECHOES = {
    "Repeat after me: Green tea.": "Green tea.",
    "repeat after me:  two\nlines | and {braces} \n": " two\nlines | and {braces} \n",
    "Please say exactly: 🫖": "🫖",
    "Reply with exactly: OK": "OK",
    "Repeat after me:": None,
    "Do not repeat after me: x": None,
}

COUNTS = {
    "Count to 3": "1, 2, 3",
    "Can you count from one to five, please?": "1, 2, 3, 4, 5",
    "count up to 2!": "1, 2",
    "Count to infinity": None,
    "Count the stars": None,
}


@pytest.mark.parametrize(("asked", "expected"), SUMS.items())
def test_two_integers_are_calculated_exactly(asked: str, expected: str | None) -> None:
    assert arithmetic(asked) == expected


@pytest.mark.parametrize(("asked", "expected"), ECHOES.items())
def test_what_is_to_be_repeated_is_repeated_to_the_letter(asked: str, expected: str | None) -> None:
    assert echo(asked) == expected


@pytest.mark.parametrize(("asked", "expected"), COUNTS.items())
def test_counting_goes_up_to_the_number(asked: str, expected: str | None) -> None:
    assert count(asked) == expected


@pytest.mark.parametrize("asked", ["Count to 1", "Count to 101", "count to zero"])
def test_counting_too_far_or_not_at_all_is_declined_with_the_bounds(asked: str) -> None:
    assert "from 2 to 100" in str(count(asked))


def test_a_hundred_numbers_can_be_counted() -> None:
    assert str(count("Count to 100")).split(", ") == [str(number) for number in range(1, 101)]


@pytest.mark.parametrize("asked", ["Repeat after me: One. Two. Three.", "Count to 7", "What is 17 * 3?"])
def test_exact_answers_are_the_same_at_any_temperature_and_never_shortened(ask, asked: str) -> None:
    answers = {ask(asked, system="Be brief.", temperature=2, seed=seed).text for seed in range(5)}
    assert answers == {ask(asked, temperature=0).text}
