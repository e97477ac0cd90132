"""Exchanges as lanes to draw: what crossed when, what each piece says, where a fault struck. Pure.

A lane is plain JSON. Its `ticks` are the request, the answer's head, and one for every chunk (or piece, where the
body is not chunked) or WebSocket frame, in the order in which the server saw them. Times are seconds since the request
began.
"""

import re
from collections.abc import Iterator
from typing import Any

from labkit import bytestream
from labkit.bytestream import Head, Piece
from labkit.exchange import Exchange, Frame
from labkit.render import escaped
from labkit.widgets.strikes import strikes

Tick = dict[str, Any]
MOST_SHOWN = 4_000  # bytes of one piece
BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
OPCODES = {"continuation": 0, "text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}  # RFC 6455, section 5.2


def lane(exchange: Exchange, name: str = "") -> dict[str, Any]:
    """One exchange; `name` stands for its method and target.

    `asked` is when its request was whole, `first` when the waiting was over: the first words, else the first byte of a
    body, else of an answer; the end where nothing came.
    """
    noun, pieces = _pieces(exchange)
    head = [_request(exchange), *_answer_head(exchange)]
    ticks = [*head, *pieces]
    end = exchange.seconds if exchange.seconds is not None else max(tick["at"] for tick in ticks)
    return {
        "name": name or f"{exchange.method} {exchange.target}",
        "status": str(exchange.status or "no answer"),
        "ended": exchange.ended or "still open",
        "counted": f"{len(pieces)} {noun}{'' if len(pieces) == 1 else 's'}",
        "opened": exchange.opened,
        "asked": _whole(exchange),
        "first": _first(exchange, end),
        "end": end,
        "ticks": ticks,
        "faults": [{"at": strike.at, "says": strike.says} for strike in strikes(exchange)],
        "dropped": exchange.dropped,
    }


def says(lane: dict[str, Any]) -> str:
    """A lane in a line, without anything that a run decides: no time is in it."""
    fault = "".join(f", {fault['says']}" for fault in lane["faults"])
    return f"{lane['name']} → {lane['status']}, {lane['counted']}, {lane['ended']}{fault}"


def _whole(exchange: Exchange) -> float:
    """When the request's last byte was in; on a WebSocket, its head's."""
    pieces = exchange.sent_by_client
    return pieces[0][0] if exchange.kind == "websocket" else max((at for at, _ in pieces), default=0.0)


def _first(exchange: Exchange, end: float) -> float:
    """When there was something to read. A head is nothing, and so is a `start` message before the first words."""
    words = [at for at, _ in exchange.deltas]
    said = [frame.at for frame in exchange.frames if frame.direction == "sent"] or [at for at, _ in exchange.chunks]
    return next(iter([*words[:1], *said[:1], *(at for at, _ in exchange.sent_by_server[:1]), end]))


def _request(exchange: Exchange) -> Tick:
    data = b"".join(data for _, data in exchange.sent_by_client)
    if exchange.kind == "websocket":
        data = data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return _tick(0.0, "request", "the request", data, _headers(exchange.request))


def _answer_head(exchange: Exchange) -> Iterator[Tick]:
    if exchange.sent_by_server:
        data = b"".join(data for _, data in exchange.sent_by_server)
        head = data.partition(b"\r\n\r\n")
        label = "the answer's head"
        yield _tick(exchange.sent_by_server[0][0], "head", label, head[0] + head[1], _headers(exchange.response))


def _headers(head: Head) -> list[list[str]]:
    return [["start line", escaped(head.start.encode("latin-1"))]] + [
        [name, escaped(value.encode("latin-1"))] for name, value in head.headers
    ]


def _pieces(exchange: Exchange) -> tuple[str, list[Tick]]:
    """What a piece is called, and a tick for each."""
    if exchange.kind == "websocket" and exchange.frames:
        count = len(exchange.frames)
        return "frame", [_frame(frame, f"frame {n} of {count}") for n, frame in enumerate(exchange.frames, 1)]
    noun = "chunk" if exchange.chunked else "piece"
    found = [piece for piece in exchange.chunks if piece[1]]  # an empty write is nothing on the wire
    labels = [f"{noun} {n} of {len(found)}" for n in range(1, len(found) + 1)]
    if exchange.response.get("content-type").startswith("text/event-stream"):
        read = list(_event_fields(found))
    else:
        read = [([], "")] * len(found)
    ticks = (
        _tick(at, "chunk", label, data, fields) | {"note": note}
        for (at, data), label, (fields, note) in zip(found, labels, read, strict=True)
    )
    return noun, list(ticks)


def _event_fields(chunks: list[Piece]) -> Iterator[tuple[list[list[str]], str]]:
    """For each chunk the fields of the events that it finishes, and a note where it leaves one unfinished."""
    rest = b""
    for _, data in chunks:
        carried, rest = len(rest), rest + data
        blanks = list(BLANK_LINE.finditer(rest))
        whole = rest[: blanks[-1].end()] if blanks else b""
        rest = rest[len(whole) :]
        notes = []
        if carried and whole:
            notes.append(f"{carried} bytes of the first event came in earlier chunks.")
        if rest:
            notes.append(f"{len(rest)} bytes belong to an event that is not finished yet.")
        yield [_field(line) for line in _lines(whole)], " ".join(notes)


def _lines(whole: bytes) -> list[bytes]:
    lines = bytestream.LINE_END.split(whole)
    return lines[:-1]


def _field(line: bytes) -> list[str]:
    if not line:
        return ["(empty line)", "the event is complete"]
    if line.startswith(b":"):
        return ["(comment)", escaped(line[1:].removeprefix(b" "))]
    name, _, value = line.partition(b":")
    return [escaped(name), escaped(value.removeprefix(b" "))]


def _frame(frame: Frame, label: str) -> Tick:
    """A frame's header in the order of its bits (RFC 6455, section 5.2)."""
    opcode = OPCODES.get(frame.opcode)
    fields = [
        ["direction", "client to server" if frame.direction == "received" else "server to client"],
        ["FIN", "1, the message ends here" if frame.fin else "0, the message goes on"],
        ["RSV", f"{frame.rsv:03b}"],
        ["opcode", frame.opcode if opcode is None else f"0x{opcode:X} {frame.opcode}"],
        ["MASK", f"1, with {frame.mask}" if frame.mask else "0"],
        ["payload length", f"{len(frame.payload)} bytes"],
        ["frame size", f"{frame.size} bytes"],
    ]
    if frame.close_code is not None:
        fields.append(["close code", str(frame.close_code)])
    return _tick(frame.at, frame.direction, f"{label}, {frame.opcode}", frame.payload, fields)


def _tick(at: float, kind: str, label: str, data: bytes, fields: list[list[str]]) -> Tick:
    more = f" … and {len(data) - MOST_SHOWN} more bytes" if len(data) > MOST_SHOWN else ""
    shown = escaped(data[:MOST_SHOWN]) + more
    return {"at": at, "kind": kind, "label": label, "size": len(data), "text": shown, "fields": fields, "note": ""}
