"""An exchange or an outcome as text. Pure: knows no server; status in words, never by colour alone.

An exchange is shown byte-honestly: every header line that crossed is there, in order and as spelled, but for those of
EXTRA, which stand on every answer and show when they are asked for; line ends and bytes that are not text show as
escapes. What differs from machine to machine is shortened to `…`, and long runs of
chunks are folded, unless `raw` asks for everything. Keys never show.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from labkit.bytestream import Head, Piece, split
from labkit.exchange import Exchange, Frame
from labkit.outcome import Outcome

T = TypeVar("T")

MASKED_KEY = re.compile(r"\[key\*+\]")
WIDTH = 100
FIRST, LAST = 4, 3  # chunks shown before and after the fold
BODY_LINES = 8
CHANGING = frozenset(
    ["host", "date", "user-agent", "accept-encoding", "sec-websocket-key", "sec-websocket-accept", "origin"]
) | {
    "x-ratelimit-reset",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "retry-after-ms",
    "openai-processing-ms",
}
FAMILY = "x-stainless-"  # the openai SDK's own telemetry: a line for each, with the machine's name and versions
EXTRA = {
    "ratelimit": "x-ratelimit-",
    "timing": "openai-processing-ms",
}  # what a reader may ask to see -> how its header lines begin


def wire(exchange: Exchange, *, raw: bool = False, show: str = "") -> str:
    """The whole exchange, `→` for what the client sent and `←` for what the server sent, and how it ended.

    `show` is a name of EXTRA. Raises LookupError for another.
    """
    if show and show not in EXTRA:
        raise LookupError(f"There is nothing called {show!r} to show. There is: {', '.join(EXTRA)}.")
    hidden = () if raw else tuple(start for name, start in EXTRA.items() if name != show)
    lines = [*_request(exchange, raw), "", *_response(exchange, raw, hidden), "", _end(exchange)]
    return "\n".join(lines) if raw else keyless("\n".join(lines))


def rules(standing: Sequence[Mapping[str, Any]], table: Mapping[str, str]) -> str:
    """The rules in force, a line each, and the names of all faults: `cut;after=5  on /api/*, once`."""
    lines = [f"{rule['plan']}  on {rule['path']}, {_how_often(rule)}" for rule in standing] or ["no faults"]
    return "\n".join([*lines, "", "There are: " + ", ".join(table) + "."])


def _how_often(rule: Mapping[str, Any]) -> str:
    times = {None: "without end", 1: "once"}.get(rule["first"], f"{rule['first']} times")
    each = f", every {rule['every']}. answer" if rule["every"] > 1 else ""
    chance = f", with a chance of {rule['probability']:g}" if rule["probability"] is not None else ""
    ends = f", for {rule['ttl']:g} s" if rule["ttl"] is not None else ""
    return f"{times}{each}{chance}{ends}"


def keyless(text: str) -> str:
    """The journal masks a key at its full length; a reader needs less."""
    return MASKED_KEY.sub("[key]", text)


def _request(exchange: Exchange, raw: bool) -> list[str]:
    head, body = split(exchange.sent_by_client)
    return [*_head("→", head, raw), *_body("→", b"".join(data for _, data in body), raw)]


def _response(exchange: Exchange, raw: bool, hidden: tuple[str, ...]) -> list[str]:
    if not exchange.sent_by_server:
        return ["← (nothing)"]
    lines = _head("←", exchange.response, raw, hidden)
    if exchange.kind == "websocket" and exchange.frames:
        return [*lines, *_folded(exchange.frames, _frame, "frames", raw)]
    if exchange.chunked:
        return [*lines, *_folded(exchange.chunks, _chunk, "chunks", raw)]
    return [*lines, *_body("←", exchange.body, raw)]


def _head(arrow: str, head: Head, raw: bool, hidden: tuple[str, ...] = ()) -> list[str]:
    end = r"\r\n" if raw else ""
    lines = [f"{arrow} {head.start}{end}"]
    family = 0
    for name, value in head.headers:
        if name.lower().startswith(hidden):
            continue
        if name.lower().startswith(FAMILY) and not raw:
            family += 1
        else:
            shown = value if raw or name.lower() not in CHANGING else "…"
            lines.append(f"{arrow} {name}: {shown}{end}")
    if family:
        lines.append(f"{arrow} {FAMILY}…: (several lines in which the SDK describes itself)")
    return [*lines, f"{arrow} {end}".rstrip()]  # the empty line that ends every head


def _body(arrow: str, body: bytes, raw: bool) -> list[str]:
    text = escaped(body)
    if raw and text:
        return [f"{arrow} {text}"]
    width = WIDTH - 2
    rows = []
    while text:
        space = text.rfind(" ", width - 24, width) + 1 if len(text) > width else 0
        rows.append(text[: space or width])
        text = text[space or width :]
    if len(rows) > BODY_LINES:
        rows = [*rows[:BODY_LINES], f"… and more: {len(body)} bytes in all"]
    return [f"{arrow if number == 0 else ' '} {row}" for number, row in enumerate(rows)]


def _chunk(piece: Piece, raw: bool) -> str:
    data = escaped(piece[1])
    size = len(piece[1])
    return f"← chunk of {size} byte{'' if size == 1 else 's'}: {data if raw else middle_out(data, WIDTH - 24)}"


def _frame(frame: Frame, raw: bool) -> str:
    arrow = "→" if frame.direction == "received" else "←"
    mask = f", masked with {frame.mask}" if raw and frame.mask else ", masked" if frame.mask else ""
    code = f" {frame.close_code}" if frame.close_code else ""
    payload = (
        frame.payload[2:] if frame.opcode == "close" else b"" if frame.opcode in ("ping", "pong") else frame.payload
    )
    text = escaped(payload)
    shown = f": {text if raw else middle_out(text, WIDTH - 38)}" if text else ""
    return f"{arrow} {frame.opcode} frame{code} of {frame.size} bytes{mask}{shown}"


def _folded(items: Sequence[T], show: Callable[[T, bool], str], noun: str, raw: bool) -> list[str]:
    if raw or len(items) <= FIRST + LAST + 1:
        return [show(item, raw) for item in items]
    hidden = len(items) - FIRST - LAST
    first, last = (show(item, raw) for item in items[:FIRST]), (show(item, raw) for item in items[-LAST:])
    return [*first, f"  … {hidden} more {noun} …", *last]


def _end(exchange: Exchange) -> str:
    fault = f" ({exchange.fault})" if exchange.fault else ""
    how = "still open" if exchange.ended is None else exchange.ended
    rest = f"; {exchange.dropped} more bytes crossed than the journal keeps" if exchange.dropped else ""
    return f"= {how}{fault}; request {exchange.nth} on connection {exchange.connection}{rest}"


def escaped(data: bytes) -> str:
    r"""Bytes as readable text on one line: UTF-8, with escapes for what is not text, and `\\` for a backslash.

    Two different byte strings never read the same, but for keys: those all read `[key]`.
    """
    text = "".join(_visible(letter) for letter in data.decode("utf-8", "surrogateescape"))
    return keyless(text)


def _visible(letter: str) -> str:
    if letter == "\\":
        return r"\\"
    if "\udc80" <= letter <= "\udcff":  # a byte that is not UTF-8 here
        return f"\\x{ord(letter) - 0xDC00:02x}"
    if "\x80" <= letter <= "\xff" and not letter.isprintable():
        return f"\\u{ord(letter):04x}"  # `\x85` would be the byte
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


def middle_out(text: str, width: int) -> str:
    """The beginning and, mostly, the end: in a chunk of JSON the news stands at the end."""
    if len(text) <= width:
        return text
    first = width // 6
    return f"{text[:first]} … {text[-(width - first - 3) :]}"


MARKS = {
    "passed": "PASSED",
    "not started": "NOT STARTED",
    "wrong": "NOT YET",
    "crashed": "CRASHED",
    "blocked": "BLOCKED",
}


PRINTED_LINES = 12


def card(outcome: Outcome) -> str:
    """An outcome as a card of plain text: status in words first, one thing to try last."""
    lines = [f"{outcome.exercise}  {MARKS[outcome.status]}  {outcome.summary}"]
    for label, said, quoted in sections(outcome):
        lines += [f"  {label}", *_indented(said.split("\n"))] if quoted else [f"  {label} {said}"]
    return "\n".join(lines)


def sections(outcome: Outcome) -> list[tuple[str, str, bool]]:
    """What a card says under its first line, in order: (label, words, whether they are quoted line by line)."""
    found = (
        ("expected:", outcome.expected, False),
        ("seen:", outcome.seen, False),
        ("on the wire:", outcome.proof, True),
        ("your code printed:", _printed(outcome.printed), True),
        ("your code printed to stderr:", _printed(outcome.complained), True),
        ("next:", outcome.look, False),
    )
    return [row for row in found if row[1]]


def _printed(text: str) -> str:
    """The first lines of it, without what would move a terminal's cursor."""
    lines = ["".join(map(_visible, line.replace("\t", "    "))) for line in text.rstrip().split("\n")]
    shown = lines[:PRINTED_LINES]
    return "\n".join([*shown, *([f"… and {len(lines) - len(shown)} more lines"] if len(lines) > len(shown) else [])])


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}".rstrip() for line in lines]
