"""Records of the journal as an HTTP Archive. Knows HAR 1.2 and the journal's JSON; knows no socket. Pure.

Source: HAR 1.2 (W3C web performance group, 2012-08-14). WebSocket messages as Chromium's developer tools add them,
under `_webSocketMessages`; whatever else is ours begins with an underscore too, as the format asks.
"""

import base64
import json
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

from labserver import __version__
from labserver.message import Message, read

OPCODES = {"text": 1, "binary": 2, "close": 8, "ping": 9, "pong": 10}
TEXTUAL = (
    "text/",
    "application/json",
    "application/x-www-form-urlencoded",
    "application/javascript",
    "application/xml",
)


def archive(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    """The whole file in pieces, one entry a piece."""
    creator = {"name": "wirelab", "version": __version__}
    head = {"version": "1.2", "creator": creator, "pages": [], "comment": "as the server saw it; keys are blotted out"}
    yield '{"log": ' + json.dumps(head)[:-1] + ', "entries": ['
    clock = time.time() - time.monotonic()
    for number, record in enumerate(records):
        yield ("," if number else "") + "\n" + json.dumps(entry(record, clock))
    yield "\n]}}\n"


def entry(record: dict[str, Any], clock: float) -> dict[str, Any]:
    """One exchange. `clock` is what turns the record's `opened` into seconds since 1970."""
    asked, answered = read(record["request"]), read(record["response"])
    begun = record["opened"] + clock
    timings = _timings(record)
    made = {
        "startedDateTime": datetime.fromtimestamp(begun, UTC).isoformat(timespec="milliseconds"),
        "time": round(sum(spent for spent in timings.values() if spent >= 0), 3),
        "request": _request(asked, record),
        "response": _response(answered, record),
        "cache": {},
        "timings": timings,
        "serverIPAddress": "127.0.0.1",
        "connection": str(record["connection"]),
        "_number": record["number"],
        "_ended": record["ended"],
        "_fault": record["fault"],
    }
    if record["kind"] == "websocket":
        made["_resourceType"] = "websocket"
        made["_webSocketMessages"] = _messages(record["frames"], begun)
    return made


def _timings(record: dict[str, Any]) -> dict[str, float]:
    """Milliseconds. The server cannot know what came before the first byte: -1, as the format has it."""
    came = [at for at, _ in record["request"]]
    went = [at for at, _ in record["response"]]
    last_frame = max((frame["at"] for frame in record["frames"]), default=0.0)
    end = record["seconds"] if record["seconds"] is not None else max([0.0, last_frame, *came, *went])
    first = went[0] if went else end
    send = min(came[-1] if came else 0.0, first)
    parts = {"send": send, "wait": first - send, "receive": max(0.0, end - first)}
    unknown = {"blocked": -1.0, "dns": -1.0, "connect": -1.0, "ssl": -1.0}
    return unknown | {name: round(seconds * 1000, 3) for name, seconds in parts.items()}


def _request(asked: Message, record: dict[str, Any]) -> dict[str, Any]:
    method, target, version = [*asked.start.split(" ", 2), "", "", ""][:3]
    path, _, query = target.partition("?")
    scheme = "ws" if record["kind"] == "websocket" else "http"
    origin = "" if "://" in path else f"{scheme}://{asked.field('host') or '127.0.0.1'}"
    made = {
        "method": method,
        "url": quote(origin + target, safe="%/:?#@!$&'()*+,;=-._~"),
        "httpVersion": version,
        "cookies": _cookies(asked.fields("cookie")),
        "headers": _headers(asked),
        "queryString": [_pair(*pair) for pair in parse_qsl(query, keep_blank_values=True)],
        "headersSize": asked.head_size,
        "bodySize": _size(asked, record),
    }
    if asked.body:
        kind = asked.field("content-type")
        made["postData"] = {"mimeType": kind, "params": [], **_text(asked.decoded, kind, marker="_encoding")}
    return made


def _response(answered: Message, record: dict[str, Any]) -> dict[str, Any]:
    version, _, reason = [*answered.start.split(" ", 2), "", "", ""][:3]
    kind = answered.field("content-type")
    saved = len(answered.decoded) - len(answered.body)
    content = {"size": len(answered.decoded), "mimeType": kind or "x-unknown", **_text(answered.decoded, kind)}
    return {
        "status": record["status"] or 0,
        "statusText": reason,
        "httpVersion": version,
        "cookies": _cookies([field.partition(";")[0] for field in answered.fields("set-cookie")]),
        "headers": _headers(answered),
        "content": content | ({"compression": saved} if saved else {}),
        "redirectURL": answered.field("location"),
        "headersSize": answered.head_size,
        "bodySize": _size(answered, record),
    }


def _size(message: Message, record: dict[str, Any]) -> int:
    """Bytes of the body as it was sent, without the lines that say how long a chunk is; -1 where not all were kept."""
    return -1 if record["dropped"] or message.head_size < 0 else len(message.body)


def _text(body: bytes, kind: str, marker: str = "encoding") -> dict[str, str]:
    """The body as text where it is text, else in base64."""
    try:
        if kind.lower().startswith(TEXTUAL) or "+json" in kind:
            return {"text": body.decode()}
    except UnicodeDecodeError:
        pass  # it is not what it says it is
    return {"text": base64.b64encode(body).decode(), marker: "base64"} if body else {"text": ""}


def _headers(message: Message) -> list[dict[str, str]]:
    return [_pair(name, value) for name, value in message.headers]


def _pair(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def _cookies(fields: Iterable[str]) -> list[dict[str, str]]:
    pairs = (pair.strip().partition("=") for field in fields for pair in field.split(";"))
    return [_pair(name, value) for name, equals, value in pairs if equals]


def _messages(frames: list[dict[str, Any]], begun: float) -> list[dict[str, Any]]:
    """Fragments joined; `send` is what the client sent, for the format looks from there; binary data in base64."""
    made: list[dict[str, Any]] = []
    unfinished: dict[str, dict[str, Any]] = {}
    for frame in frames:
        side, payload = frame["direction"], frame["payload"].encode("latin-1")
        if frame["opcode"] == "continuation" and side in unfinished:
            unfinished[side]["payload"] += payload
        else:
            kind = "send" if side == "received" else "receive"
            message = {"type": kind, "opcode": OPCODES.get(frame["opcode"], -1), "payload": payload}
            made.append(message | {"time": begun + frame["at"]})
            if not frame["fin"]:
                unfinished[side] = made[-1]
        if frame["fin"] and frame["opcode"] == "continuation":
            unfinished.pop(side, None)
    return [_shown(message) for message in made]


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    payload = message.pop("payload")
    text = payload.decode("utf-8", "replace") if message["opcode"] == OPCODES["text"] else ""
    return message | {"data": text or base64.b64encode(payload).decode()}
