"""Whether two requests ask the same, for a recording to be found again. Knows requests; knows no recording.

The same is: the last question and what came after it (calls, results), the tools, the format, the number of choices.
Spaces and line ends do not count, nor do ids of calls, the seed, the temperature and where an answer has to stop. What
was said before the question counts only where two recordings fit.
"""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from labserver.events import ChatRequest, Message
from labserver.providers.erasing import erased


@dataclass(frozen=True, slots=True)
class Likeness:
    """`turn` is the last question and what follows it, `before` what was said until then."""

    turn: str
    tools: str
    format: str
    n: int
    before: str = ""

    @property
    def asked(self) -> tuple[str, str, str, int]:
        """What must be the same."""
        return self.turn, self.tools, self.format, self.n

    def differs_from(self, other: "Likeness") -> str:
        """In what way a recording of the same question does not fit; empty where it is another question."""
        if self.turn != other.turn:
            return ""
        parts = {
            "tools": self.tools == other.tools,
            "response_format": self.format == other.format,
            "n": self.n == other.n,
        }
        return " and ".join(name for name, same in parts.items() if not same)


def likeness(request: ChatRequest) -> Likeness:
    messages = request.messages
    since = max((at for at, message in enumerate(messages) if message.role == "user"), default=0)
    tools = sorted(_canonical([tool.name, dict(tool.parameters or {})]) for tool in request.tools)
    wanted = None if request.format is None else {"schema": request.format.schema and dict(request.format.schema)}
    return Likeness(
        _spoken(messages[since:]), _canonical(tools), _canonical(wanted), request.n, _spoken(messages[:since])
    )


def _spoken(messages: Sequence[Message]) -> str:
    return _canonical(
        [
            [one.role, plain(one.content), [[call.name, _arguments(call.arguments)] for call in one.calls], one.images]
            for one in messages
        ]
    )


def plain(text: str) -> str:
    """In one form of Unicode, with one space wherever there is any, and as a recording would hold it."""
    return " ".join(unicodedata.normalize("NFC", erased([text])[0]).split())


def _arguments(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return plain(text)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
