"""Which tools a request asks for, with which arguments. Knows words and evidence; speaks to nobody.

A tool is asked for when enough of the request's words are its own: those of its name weigh most, then those of its
parameters and their enum values, then those of its description. Each word speaks for one tool only, the one with the
most evidence, so `Cancel order 7` does not also look the order up. Naming a tool as it is written always counts.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labserver.events import Tool
from labserver.providers.facts import Facts
from labserver.providers.filling import Filler, value_for
from labserver.providers.kinds import SAMPLES, name_words
from labserver.providers.schemas import Schema, Unresolvable, resolve, types
from labserver.providers.words import COMMON, number, stem, words

NAMED, PARAMETER, CHOICE, DESCRIBED, FACT = 3.0, 2.0, 2.0, 1.0, 1.0
ENOUGH = 2.0
MOST_CALLS = 8  # of one tool in one turn
NO_PARAMETERS: Schema = {"type": "object", "properties": {}}

# What a tool's name begins with says little about what it is for.
LITTLE_SAID = """
    get find list search look lookup fetch show check read query retrieve call run use tool function api data info
    information current new value item given provided return returns using user string number id name
"""
VERBS = frozenset(LITTLE_SAID.split())
# Words for what is done with a thing, not for the thing.
BUSINESS = """
    sell sells buy want wants like recommend offer offers stock put add send order box boxes cup cups pack packs bag
    bags kind kinds sort sorts today now available left cart
