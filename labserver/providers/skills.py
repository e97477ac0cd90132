"""What the mock model does exactly: say back, count, calculate. Knows one message; knows no library and no chance."""

import re
from collections.abc import Callable
from fractions import Fraction

from labserver.providers.words import number, sentence

ECHO = re.compile(
    r"\s*(?:please\s+)?(?:repeat after me|repeat exactly|say exactly|(?:reply|respond|answer) with exactly)\s*:\s?(.+)",
    re.IGNORECASE | re.DOTALL,
)
COUNT = re.compile(r"\bcount (?:up )?(?:from (?:1|one) )?(?:up )?to (\w+)\b")
FEWEST, MOST = 2, 100

OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}
SIGNS = {
    "plus": "+", "minus": "-", "−": "-", "times": "*", "multiplied by": "*", "x": "*", "×": "*", "divided by": "/",
    "÷": "/",
}  # fmt: skip
SIGN = "|".join(map(re.escape, [*OPERATIONS, *SIGNS]))
ARITHMETIC = re.compile(
    r"\s*(?:please\s+)?(?:(?:what is|what's|whats|calculate|compute|how much is|solve)\s+)?"
    rf"(?P<left>-?\d{{1,12}})\s*(?P<sign>{SIGN})\s*(?P<right>-?\d{{1,12}})\s*=?\s*[?.!]*\s*",
    re.IGNORECASE,
)
DECIMALS = 6


def echo(prompt: str) -> str | None:
    """`Repeat after me: X` -> X, to the letter."""
    found = ECHO.fullmatch(prompt)
    return found[1] if found else None


def count(prompt: str) -> str | None:
    """`Count to 3` -> `1, 2, 3`; says where it stops when asked for more than it counts."""
    found = COUNT.search(sentence(prompt))
    last = number(found[1]) if found else None
    if last is None:
        return None
    if not FEWEST <= last <= MOST:
        return f"I count to any number from {FEWEST} to {MOST}; {last} is not one of them."
    return ", ".join(str(each) for each in range(1, last + 1))


def arithmetic(prompt: str) -> str | None:
    """`What is 17 * 3?` -> `17 * 3 = 51`. Division that does not end is rounded, and says so."""
    found = ARITHMETIC.fullmatch(prompt)
    if not found:
        return None
    sign = SIGNS.get(found["sign"].lower(), found["sign"])
    left, right = int(found["left"]), int(found["right"])
    if sign == "/" and right == 0:
        return f"{left} / 0 has no answer: nothing can be divided by zero."
    result = OPERATIONS[sign](Fraction(left), Fraction(right))
    rounded = round(result, DECIMALS)
    return f"{left} {sign} {right} {'=' if rounded == result else 'is about'} {_plain(rounded)}"


def _plain(value: Fraction) -> str:
    """`7/2` -> `3.5`; whole numbers without a point, digits without an exponent."""
    digits = f"{abs(value) * 10**DECIMALS}".zfill(DECIMALS + 1)
    text = f"{digits[:-DECIMALS]}.{digits[-DECIMALS:]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 else text


SKILLS = (echo, count, arithmetic)
