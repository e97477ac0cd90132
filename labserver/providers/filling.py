"""A JSON value for a schema: what the text says where it says it, something sensible elsewhere. Valid by construction.

In this order: `const`, the enum value that the text names, what the text has for a field of this name, `default`,
`examples`, the first of the enum, what the format wants, a sample for the name. Deterministic; no chance is involved.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from labserver.errors import InvalidRequest
from labserver.providers import kinds, patterns
from labserver.providers.facts import Facts
from labserver.providers.schemas import NOTHING, Schema, Unresolvable, fits, merged, resolve, types
from labserver.providers.words import stem, words

MOST_VALUES = 2000  # that one answer may consist of
LONGEST_TEXT = 4000  # characters that a `minLength` may demand
DEEP = 10  # nested this deep, only what must be there is made
DEEPEST = 40
TRIED = 40  # candidates for one text or number
TOO_MUCH = "This schema wants more than the lab's mock model makes: {}. Ask for less."
BRANCHES = ("anyOf", "oneOf")
NO = frozenset({"no", "not", "without", "never", "off", "disable"})


@dataclass(frozen=True, slots=True)
class Made:
    """A value; `found` says whether anything in it was read from the text."""

    value: Any
    found: bool = False


@dataclass(slots=True)
class Filler:
    """Makes one value. `speech` is what to write where a field asks for an answer in words, `subject` what to
    write where a text is needed and nothing said which.
    """

    root: Schema
    facts: Facts
    speech: str = ""
    left: int = MOST_VALUES
    subject: str = ""
    _used: set[Hashable] = field(default_factory=set)

    def fill(self, schema: Any, name: str = "", depth: int = 0) -> Made:
        """Raises InvalidRequest for a schema that wants too much, Unresolvable for one that points nowhere."""
        self.left -= 1
        if self.left < 0:
            raise InvalidRequest(TOO_MUCH.format(f"more than {MOST_VALUES} values"))
        if depth > DEEPEST:
            raise InvalidRequest(TOO_MUCH.format(f"values nested more than {DEEPEST} deep"))
        schema = self._flat(schema)
        if "const" in schema:
            return Made(schema["const"])
        if "enum" in schema:
            return self._enum(schema)
        if keyword := next((each for each in BRANCHES if each in schema), None):
            return self._branch(schema, keyword, name, depth)
        kind = self._kind(schema, name)
        if kind in ("object", "array"):
            return self._object(schema, depth) if kind == "object" else self._array(schema, name, depth)
        return self._scalar(schema, kind, name)

    def _scalar(self, schema: Schema, kind: str, name: str) -> Made:
        if "default" in schema and not self._has_words_for(schema, kind, name):
            return Made(schema["default"])
        candidates = {"string": self._texts, "integer": self._numbers, "number": self._numbers}.get(kind)
        if candidates is None:
            return self._boolean(schema, name) if kind == "boolean" else Made(None)
        made = (one for one in islice(candidates(schema, name), TRIED) if fits(one.value, schema, self.root))
        return next(made, Made("" if kind == "string" else 0))

    def _flat(self, schema: Any) -> Schema:
        """Without `$ref` and `allOf`."""
        flat = resolve(schema, self.root)
        for _ in range(DEEPEST):
            if not (parts := flat.get("allOf")):
                break
            flat = {name: value for name, value in flat.items() if name != "allOf"}
            for part in parts:
                flat = merged(flat, resolve(part, self.root))
        return flat

    def _kind(self, schema: Schema, name: str) -> str:
        wanted = [kind for kind in types(schema) if kind != "null"]
        if not wanted:
            return "null" if "null" in types(schema) else "string"
        if "null" in types(schema) and "default" in schema and schema["default"] is None:
            return next((kind for kind in wanted if self._has_words_for(schema, kind, name)), "null")
        return wanted[0]

    def _has_words_for(self, schema: Schema, kind: str, name: str) -> bool:
        """Whether the text itself says something that fits here."""
        if kind == "boolean":
            return bool(self._mentioned(name))
        candidates = {"string": self._said, "integer": self._figures, "number": self._figures}.get(kind)
        return bool(candidates) and any(
            fits(value, schema, self.root)
            for value, _ in candidates(schema, name)  # type: ignore[misc]
        )

    def _enum(self, schema: Schema) -> Made:
        fitting = [value for value in schema["enum"] if fits(value, schema, self.root)] or schema["enum"]
        if found := self.named(fitting):
            return Made(found[0], found=True)
        return Made(schema["default"] if schema.get("default") in fitting else next(iter(fitting), None))

    def named(self, values: list[Any]) -> list[Any]:
        """Those of `values` that stand in the text, in the text's order, longer ones before those within them."""
        said = [stem(word) for word in words(self.facts.read)]
        places: dict[int, tuple[int, Any]] = {}
        for value in values:
            parts = [stem(part) for part in words(str(value).replace("_", " "))] if isinstance(value, str | int) else []
            for at in range(len(said) - len(parts) + 1):
                if parts and said[at : at + len(parts)] == parts and places.get(at, (0, 0))[0] < len(parts):
                    places[at] = (len(parts), value)
                    break
        return [value for _, (_, value) in sorted(places.items(), key=lambda each: each[0])]

    def everything(self, schema: Schema, name: str) -> list[Any]:
        """Every value that the text has for this text or number, if it has a kind of its own: two cities, say.

        Numbers count only beside a word of the field's name, and a text's kinds do not mix.
        """
        if types(schema) == ["string"]:
            texts = [] if set(kinds.name_words(name)) & kinds.WHOLE else kinds.texts_for(name, self.facts)
            return [text for text in dict.fromkeys(texts) if fits(text, schema, self.root)]
        return [figure.value for figure in kinds.beside(name, self.facts) if fits(figure.value, schema, self.root)]

    def _branch(self, schema: Schema, keyword: str, name: str, depth: int) -> Made:
        """The first branch for which the text has something, else the default, else the first that works at all."""
        rest = {each: value for each, value in schema.items() if each not in (keyword, "default", "examples")}
        made: list[Made] = []
        for branch in schema[keyword]:
            before = set(self._used)
            one = self.fill(merged(rest, resolve(branch, self.root)), name, depth + 1)
            if fits(one.value, schema, self.root) and fits(one.value, branch, self.root):
                if one.found:
                    return one
                made.append(one)
            self._used = before
        if "default" in schema:
            return Made(schema["default"])
        real = [one for one in made if one.value is not None]
        return next(iter(sorted(real or made, key=lambda one: depth > DEEP and bool(one.value))), Made(None))

    def _object(self, schema: Schema, depth: int) -> Made:
        properties, required = schema.get("properties", {}), list(schema.get("required", ()))
        value: dict[str, Any] = {}
        found = False
        for name in [*properties, *(each for each in required if each not in properties)]:
            part = properties.get(name, schema.get("additionalProperties", True))
            if name not in required and (depth > DEEP or resolve(part, self.root) == NOTHING):
                continue
            before = set(self._used)
            one = self.fill(part, name, depth + 1)
            if name in required or one.found:
                value[name], found = one.value, found or one.found
            else:
                self._used = before
        for name in properties:  # minProperties asks for more than is required
            if len(value) < schema.get("minProperties", 0) and name not in value:
                value[name] = self.fill(properties[name], name, depth + 1).value
        for number in count(1):
            if len(value) >= schema.get("minProperties", 0):
                break
            value[f"field{number}"] = self.fill(schema.get("additionalProperties", True), "", depth + 1).value
        return Made(value, found)

    def _array(self, schema: Schema, name: str, depth: int) -> Made:
        first, items = schema.get("prefixItems", []), schema.get("items", True)
        value = [self.fill(part, name, depth + 1) for part in first]
        least, most = schema.get("minItems", 0), schema.get("maxItems", MOST_VALUES)
        contained = [self.fill(schema["contains"], name, depth + 1)] if "contains" in schema else []
        value += [one for one in contained if fits(one.value, items, self.root)]
        if items is not False and resolve(items, self.root) != NOTHING:
            value += self._several(resolve(items, self.root), name, depth, most - len(value))
            wanted = max(least, 1 if most and depth <= DEEP else 0)
            while len(value) < wanted:
                value.append(self._another(items, name, depth, [one.value for one in value], schema))
        return Made([one.value for one in value[:most]], any(one.found for one in value))

    def _several(self, items: Schema, name: str, depth: int, room: int) -> list[Made]:
        """An item for each thing of its kind that the text names."""
        if depth > DEEP or room <= 0:
            return []
        if "enum" in items:
            found = self.named(items["enum"])
        elif types(items) == ["string"]:
            singular = " ".join(map(stem, kinds.name_words(name)))
            found = [] if "query" in singular else kinds.texts_for(singular, self.facts)
        elif types(items) in (["integer"], ["number"]):
            found = [figure.value for figure in self.facts.figures]
        else:
            found = []
        fitting = [value for value in dict.fromkeys(found) if fits(value, items, self.root)]
        return [Made(value, found=True) for value in fitting[: min(room, 20)]]

    def _another(self, items: Any, name: str, depth: int, there: list[Any], schema: Schema) -> Made:
        """One more item; where items must differ, one that is not there yet."""
        one = self.fill(items, name, depth + 1)
        if schema.get("uniqueItems") and one.value in there:
            flat = self._flat(items)
            others: Iterator[Any] = iter(flat.get("enum", ()))
            if isinstance(one.value, str) and "enum" not in flat:
                others = (f"{one.value} {number}" for number in range(2, MOST_VALUES))
            elif isinstance(one.value, int | float) and not isinstance(one.value, bool) and "enum" not in flat:
                step = flat.get("multipleOf", 1)
                others = (base + number * step for base in (one.value,) for number in _zigzag())
            elif isinstance(one.value, bool):
                others = iter((True, False))
            different = (each for each in others if each not in there and fits(each, items, self.root))
            return Made(next(different, one.value))
        return one

    def _texts(self, schema: Schema, name: str) -> Iterator[Made]:
        for text, _ in self._said(schema, name):
            yield Made(text, found=True)
        yield from map(Made, schema.get("examples", ()))
        if self.subject and not set(kinds.name_words(name)) & kinds.SAMPLES.keys():
            yield Made(self.subject)
        if (pattern := schema.get("pattern")) is not None:
            drawn = (patterns.example(pattern, spare) for spare in (*range(13), 16, 24, 32, 48))
            yield from (Made(text) for text in drawn if text is not None)
        if schema.get("format") in kinds.FORMATS:
            yield Made(kinds.FORMATS[schema["format"]][1])
        least, most = schema.get("minLength", 0), schema.get("maxLength", LONGEST_TEXT)
        if least > LONGEST_TEXT:
            raise InvalidRequest(TOO_MUCH.format(f"a text of {least} characters"))
        plain = self.speech if self.speech and set(kinds.name_words(name)) & kinds.ANSWERS else kinds.sample(name)
        yield Made(plain)
        yield Made((plain[:most] or "").ljust(least, "."))

    def _said(self, schema: Schema, name: str) -> Iterator[tuple[str, Hashable]]:
        found, _ = kinds.FORMATS.get(schema.get("format", ""), (None, ""))
        if found:
            texts = found(self.facts)
        elif "pattern" in schema:
            figures = [str(figure.value) for figure in self.facts.figures]
            texts = [*kinds.texts_for(name, self.facts), *self.facts.codes, *figures, *self.facts.quotations]
        else:
            texts = kinds.texts_for(name, self.facts)
        for text in texts:
            key = ("text", text)
            if key not in self._used:
                if fits(text, schema, self.root):
                    self._used.add(key)
                yield text, key

    def _numbers(self, schema: Schema, name: str) -> Iterator[Made]:
        whole = "integer" in types(schema)
        for value, at in self._figures(schema, name):
            self._used.add(at)
            yield Made(value, found=True)
        yield from map(Made, schema.get("examples", ()))
        step = schema.get("multipleOf", 1)
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        for bound in (1 if low is None else low, high, 0):
            if bound is not None:
                near = round(bound / step) * step
                yield from (Made(int(near + n * step) if whole else near + n * step) for n in islice(_zigzag(), 5))
        if low is not None and high is not None:
            yield Made((low + high) / 2)

    def _figures(self, schema: Schema, name: str) -> Iterator[tuple[int | float, Hashable]]:
        for figure in kinds.figures_for(name, self.facts):
            if figure.at not in self._used and fits(figure.value, schema, self.root):
                yield figure.value, figure.at

    def _boolean(self, schema: Schema, name: str) -> Made:
        if (said := self._mentioned(name)) is not None and fits(said, schema, self.root):
            return Made(said, found=True)
        return Made(schema.get("default", False) if fits(False, schema, self.root) else True)

    def _mentioned(self, name: str) -> bool | None:
        """True where the text has the field's words, False where it has them after a no, None where it has not."""
        spoken = [stem(word) for word in words(self.facts.read)]
        named = {stem(word) for word in kinds.name_words(name)} - {"is", "has", "include", "with", "use"}
        at = next((place for place, word in enumerate(spoken) if word in named), None)
        return None if at is None else not NO & set(spoken[max(0, at - 3) : at])


def _zigzag() -> Iterator[int]:
    """0, 1, -1, 2, -2, …"""
    yield 0
    for number in count(1):
        yield from (number, -number)


def value_for(schema: Schema, text: str, *, speech: str = "", subject: str = "") -> Any:
    """A value that is valid against `schema`, with what `text` says. Raises InvalidRequest where none was found."""
    try:
        for facts in (Facts(text), Facts("")):
            value = Filler(schema, facts, speech, subject=subject).fill(schema).value
            if fits(value, schema, schema):
                return value
    except (Unresolvable, RecursionError) as error:
        raise InvalidRequest(f"The schema's reference {error} leads nowhere. Point it into its own $defs.") from error
    raise InvalidRequest("The lab's mock model found no value that fits this schema. Make it simpler.")