"""
DEALINGS = frozenset(BUSINESS.split())
KIN = {
    stem(word): topic
    for topic, kin in {
        "weather": "rain raining rainy sunny snow snowing cold warm hot windy forecast umbrella temperature degrees",
        "order": "parcel package delivery shipment deliver delivered shipped arrive arrived tracking",
        "price": "cost costs expensive cheap pay",
        "stock": "available availability left inventory",
        "calculate": "plus minus times multiplied divided sum multiply add subtract compute",
        "time": "clock hour o'clock",
        "translate": "translation",
        "cancel": "cancellation",
    }.items()
    for word in kin.split()
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A call that a request asks for; `arguments` is JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """How much of a request speaks for a tool, and through which of its words, by their places."""

    tool: Tool
    weight: float
    places: frozenset[int]


def wanted(tools: Sequence[Tool], prompt: str) -> list[Wanted]:
    """The calls that `prompt` asks for, in its own order; none when it asks for no tool."""
    spoken, left, chosen = _spoken(prompt), list(tools), list[Evidence]()
    free = frozenset(range(len(spoken)))
    while left:
        best = max((_evidence(tool, spoken, free, prompt) for tool in left), key=lambda one: one.weight)
        if best.weight < ENOUGH:
            break
        left.remove(best.tool)
        if not _can_be_filled(best.tool, prompt):
            continue
        chosen.append(best)
        free -= best.places
    chosen.sort(key=lambda one: min(one.places, default=0))
    return [Wanted(one.tool.name, arguments) for one in chosen for arguments in _argument_sets(one.tool, prompt)]


def nearest(tools: Sequence[Tool], prompt: str) -> Wanted:
    """The call to make when one must be made: of the tool that fits best, or of the first."""
    spoken = _spoken(prompt)
    everything = frozenset(range(len(spoken)))
    best = max(tools, key=lambda tool: _evidence(tool, spoken, everything, prompt).weight)
    return Wanted(best.name, _argument_sets(best, prompt)[0])


def again(tool: Tool, prompt: str) -> list[Wanted]:
    """`And in Oslo?` after a call of `tool`: the same with what is new, if the text has something for it."""
    schema = tool.parameters or NO_PARAMETERS
    if len(_spoken(prompt)) > 6 or not Filler(schema, Facts(prompt)).fill(schema).found:
        return []
    return [Wanted(tool.name, arguments) for arguments in _argument_sets(tool, prompt)]


def _can_be_filled(tool: Tool, prompt: str) -> bool:
    """Whether the text has anything for what the tool requires: `Where is my order?` names no order to look up."""
    schema = tool.parameters or NO_PARAMETERS
    required = [_properties(tool).get(name, {}) for name in schema.get("required", ())]
    if not required or _is_named(tool, prompt) or _finds_something(tool, prompt):
        return True
    free = [name for name in schema["required"] if not set(name_words(name)) & SAMPLES.keys()]
    texts = [name for name in free if types(resolve(_properties(tool).get(name, {}), schema)) == ["string"]]
    return bool(texts and _subject(tool, prompt)) or all(_leaves_a_choice(resolve(part, schema)) for part in required)


def _leaves_a_choice(part: Schema) -> bool:
    """A value can be picked without a word about it."""
    return bool(part.keys() & {"enum", "const", "default"}) or types(part) in (["boolean"], ["array"], ["object"])


def _is_named(tool: Tool, prompt: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(tool.name)}(?![\w-])", prompt))


def _spoken(prompt: str) -> list[str]:
    return [stem(word) for word in words(prompt.replace("_", " "))]


def _evidence(tool: Tool, spoken: Sequence[str], free: frozenset[int], prompt: str) -> Evidence:
    weights = _vocabulary(tool)
    places = {at: weights[word] for at in free if (word := KIN.get(spoken[at], spoken[at])) in weights}
    places |= {at: max(weights[spoken[at]], places.get(at, 0)) for at in free if spoken[at] in weights}
    by_word = {spoken[at]: weight for at, weight in places.items()}  # said twice counts once
    weight = sum(by_word.values())
    if weight >= DESCRIBED and Facts(prompt).sums and {"expression", "formula", "equation"} & _properties(tool).keys():
        weight += ENOUGH
    elif weight >= DESCRIBED and _finds_something(tool, prompt):
        weight += FACT
    elif Facts(prompt).sums and "expression" in _properties(tool):
        weight += ENOUGH
    if _is_named(tool, prompt):
        weight += 2 * ENOUGH
    return Evidence(tool, weight, frozenset(places))


def _vocabulary(tool: Tool) -> dict[str, float]:
    """Stem -> what it is worth."""
    found: dict[str, float] = {}

    def learn(text: str, worth: float) -> None:
        for word in words(text):
            if word not in COMMON and word not in VERBS:
                found[stem(word)] = max(worth, found.get(stem(word), 0))

    learn(tool.description, DESCRIBED)
    for name, part in _properties(tool).items():
        learn(" ".join(name_words(name)), PARAMETER)
        if isinstance(part, dict):
            learn(str(part.get("description", "")), DESCRIBED)
            items = part.get("items")
            for value in part.get("enum") or (items.get("enum", ()) if isinstance(items, dict) else ()):
                learn(str(value).replace("_", " "), CHOICE)
    learn(" ".join(name_words(tool.name)), NAMED)
    return found


def _properties(tool: Tool) -> dict[str, Any]:
    properties = (tool.parameters or {}).get("properties", {})
    return properties if isinstance(properties, dict) else {}


def _finds_something(tool: Tool, prompt: str) -> bool:
    schema = tool.parameters or NO_PARAMETERS
    try:
        return Filler(schema, Facts(prompt)).fill(schema).found
    except Unresolvable:
        return False


def _argument_sets(tool: Tool, prompt: str) -> list[str]:
    """One set of arguments, or one for each of several cities, numbers or the like that fill the same parameter."""
    schema = tool.parameters or NO_PARAMETERS
    subject = _subject(tool, prompt)
    first = value_for(schema, prompt, subject=subject)
    name, values = _varied(schema, prompt)
    if name not in first or first[name] not in values:
        return [_text(first)]
    return [_text(first | {name: value}) for value in values[:MOST_CALLS]]


def _varied(schema: Schema, prompt: str) -> tuple[str, list[Any]]:
    """The one required parameter that is no list and for which the text has several values."""
    facts = Facts(prompt)
    properties = {
        name: resolve(schema.get("properties", {}).get(name, {}), schema) for name in schema.get("required", ())
    }
    kinds_there = [types(part) for part in properties.values()]
    for name, part in properties.items():
        if kinds_there.count(types(part)) > 1:
            continue
        filler = Filler(schema, facts)
        if "enum" in part:
            values = filler.named(part["enum"])
        elif types(part) in (["string"], ["integer"], ["number"]):
            values = filler.everything(part, name)
        else:
            continue
        if len(values) > 1:
            return name, values
    return "", []


def _subject(tool: Tool, prompt: str) -> str:
    """What is left of the prompt without everyday words and without those that the tool is known by.

    Words that the tool's own descriptions give as examples come before all others.
    """
    known = {stem(word) for word in name_words(tool.name)} | {stem(word) for word in [*VERBS, *DEALINGS]}
    plain = re.findall(r"[^\W\d_][\w'’-]*", prompt[:400])
    telling = [word for word in plain if stem(word.lower()) not in known and word.lower() not in COMMON]
    telling = [word for word in telling if number(word.lower()) is None]
    parts = [part for part in _properties(tool).values() if isinstance(part, dict)]
    given = {stem(word) for part in parts for word in words(str(part.get("description", "")))}
    return " ".join([word for word in telling if stem(word.lower()) in given][:6] or telling[:6])


def _text(arguments: Any) -> str:
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
