"""One event of the journal's tail as a line: what happened, in words. Pure: knows no socket and no terminal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from labkit.render import escaped, keyless, middle_out
from labkit.terminal.paint import of_end, of_status
from labkit.terminal.target import Trouble

STATUS = re.compile("|[1-5](?:[0-9]{2}|xx)")
Parts = tuple[tuple[str, str], ...]
WIDTH = 90  # characters of a piece that are shown: the beginning and, mostly, the end; `--json` has all
ABOUT = ("opened", "head", "chunk", "frame", "ended")  # these tell of one exchange


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which exchanges are told of: all conditions hold together. `status` is a number or a class such as `4xx`."""

    path: str = "*"
    status: str = ""
    kind: str = ""

    def opened(self, data: Mapping[str, Any]) -> bool:
        target = str(data["request_line"]).split(" ")
        path = (target[1] if len(target) > 1 else "").partition("?")[0]
        return fnmatchcase(path, self.path) and self.kind in ("", data["kind"])

    def answered(self, status: int | None) -> bool:
        said = str(status or "")
        return not self.status or said == self.status or (self.status.endswith("xx") and said[:1] == self.status[0])


def wanted(path: str, status: str, kind: str) -> Wanted:
    """As it was typed. Raises Trouble for what no exchange could be."""
    if not STATUS.fullmatch(status):
        raise Trouble(f"--status is a number such as 429 or a class such as 4xx, not {status!r}.")
    if kind not in ("", "http", "websocket"):
        raise Trouble(f"--kind is http or websocket, not {kind!r}.")
    return Wanted(path, status, kind)


@dataclass(slots=True)
class Listener:
    """Lets through what is wanted. Where a status is asked for, an exchange waits for its answer's head first."""

    wanted: Wanted
    _waiting: dict[int, list[tuple[str, Mapping[str, Any]]]]
    _told: set[int]

    @classmethod
    def of(cls, wanted: Wanted) -> "Listener":
        return cls(wanted, {}, set())

    def hear(self, name: str, data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
        """The events that may be told now. Exchanges that opened before we listened are not told of by halves."""
        if name not in ABOUT:
            return [(name, data)]
        number = data["number"]
        if name == "opened" and self.wanted.opened(data):
            if not self.wanted.status:
                self._told.add(number)
            else:
                self._waiting[number] = []
        if number in self._waiting:
            self._waiting[number].append((name, data))
            if name not in ("head", "ended"):
                return []
            waited = self._waiting.pop(number)
            if name == "ended" or not self.wanted.answered(data["status"]):
                return []
            self._told.add(number)
            return waited
        if number not in self._told:
            return []
        if name == "ended":
            self._told.discard(number)
        return [(name, data)]


def line(name: str, data: Mapping[str, Any]) -> Parts:
    """(words, style) in a row."""
    told = TOLD.get(name)
    return told(data) if told else ((f"     {name}", "quiet"),)


def _opened(data: Mapping[str, Any]) -> Parts:
    known = f"request {data['nth']} on connection {data['connection']}"
    again = f", retry {data['retry_count']}" if data["retry_count"] else ""
    return _number(data), (f"→ {_text(data['request_line'])}", "asked"), (f"   {known}{again}", "quiet")


def _head(data: Mapping[str, Any]) -> Parts:
    start = data["text"].partition("\r\n")[0]
    kind = next((row for row in data["text"].split("\r\n") if row.lower().startswith("content-type:")), "")
    said = (f"← {_text(start)}", of_status(data["status"]))
    return _number(data), said, (f"   {_text(kind)}", "quiet"), _at(data)


def _chunk(data: Mapping[str, Any]) -> Parts:
    size = f"{data['size']} byte{'' if data['size'] == 1 else 's'}"
    return _number(data), (f"← piece {data['index']}, {size}: ", "said"), (_short(data["text"]), ""), _at(data)


def _frame(data: Mapping[str, Any]) -> Parts:
    came = data["direction"] == "received"
    code = f" {data['close_code']}" if data["close_code"] else ""
    payload = data["payload"][2:] if data["opcode"] == "close" else data["payload"]
    what = f"{'→' if came else '←'} {data['opcode']} frame{code}, {data['size']} bytes"
    return (
        _number(data),
        (f"{what}: " if payload else what, "asked" if came else "said"),
        (_text(payload), ""),
        _at(data),
    )


def _ended(data: Mapping[str, Any]) -> Parts:
    left = f" after piece {data['left_after']}" if data["left_after"] is not None else ""
    took = f" after {data['seconds']:.3f} s" if data["seconds"] is not None else ""
    return _number(data), (f"= {data['ended']}{left}", of_end(data["ended"])), (took, "quiet")


def _missed(data: Mapping[str, Any]) -> Parts:
    if data["count"] is None:
        return (("     the lab server began anew: what happened before is gone", "warned"),)
    return ((f"     missed {data['count']} events: they came faster than this terminal reads", "warned"),)


def _farewell(data: Mapping[str, Any]) -> Parts:
    return ((f"     the lab server says goodbye: {data['why']}", "warned"),)


def _reset(_: Mapping[str, Any]) -> Parts:
    return (("     the sandbox was reset; numbers begin again at 1", "warned"),)


def _number(data: Mapping[str, Any]) -> tuple[str, str]:
    return f"{'#' + str(data['number']):>5} ", "quiet"


def _at(data: Mapping[str, Any]) -> tuple[str, str]:
    return f"   +{data['at']:.3f} s", "quiet"


def _short(latin: str) -> str:
    return middle_out(_text(latin), WIDTH)


def _text(latin: str) -> str:
    """Bytes that came as latin-1, one character a byte, on one line."""
    return escaped(keyless(latin).encode("latin-1", "replace"))


TOLD = {
    "opened": _opened,
    "head": _head,
    "chunk": _chunk,
    "frame": _frame,
    "ended": _ended,
    "missed": _missed,
    "farewell": _farewell,
    "reset": _reset,
}
