"""Texts, numbers, yes or no, and one of a list, for a schema: from a text where it says them. Knows no nesting.

In this order: the enum value that the text names, what the text has for a field of this name, `default`, `examples`,
the first of the enum, what pattern or format want, a sample for the name. Deterministic; no chance is involved.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from labserver.errors import InvalidRequest
from labserver.providers import kinds, patterns
from labserver.providers.facts import Facts
from labserver.providers.schemas import Schema, fits, types
from labserver.providers.words import stem, words

LONGEST_TEXT = 4000  # characters that a `minLength` may demand
TRIED = 40  # candidates for one text or number
TOO_MUCH = "This schema wants more than the lab's mock model makes: {}. Ask for less."
NO = frozenset({"no", "not", "without", "never", "off", "disable"})
UNTOLD = frozenset({"is", "has", "include", "with", "use"})


@dataclass(frozen=True, slots=True)
class Made:
    """A value; `found` says whether anything in it was read from the text."""

    value: Any
    found: bool = False


@dataclass(slots=True)
class Scalars:
    """`speech` is what to write where a field asks for an answer in words, `subject` what to write where a text is
    needed and nothing said which. What was taken from the text once is `used`, and not taken again.
    """

    root: Schema
    facts: Facts
    speech: str = ""
    subject: str = ""
    used: set[Hashable] = field(default_factory=set)

    def scalar(self, schema: Schema, kind: str, name: str) -> Made:
        default = "default" in schema and self.right(schema["default"], schema)
        if default and not self.is_told(schema, kind, name):
            return Made(schema["default"])
        if kind == "boolean":
            return self._boolean(schema, name)
        if kind == "null":
            return Made(None)
        candidates = self._texts(schema, name) if kind == "string" else self._numbers(schema, name)
        made = (one for one in islice(candidates, TRIED) if self.right(one.value, schema))
        return next(made, Made("" if kind == "string" else 0))

    def is_told(self, schema: Schema, kind: str, name: str) -> bool:
        """Whether the text itself says something that fits here."""
        if kind == "boolean":
            return self._mentioned(name) is not None
        if kind == "string":
            return any(self.right(text, schema) for text, _ in self._said(schema, name))
        return kind in ("integer", "number") and any(True for _ in self._figures(schema, name))

    def right(self, value: Any, schema: Schema) -> bool:
        return fits(value, schema, self.root)

    def one_of(self, schema: Schema) -> Made:
        fitting = [value for value in schema["enum"] if self.right(value, schema)] or schema["enum"]
        if found := self.named(fitting):
            return Made(found[0], found=True)
        return Made(schema["default"] if schema.get("default") in fitting else next(iter(fitting), None))

    def named(self, values: list[Any]) -> list[Any]:
        """Those of `values` that stand in the text, in the text's order, longer ones before those within them."""
        said = [stem(word) for word in words(self.facts.read)]
        places: dict[int, tuple[int, Any]] = {}
        for value in values:
            told = isinstance(value, str | int) and not isinstance(value, bool)
            parts = [stem(part) for part in words(str(value).replace("_", " "))] if told else []
            for at in range(len(said) - len(parts) + 1):
                if parts and said[at : at + len(parts)] == parts and places.get(at, (0, 0))[0] < len(parts):
                    places[at] = (len(parts), value)
                    break
        return [value for _, (_, value) in sorted(places.items(), key=lambda each: each[0])]

    def everything(self, schema: Schema, name: str) -> list[Any]:
        """Every value that the text has for this text or number, if it has a kind of its own: two cities, say.

        Numbers count only beside a word of the field's name, and those listed right after them.
        """
        if types(schema) == ["string"]:
            texts = [] if set(kinds.name_words(name)) & kinds.WHOLE else kinds.texts_for(name, self.facts)
            return [text for text in dict.fromkeys(texts) if self.right(text, schema)]
        return [figure.value for figure in kinds.beside(name, self.facts) if self.right(figure.value, schema)]

    def _texts(self, schema: Schema, name: str) -> Iterator[Made]:
        for text, key in self._said(schema, name):
            if self.right(text, schema):
                self.used.add(key)
                yield Made(text, found=True)
        yield from map(Made, schema.get("examples", ()))
        if (pattern := schema.get("pattern")) is not None:
            drawn = (patterns.example(pattern, spare) for spare in (*range(13), 16, 24, 32, 48))
            yield from (Made(text) for text in drawn if text is not None)
        if self.subject and not set(kinds.name_words(name)) & kinds.SAMPLES.keys():
            yield Made(self.subject)
        if schema.get("format") in kinds.FORMATS:
            yield Made(kinds.FORMATS[schema["format"]][1])
        least, most = int(schema.get("minLength", 0)), int(schema.get("maxLength", LONGEST_TEXT))
        if least > LONGEST_TEXT:
            raise InvalidRequest(TOO_MUCH.format(f"a text of {least} characters"))
        plain = self.speech if self.speech and set(kinds.name_words(name)) & kinds.ANSWERS else kinds.sample(name)
        yield Made(plain)
        yield Made(plain[:most].ljust(least, "."))

    def _said(self, schema: Schema, name: str) -> Iterator[tuple[str, Hashable]]:
        """What the text has, and under which key it counts as used."""
        found, _ = kinds.FORMATS.get(schema.get("format", ""), (None, ""))
        if found:
            texts = found(self.facts)
        elif "pattern" in schema:
            figures = [str(figure.value) for figure in self.facts.figures]
            texts = [*kinds.texts_for(name, self.facts), *self.facts.codes, *figures, *self.facts.quotations]
            texts = [text for text in texts if patterns.matches(schema["pattern"], text)]
        else:
            texts = kinds.texts_for(name, self.facts)
        yield from ((text, ("text", text)) for text in texts if ("text", text) not in self.used)

    def _numbers(self, schema: Schema, name: str) -> Iterator[Made]:
        whole = "integer" in types(schema)
        for value, at in self._figures(schema, name):
            self.used.add(at)
            yield Made(value, found=True)
        yield from map(Made, schema.get("examples", ()))
        step = schema.get("multipleOf", 1)
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        for bound in (1 if low is None else low, high, 0):
            if bound is not None:
                near = round(bound / step) * step
                yield from (Made(int(near + n * step) if whole else near + n * step) for n in islice(zigzag(), 9))
        if low is not None and high is not None:
            yield Made((low + high) / 2)

    def _figures(self, schema: Schema, name: str) -> Iterator[tuple[int | float, Hashable]]:
        for figure in kinds.figures_for(name, self.facts):
            if figure.at not in self.used and self.right(figure.value, schema):
                yield figure.value, figure.at

    def _boolean(self, schema: Schema, name: str) -> Made:
        if (said := self._mentioned(name)) is not None and self.right(said, schema):
            return Made(said, found=True)
        return Made(next((value for value in (False, True) if self.right(value, schema)), False))

    def _mentioned(self, name: str) -> bool | None:
        """True where the text has the field's words, False where it has them after a no, None where it has not."""
        spoken = [stem(word) for word in words(self.facts.read)]
        named = {stem(word) for word in kinds.name_words(name)} - UNTOLD
        at = next((place for place, word in enumerate(spoken) if word in named), None)
        return None if at is None else not NO & set(spoken[max(0, at - 3) : at])


def zigzag() -> Iterator[int]:
    """0, 1, -1, 2, -2, …"""
    yield 0
    for number in count(1):
        yield from (number, -number)
