"""One recorded answer, as a text that a person can read and edit, and back. Knows lines and their order; opens no file.

JSON Lines: what was asked, then each event with its moment, then the bill or the error that ended it. A text that stops
before that is torn.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from labserver import __version__
from labserver.errors import BadRecording, LabError
from labserver.events import ChatRequest, Delta, StreamEvent, Text, ToolCall
from labserver.providers.erasing import erased
from labserver.providers.tape_lines import EVENT, Header, as_line, header_of
from labserver.providers.tape_order import check
from labserver.providers.timing import Row

MOST_BYTES = 1024 * 1024
MOST_EVENTS = 20_000


@dataclass(frozen=True, slots=True)
class Tape:
    name: str
    about: Header
    rows: tuple[Row, ...]

    @property
    def failed(self) -> bool:
        return isinstance(self.rows[-1].said, LabError)

    @property
    def question(self) -> str:
        """The last thing that a person said, on one line."""
        asked = [one.content for one in self.about.messages if one.role == "user"] or [self.about.messages[-1].content]
        return " ".join(asked[-1].split())


def written(
    request: ChatRequest, rows: Sequence[Row], provider: str, answered_by: str = "", secrets: Sequence[str] = ()
) -> str:
    """The text of a recording: nothing that looks like a key, and none of `secrets`, is in it."""
    about = {"recorded": datetime.now(UTC).isoformat(timespec="seconds"), "by": __version__, "provider": provider}
    about |= {"answered_by": answered_by} if answered_by else {}
    lines = [header_of(request, about), *(as_line(*row) for row in _erased(rows, secrets))]
    return "".join(f"{json.dumps(_told(line, secrets), ensure_ascii=False)}\n" for line in lines)


def _told(value: Any, secrets: Sequence[str]) -> Any:
    """The same JSON, each of its texts without secrets."""
    match value:
        case str():
            return erased([value], secrets)[0]
        case dict():
            return {_told(name, secrets): _told(part, secrets) for name, part in value.items()}
        case list() | tuple():
            return [_told(part, secrets) for part in value]
    return value


def _erased(rows: Sequence[Row], secrets: Sequence[str]) -> Iterator[Row]:
    """A secret may come in several deltas, so they are read as one text; each keeps its length."""
    spoken: dict[tuple[int, int], list[int]] = {}
    for place, (_, said) in enumerate(rows):
        if isinstance(said, Delta):
            spoken.setdefault((said.index, said.call if isinstance(said, ToolCall) else -1), []).append(place)
    clean: dict[int, str] = {}
    for places in spoken.values():
        clean |= zip(places, erased([_words(rows[place].said) for place in places], secrets), strict=True)
    for place, row in enumerate(rows):
        words = clean.get(place)
        yield row if words is None or words == _words(row.said) else Row(row.at, _saying(row.said, words))


def _words(said: StreamEvent | LabError) -> str:
    return said.text if isinstance(said, Text) else said.arguments if isinstance(said, ToolCall) else ""


def _saying(said: StreamEvent | LabError, words: str) -> StreamEvent:
    """The odds go with the words: they spell them."""
    if isinstance(said, ToolCall):
        return ToolCall(said.name, words, said.call, said.index)
    assert isinstance(said, Text)
    return Text(words, said.index)


def read(data: bytes, name: str) -> Tape:
    """Raises BadRecording: one line that says which line is wrong, and how."""
    if len(data) > MOST_BYTES:
        raise BadRecording(f"it is larger than {MOST_BYTES:,} bytes")
    try:
        lines = data.decode().split("\n")  # and at nothing else that Unicode takes for the end of a line
    except UnicodeDecodeError as error:
        raise BadRecording("it is no UTF-8 text") from error
    told = [(number, _json(line, number)) for number, line in enumerate(lines, 1) if line.strip()]
    if not told:
        raise BadRecording("it is empty")
    if len(told) - 1 > MOST_EVENTS:
        raise BadRecording(f"it has more than {MOST_EVENTS:,} events")
    about = _header(told[0][1])
    rows = tuple(_row(number, line) for number, line in told[1:])
    check(zip([number for number, _ in told[1:]], rows, strict=True), about.n)
    return Tape(name, about, rows)


def _json(line: str, number: int) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRecording(f"line {number} is no JSON: is it torn?") from error
    if not isinstance(told, dict):
        raise BadRecording(f"line {number} is no JSON object")
    return told


def _header(told: dict[str, Any]) -> Header:
    if told.get("wirelab") != "recording":
        raise BadRecording('it is no recording: its first line lacks "wirelab": "recording"')
    if told.get("version") != 1:
        raise BadRecording(f"it is of version {told.get('version')!r}, and this Wirelab plays version 1")
    try:
        return Header.model_validate(told)
    except ValidationError as error:
        raise BadRecording(f"line 1: {_first(error)}") from error


def _row(number: int, told: dict[str, Any]) -> Row:
    try:
        line = EVENT.validate_python(told)
    except ValidationError as error:
        raise BadRecording(f"line {number}: {_first(error)}") from error
    return Row(line.at, line.said())


def _first(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    return f"{where + ': ' if where else ''}{problem['msg']}"
