"""Answers that are JSON: an object for the format that a request wants. Knows values and texts; knows no wire."""

import json
import re
from typing import Any

from labserver.providers.calling import question_and_results
from labserver.providers.filling import value_for
from labserver.providers.replies import reply
from labserver.providers.turn import Turn

KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes)\b[^\w\"'`]*(?:named|called|are|:)?\s*(?P<names>[\w\"'`]+(?:\s*(?:,|and|,\s*and)\s*[\w\"'`]+)*)",
    re.IGNORECASE,
)
NAME = re.compile(r"[A-Za-z_]\w*")
EXAMPLE_KEY = re.compile(r"[{,]\s*[\"']([A-Za-z_]\w*)[\"']\s*:")
MOST_KEYS = 20
MARKUP = re.compile(r"[`*]")


def written(turn: Turn) -> str:
    """The JSON text. Raises InvalidRequest for a schema that the mock cannot serve."""
    wanted = turn.request.format
    schema = dict(wanted.schema) if wanted and wanted.schema is not None else _object_asked_for(turn)
    facts = question_and_results(turn.request.messages)
    value: Any = value_for(schema, facts, speech=reply(turn))
    return json.dumps(value, ensure_ascii=False)


def _object_asked_for(turn: Turn) -> dict[str, Any]:
    """A schema for the keys that the messages name (`with the keys city and country`), or for an answer alone."""
    said = "\n".join(message.content for message in turn.request.messages if message.role != "assistant")[-4000:]
    found = EXAMPLE_KEY.findall(said) or [
        name for match in KEYS.finditer(MARKUP.sub("", said)) for name in NAME.findall(match["names"]) if name != "and"
    ]
    names = list(dict.fromkeys(found))[:MOST_KEYS] or ["answer"]
    counted = {"age", "count", "quantity", "number", "amount", "price", "total", "year", "minutes", "grams", "order_id"}
    properties = {name: {"type": "number" if name.lower() in counted else "string"} for name in names}
    return {"type": "object", "properties": properties, "required": names}
