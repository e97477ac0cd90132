"""One exchange as plain JSON, with every credential blotted out. Knows exchanges and frames; knows no journal.

Bytes leave as latin-1 text, one character per byte, which JSON carries unharmed and `.encode("latin-1")` turns back.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from labserver import credentials, frames
from labserver.exchange import Exchange
from labserver.message import unchunked
from labserver.redaction import blot, is_cut, mask, redact
from labserver.reel import Segment

DATA = ("text", "binary", "continuation")
RETRY_COUNT = re.compile(rb"\r\nx-stainless-retry-count:[ \t]*(\d{1,6})[ \t]*\r\n", re.IGNORECASE)


def record(number: int, connection: int, exchange: Exchange) -> dict[str, Any]:
    """One exchange as JSON. `connection` counts from 1 within the sandbox; `reused` says it had carried one before.

    `request` and `response` are lists of [seconds, bytes as latin-1]; a WebSocket's bytes after its handshake are
    `frames` instead, and `unfinished` counts the bytes of a last frame that never became whole. `ended` is null while
    it is open; `left_after` is how many pieces of body were written before the client left, else null. `produced`
    counts the deltas that the model made, `produced_after` those of them made after the end. `credentials` tells which
    were presented, each with its place (`in`), kind, id and, for a token, its `jti`; never the credential itself.
    `carried` names every part of the head that may be anybody's credential: `authorization`, `cookie`, `?key`, ...
    """
    secrets = _secrets(exchange)
    received, sent = list(exchange.received), list(exchange.sent)
    head = b"".join(data for _, data in split_head(received)[0])
    received, sent = redact(received, secrets), redact(sent, secrets)
    retry = RETRY_COUNT.search(b"".join(data for _, data in split_head(received)[0]))
    shown: list[dict[str, Any]] = []
    unfinished = {"received": 0, "sent": 0}
    if exchange.websocket and exchange.status == 101:
        received, after_request = split_head(received)
        sent, after_answer = split_head(sent)
        for direction, pieces in (("received", after_request), ("sent", after_answer)):
            reader = frames.Reader()
            read = [frame for at, data in pieces for frame in reader.feed(at, data)]
            veiled = exchange.veiled and direction == "received"
            shown += _frames(direction, _veiled(read) if veiled else read, secrets)
            unfinished[direction] = len(reader.rest)
        shown.sort(key=lambda frame: frame["at"])
    return {
        "number": number,
        "kind": "websocket" if exchange.websocket else "http",
        "malformed": exchange.malformed,
        "connection": connection,
        "nth": exchange.nth,
        "reused": exchange.nth > 1,
        "overlap": exchange.overlap,
        "opened": exchange.opened,
        "retry_count": int(retry[1]) if retry else None,
        "carried": credentials.names_in(head),
        "credentials": list(exchange.credentials),
        "status": exchange.status,
        "request": _export(received),
        "response": _export(sent),
        "frames": shown,
        "unfinished": unfinished,
        "unread": exchange.unread,
        "writes": exchange.writes,
        "dropped": exchange.dropped,
        "ended": exchange.ended,
        "seconds": exchange.seconds,
        "left_after": exchange.left_after,
        "fault": exchange.fault,
        "produced": exchange.produced,
        "produced_after": exchange.produced_after,
    }


def _secrets(exchange: Exchange) -> tuple[bytes, ...]:
    """Those that are known, and those that the request's own bytes hold, chunked or not."""
    if exchange.sift is None:
        return exchange.secrets
    raw = b"".join(data for _, data in exchange.received)
    _, _, body = raw.partition(b"\r\n\r\n")
    found = {*exchange.secrets, *exchange.sift(raw), *exchange.sift(unchunked(body))}
    return tuple(sorted(found, key=len, reverse=True))


def _veiled(read: list[frames.Frame]) -> list[frames.Frame]:
    """What a client said that nobody has judged yet, at its length only."""
    return [replace(frame, payload=mask(frame.payload)) if frame.opcode in DATA else frame for frame in read]


def split_head(segments: list[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Cut the pieces after the first blank line: the handshake, and what came after it."""
    seen = b""
    for index, (at, data) in enumerate(segments):
        seen += data
        end = seen.find(b"\r\n\r\n")
        if end >= 0:
            here = len(data) - (len(seen) - (end + 4))
            tail = [(at, data[here:])] if data[here:] else []
            return [*segments[:index], (at, data[:here])], tail + segments[index + 1 :]
    return segments, []


def _frames(direction: str, read: list[frames.Frame], secrets: tuple[bytes, ...]) -> list[dict[str, Any]]:
    """The frames of one direction. A secret that was cut over the fragments of a message moves into its first one."""
    payloads = [frame.payload for frame in read]
    data = [index for index, frame in enumerate(read) if frame.opcode in DATA]
    if is_cut([payloads[index] for index in data], secrets):
        joined = b"".join(payloads[index] for index in data)
        for index in data:
            payloads[index] = b""
        payloads[data[0]] = joined
    return [frame_as_json(direction, frame, blot(data, secrets)) for frame, data in zip(read, payloads, strict=True)]


def frame_as_json(direction: str, frame: frames.Frame, payload: bytes) -> dict[str, Any]:
    return {
        "at": frame.at,
        "direction": direction,
        "opcode": frame.opcode,
        "fin": frame.fin,
        "rsv": frame.rsv,
        "mask": frame.mask.hex() if frame.mask else None,
        "payload": payload.decode("latin-1"),
        "size": frame.size,
        "close_code": frame.close_code,
    }


def _export(segments: Iterable[Segment]) -> list[tuple[float, str]]:
    return [(at, data.decode("latin-1")) for at, data in segments]
