"""A JSON value for a schema: objects, lists and alternatives around scalars. Valid by construction, and then proved.

What must be there is made; what may be there is made only where the text has something for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from labserver.errors import InvalidRequest
from labserver.providers import kinds
from labserver.providers.facts import Facts
from labserver.providers.scalars import TOO_MUCH, Made, Scalars, zigzag
from labserver.providers.schemas import NOTHING, Schema, Unresolvable, merged, resolve, types

MOST_VALUES = 2000  # that one answer may consist of
MOST_LISTED = 20  # things of a text that one list takes up
DEEP = 5  # nested this deep, only what must be there is made
DEEPEST = 40
CONDITION = ("if", "then", "else")


@dataclass(slots=True)
class Filler(Scalars):
    """Makes one value."""

    left: int = MOST_VALUES

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
            return self.one_of(schema)
        if alternatives := self._alternatives(schema):
            return self._best(alternatives, schema, name, depth)
        kind = self._kind(schema, name)
        if kind in ("object", "array"):
            return self._object(schema, depth) if kind == "object" else self._array(schema, name, depth)
        return self.scalar(schema, kind, name)

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
            return next((kind for kind in wanted if self.is_told(schema, kind, name)), "null")
        return wanted[0]

    def _alternatives(self, schema: Schema) -> list[Schema]:
        """What `anyOf`, `oneOf` or a condition leave to choose from, each with the rest of the schema."""
        if "if" in schema:
            rest = {each: value for each, value in schema.items() if each not in CONDITION}
            return [merged(rest, resolve(schema.get(word, True), self.root)) for word in ("", "then", "else")]
        keyword = next((each for each in ("anyOf", "oneOf") if each in schema), None)
        if keyword is None:
            return []
        rest = {each: value for each, value in schema.items() if each not in (keyword, "default", "examples")}
        branches = schema[keyword]
        found = []
        for place, branch in enumerate(branches):
            others = branches[:place] + branches[place + 1 :] if keyword == "oneOf" else []
            apart = [{"not": {"anyOf": others}}] if others else []
            found.append(merged(rest, merged(resolve(branch, self.root), apart[0] if apart else {})))
        return found

    def _best(self, alternatives: list[Schema], schema: Schema, name: str, depth: int) -> Made:
        """The first for which the text has something, else the default, else the first that works and is not null.

        Deep down the plainest comes first, so that a schema which contains itself comes to an end.
        """
        if depth > DEEP:
            alternatives = sorted(alternatives, key=lambda each: types(each)[:1] in (["object"], ["array"], []))
        made: list[Made] = []
        for alternative in alternatives:
            before = set(self.used)
            one = self.fill(alternative, name, depth + 1)
            if self.right(one.value, schema):
                if one.found or depth > DEEP:
                    return one
                made.append(one)
            self.used = before
        if "default" in schema and self.right(schema["default"], schema):
            return Made(schema["default"])
        return next((one for one in made if one.value is not None), next(iter(made), Made(None)))

    def _object(self, schema: Schema, depth: int) -> Made:
        properties, required = schema.get("properties", {}), list(schema.get("required", ()))
        value: dict[str, Any] = {}
        found = False
        for name in [*properties, *(each for each in required if each not in properties)]:
            part = properties.get(name, schema.get("additionalProperties", True))
            if name not in required and (depth > DEEP or resolve(part, self.root) == NOTHING):
                continue
            before = set(self.used)
            one = self.fill(part, name, depth + 1)
            if name in required or one.found:
                value[name], found = one.value, found or one.found
            else:
                self.used = before
        self._enlarge(value, schema, depth)
        return Made(value, found)

    def _enlarge(self, value: dict[str, Any], schema: Schema, depth: int) -> None:
        """`minProperties` may ask for more than is required."""
        least, properties = schema.get("minProperties", 0), schema.get("properties", {})
        for name, part in properties.items():
            if len(value) < least and name not in value:
                value[name] = self.fill(part, name, depth + 1).value
        for number in count(1):
            if len(value) >= least:
                break
            value[f"field{number}"] = self.fill(schema.get("additionalProperties", True), "", depth + 1).value

    def _array(self, schema: Schema, name: str, depth: int) -> Made:
        first, items = schema.get("prefixItems", []), schema.get("items", True)
        value = [self.fill(part, name, depth + 1) for part in first]
        least, most = schema.get("minItems", 0), int(schema.get("maxItems", MOST_VALUES))
        contained = [self.fill(schema["contains"], name, depth + 1)] if "contains" in schema else []
        value += [one for one in contained if self.right(one.value, items)]
        if resolve(items, self.root) != NOTHING:
            value += self._several(self._flat(items), name, depth, most - len(value))
            wanted = max(least, 1 if most and depth <= DEEP else 0)
            while len(value) < wanted:
                value.append(self._another(items, name, depth, [one.value for one in value], schema))
        return Made([one.value for one in value[:most]], any(one.found for one in value))

    def _several(self, items: Schema, name: str, depth: int, room: int) -> list[Made]:
        """An item for each thing of its kind that the text names."""
        if depth > DEEP or room <= 0:
            return []
        found: list[Any] = []
        if "enum" in items:
            found = self.named(items["enum"])
        elif types(items) == ["string"] and not set(kinds.name_words(name)) & kinds.WHOLE:
            found = kinds.texts_for(kinds.singular(name), self.facts)
        elif types(items) in (["integer"], ["number"]):
            found = [figure.value for figure in self.facts.figures]
        fitting = [value for value in dict.fromkeys(found) if self.right(value, items)]
        return [Made(value, found=True) for value in fitting[: min(room, MOST_LISTED)]]

    def _another(self, items: Any, name: str, depth: int, there: list[Any], schema: Schema) -> Made:
        """One more item; where items must differ, one that is not there yet."""
        one = self.fill(items, name, depth + 1)
        if not schema.get("uniqueItems") or one.value not in there:
            return one
        others = _variations(one.value, self._flat(items))
        return Made(next((each for each in others if each not in there and self.right(each, items)), one.value))


def _variations(value: Any, schema: Schema) -> Iterator[Any]:
    if "enum" in schema:
        yield from schema["enum"]
    elif isinstance(value, bool):
        yield from (True, False)
    elif isinstance(value, str):
        yield from (f"{value} {number}" for number in range(2, MOST_VALUES))
    elif isinstance(value, int | float):
        yield from (
            value + step * schema.get("multipleOf", 1) for step, _ in zip(zigzag(), range(MOST_VALUES), strict=False)
        )


def value_for(schema: Schema, text: str, *, speech: str = "", subject: str = "") -> Any:
    """A value that is valid against `schema`, with what `text` says. Raises InvalidRequest where none was found."""
    try:
        for facts in (Facts(text), Facts("")):
            filler = Filler(schema, facts, speech, subject)
            value = filler.fill(schema).value
            if filler.right(value, schema):
                return value
    except (Unresolvable, RecursionError) as error:
        raise InvalidRequest(f"The schema's reference {error} leads nowhere. Point it into its own $defs.") from error
    raise InvalidRequest("The lab's mock model found no value that fits this schema. Make it simpler.")
