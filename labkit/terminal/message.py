"""What a reader typed after `wirelab send`, as one request. Pure: knows the words and their cures; sends nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labkit.terminal.target import Trouble

METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
KINDS = (*METHODS, "chat", "sse", "ws")
CHAT = "/v1/chat/completions"
MODEL = "gpt-4o-mini"
EXAMPLES = """
  wirelab send get /shop/products
  wirelab send post /api/v1/query -d '{"query": "What is tea?"}'
  wirelab send chat "What is tea?"
  wirelab send sse /api/v1/query/stream -d '{"query": "What is tea?"}'
  wirelab send ws /api/v1/query/ws '{"query": "What is tea?"}'"""


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is one of KINDS; `body` is what a request carries, `said` what goes over a WebSocket, in turn."""

    kind: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    said: tuple[str, ...] = ()


def read(
    kind: str, where: str, said: Sequence[str], *, data: str | None, headers: Sequence[str], fault: str, pace: str
) -> Message:
    """Raises Trouble with the right way to say it."""
    kind = kind.lower()
    if kind not in KINDS:
        raise Trouble(f"{kind!r} is nothing that can be sent. There is: {', '.join(KINDS)}. For example:{EXAMPLES}")
    fields = [_field(header) for header in headers]
    fields += [(name, value) for name, value in (("x-lab-fault", fault), ("x-lab-pace", pace)) if value]
    names = {name.lower() for name, _ in fields}
    if kind == "chat":
        question = " ".join([where, *said])
        asked: dict[str, Any] = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": question}]}
        if data is not None:
            asked |= _settings(data)
        fields += [("content-type", "application/json"), ("accept", "text/event-stream")]
        return Message(kind, "POST", CHAT, tuple(fields), json.dumps(asked).encode())
    if not where.startswith("/"):
        raise Trouble(f"After {kind} comes a path of the lab server, such as /shop/products, not {where!r}.")
    if said and kind != "ws":
        raise Trouble(f"Only ws takes messages after the path; what {kind} carries is said with -d.")
    if kind == "ws":
        if data is not None:
            raise Trouble("A WebSocket takes its messages after the path: wirelab send ws /ws/echo 'hello' 'again'")
        return Message(kind, "GET", where, tuple(fields), b"", tuple(said))
    if data is not None and "content-type" not in names:
        _json(data)
        fields.append(("content-type", "application/json"))
    if kind == "sse" and "accept" not in names:
        fields.append(("accept", "text/event-stream"))
    method = ("GET" if data is None else "POST") if kind == "sse" else kind.upper()
    return Message(kind, method, where, tuple(fields), (data or "").encode())


def _field(header: str) -> tuple[str, str]:
    name, colon, value = header.partition(":")
    if not colon or not name.strip() or not name.isascii() or any(letter in header for letter in "\r\n"):
        raise Trouble(f"--header is a name, a colon and a value, such as 'accept: text/plain', not {header!r}.")
    return name.strip(), value.strip()


def _json(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError as wrong:
        raise Trouble(
            f'-d is no JSON: {wrong}. Put it in single quotes: -d \'{{"query": "tea"}}\'. To send something else on '
            "purpose, name its type: --header 'content-type: text/plain'."
        ) from None


def _settings(data: str) -> dict[str, Any]:
    told = _json(data)
    if not isinstance(told, dict):
        raise Trouble("After chat, -d holds further settings as an object: -d '{\"max_tokens\": 20}'.")
    return told
