"""What may follow what in a recording, so that every surface can tell it again. Knows events; knows no file."""

from collections import Counter
from collections.abc import Iterable

from labserver.errors import BadRecording, LabError
from labserver.events import End, Start, Text, ToolCall, Usage
from labserver.providers.timing import Row


def check(rows: Iterable[tuple[int, Row]], n: int) -> None:
    """Rows come with the numbers of their lines. Raises BadRecording with the first thing that is wrong."""
    before, begun, finished = 0.0, False, False
    over, calls = set[int](), Counter[int]()
    for number, (at, said) in rows:
        if finished:
            raise _wrong(number, "nothing may follow a line of kind usage or error")
        if at < before:
            raise _wrong(number, f"at {at:g} is earlier than the line above it")
        if isinstance(said, Start) == begun and not isinstance(said, LabError):
            raise _wrong(number, "this is a second start" if begun else "the first event must be a start, or an error")
        if isinstance(said, Text | ToolCall | End) and (said.index >= n or said.index in over):
            raise _wrong(number, f"choice {said.index} has ended, or was not asked for")
        if isinstance(said, ToolCall):
            _check_call(number, said, calls)
        if isinstance(said, End):
            over.add(said.index)
        if isinstance(said, Usage) and len(over) < n:
            raise _wrong(number, "each choice needs a line of kind end before the usage")
        before, begun, finished = at, True, isinstance(said, Usage | LabError)
    if not finished:
        raise BadRecording("it stops before its last line, which is a usage or an error: is it torn?")


def _check_call(number: int, said: ToolCall, calls: Counter[int]) -> None:
    if bool(said.name) == bool(said.arguments):
        raise _wrong(number, "a tool_call has a name, or a piece of its arguments: one of the two")
    if (said.name and said.call != calls[said.index]) or (said.arguments and said.call >= calls[said.index]):
        raise _wrong(number, "tool calls are numbered from 0, and each begins with its name")
    calls[said.index] += bool(said.name)


def _wrong(number: int, what: str) -> BadRecording:
    return BadRecording(f"line {number}: {what}")
