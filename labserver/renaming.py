"""A field of a JSON answer under another name. Knows JSON and ASGI messages; knows no surface. A leaf.

A surface that tags its answers (ETag) renames before it tags; every other answer is renamed on its way out, head and
length with it.
"""

import json
import re
from typing import Any

from starlette.types import Message, Send

IS_JSON = re.compile(rb"application/([\w.-]+\+)?json\b", re.IGNORECASE)


def renamed(value: Any, field: str, to: str) -> Any:
    """The same value, `field` called `to` at every depth, in its old place; where there is a `to` already, it stays."""
    if isinstance(value, list):
        return [renamed(one, field, to) for one in value]
    if not isinstance(value, dict):
        return value
    taken = to in value
    return {to if name == field and not taken else name: renamed(one, field, to) for name, one in value.items()}


class Renamed:
    """A `send` that holds a whole JSON answer back until it is renamed; all others pass as they are."""

    def __init__(self, send: Send, field: str, to: str) -> None:
        self._send = send
        self._names = field, to
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_plain_json(message):
            self._start = message
        elif self._start is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._leave(self._start)
        else:
            await self._send(message)

    async def _leave(self, start: Message) -> None:
        try:
            value = renamed(json.loads(self._body), *self._names)
            body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        except (ValueError, RecursionError):  # it calls itself JSON and is none
            body = self._body
        length = (b"content-length", str(len(body)).encode())
        headers = [length if name == b"content-length" else (name, said) for name, said in start["headers"]]
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _is_plain_json(start: Message) -> bool:
    """JSON, of known length and not packed: one that its surface packed, it renamed too."""
    fields = dict(start["headers"])
    is_json = IS_JSON.match(fields.get(b"content-type", b"")) is not None
    return is_json and b"content-encoding" not in fields and b"content-length" in fields
