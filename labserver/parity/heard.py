"""One answer of a provider, whole: status, headers, bytes, and what they spell. Knows SSE and JSON; asks nobody."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from labserver import sse
from labserver.parity.verdict import Differs, NotOffered, expect

CANNOT = frozenset({400, 404, 405, 422, 501})  # how providers say that they do not know a parameter or a path
SHOWN = 160  # characters of what was seen
DONE = "[DONE]"


@dataclass
class Heard:
    """`headers` by lower-case name; `whole` is False where the connection broke before HTTP's own end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool = True
    sought: str = field(default="", kw_only=True)  # what was asked, for what is told of it

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """Raises Differs."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Differs(f"the answer to {self.sought} is no JSON: {short(self.text)}") from None

    @cached_property
    def events(self) -> list[sse.ServerSentEvent]:
        return list(sse.Decoder().feed(self.body))

    @cached_property
    def chunks(self) -> list[dict[str, Any]]:
        """The data of each event but `[DONE]`. Raises Differs where one is no JSON object, or tells of an error."""
        self.fine()
        expect(self.whole, f"the connection broke after {len(self.events)} events")
        read = [_object(event.data) for event in self.events if event.data != DONE]
        broken = next((one["error"] for one in read if one.get("error")), None)
        expect(broken is None, f"an error in the middle of the stream: {short(broken)}")
        expect(read, f"no event at all, but {short(self.text)}")
        return read

    def fine(self) -> "Heard":
        """Raises Differs for a status other than 200."""
        expect(self.status == 200, f"{self.sought} was answered {self.status}: {short(self.complaint)}")
        return self

    def offered(self) -> "Heard":
        """The same, where the provider may say that it does not do this at all. Raises NotOffered, or Differs."""
        if self.status in CANNOT:
            raise NotOffered(f"{self.sought} was answered {self.status}: {short(self.complaint)}")
        return self.fine()

    @property
    def complaint(self) -> str:
        """The words of an error, whatever its shape."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return self.text
        error = said.get("error", said) if isinstance(said, dict) else said
        return str(error.get("message", error)) if isinstance(error, dict) else str(error)


def choices(chunks: Sequence[dict[str, Any]], index: int = 0) -> list[dict[str, Any]]:
    """One choice's part in each chunk that has one and is no bill."""
    spoken = (choice for chunk in chunks if not chunk.get("usage") for choice in chunk.get("choices") or ())
    return [choice for choice in spoken if choice.get("index", 0) == index]


def said(chunks: Sequence[dict[str, Any]], index: int = 0) -> list[str]:
    """The deltas that have words."""
    deltas = (choice.get("delta") or {} for choice in choices(chunks, index))
    return [delta["content"] for delta in deltas if delta.get("content")]


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(sign for sign in " ".join(text.split()) if sign.isprintable())  # no commands to a terminal
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _object(data: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError:
        raise Differs(f"an event whose data is no JSON: {short(data)}") from None
    if not isinstance(value, dict):
        raise Differs(f"an event whose data is no object: {short(data)}")
    return value
