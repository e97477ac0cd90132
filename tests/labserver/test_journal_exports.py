"""The journal as a file: JSONL, and HAR 1.2 held against the format's own list of fields."""

import base64
import gzip
import json
import re
from datetime import datetime
from typing import Any

import pytest
from websockets.sync.client import connect

from labserver import har, message
from labserver.exchange import Exchange
from labserver.record import record

QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
FAST = {"x-lab-pace": "ttft=0;tps=5000;jitter=0"}

# HAR 1.2, section by section: field -> (type, required). Fields of our own begin with an underscore.
PAIR = {"name": (str, True), "value": (str, True), "comment": (str, False)}
FORMAT: dict[str, dict[str, tuple[Any, bool]]] = {
    "log": {
        "version": (str, True),
        "creator": (dict, True),
        "browser": (dict, False),
        "pages": (list, False),
        "entries": (list, True),
        "comment": (str, False),
    },
    "creator": {"name": (str, True), "version": (str, True), "comment": (str, False)},
    "entry": {
        "pageref": (str, False),
        "startedDateTime": (str, True),
        "time": ((int, float), True),
        "request": (dict, True),
        "response": (dict, True),
        "cache": (dict, True),
        "timings": (dict, True),
        "serverIPAddress": (str, False),
        "connection": (str, False),
        "comment": (str, False),
    },
    "request": {
        "method": (str, True),
        "url": (str, True),
        "httpVersion": (str, True),
        "cookies": (list, True),
        "headers": (list, True),
        "queryString": (list, True),
        "postData": (dict, False),
        "headersSize": (int, True),
        "bodySize": (int, True),
        "comment": (str, False),
    },
    "response": {
        "status": (int, True),
        "statusText": (str, True),
        "httpVersion": (str, True),
        "cookies": (list, True),
        "headers": (list, True),
        "content": (dict, True),
        "redirectURL": (str, True),
        "headersSize": (int, True),
        "bodySize": (int, True),
        "comment": (str, False),
    },
    "postData": {"mimeType": (str, True), "params": (list, True), "text": (str, True), "comment": (str, False)},
    "content": {
        "size": (int, True),
        "compression": (int, False),
        "mimeType": (str, True),
        "text": (str, False),
        "encoding": (str, False),
        "comment": (str, False),
    },
    "timings": {
        **dict.fromkeys(("blocked", "dns", "connect", "ssl"), ((int, float), False)),
        **dict.fromkeys(("send", "wait", "receive"), ((int, float), True)),
        "comment": (str, False),
    },
    "cache": {"beforeRequest": (dict, False), "afterRequest": (dict, False), "comment": (str, False)},
    "_webSocketMessages": {
        "type": (str, True),
        "time": ((int, float), True),
        "opcode": (int, True),
        "data": (str, True),
    },
}


def conforms(made: dict[str, Any], section: str, fields: dict[str, tuple[Any, bool]] | None = None) -> dict[str, Any]:
    """The object, looked over against its section of the format."""
    fields = fields or FORMAT[section]
    for name, (kind, required) in fields.items():
        assert name in made or not required, f"{section} lacks {name}"
        assert name not in made or isinstance(made[name], kind), f"{section}.{name} is {made[name]!r}"
    strangers = [name for name in made if name not in fields and not name.startswith("_")]
    assert not strangers, f"{section} has {strangers}"
    return made


def is_har(text: str) -> list[dict[str, Any]]:
    """The entries of a valid archive."""
    whole = json.loads(text)
    assert list(whole) == ["log"]
    log = conforms(whole["log"], "log")
    assert log["version"] == "1.2"
    conforms(log["creator"], "creator")
    for entry in log["entries"]:
        conforms(entry, "entry")
        for section in ("request", "response", "timings", "cache"):
            conforms(entry[section], section)
        conforms(entry["response"]["content"], "content")
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        spent = [entry["timings"][name] for name in ("send", "wait", "receive")]
        assert all(each >= 0 for each in spent), "the three that may not be unknown"
        assert entry["time"] == pytest.approx(sum(spent), abs=0.01)
        assert re.fullmatch(r"(http|ws)://[!#-;=?-Z_a-z~%@&]+", entry["request"]["url"])
        pairs = [*entry["request"]["headers"], *entry["response"]["headers"], *entry["request"]["queryString"]]
        for pair in [*pairs, *entry["request"]["cookies"], *entry["response"]["cookies"]]:
            conforms(pair, "pair", PAIR)
        if "postData" in entry["request"]:
            conforms(entry["request"]["postData"], "postData")
        for one in entry.get("_webSocketMessages", []):
            conforms(one, "_webSocketMessages")
    return list(log["entries"])


def export(server, key: str, suffix: str, **wanted: Any) -> str:
    answer = server.http.get(f"/lab/journal.{suffix}", params={"wait": 2, **wanted}, headers={"x-api-key": key})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="journal.{suffix}"'
    return str(answer.text)


def some_traffic(server, key: str) -> None:
    owner = {"x-api-key": key, "cookie": "cup=1; saucer=2"} | FAST
    server.http.post("/api/v1/query?cup=1&cup=%20two&leaf", json=QUERY, headers=owner)
    server.http.post("/api/v1/query/stream", json=QUERY, headers=owner)
    server.http.get(f"/nowhere?key={key}", headers=owner)
    with connect(f"{server.ws_url}/api/v1/query/ws?key={key}", additional_headers=FAST, proxy=None) as client:
        client.send(iter(['{"query": "Green| tea",', ' "model": "script"}']))
        while json.loads(client.recv(timeout=5))["type"] != "end":
            pass
        client.send(b"\x00\xff")
        client.recv(timeout=5)
    with server.dial() as wire:
        wire.send(b"GET /tea HTTP/1.1\nx-api-key: %b\n\n" % key.encode())
        wire.rest()
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query/stream", QUERY, key, x_lab_pace="ttft=0;tps=1"))
        wire.until(b"Green")


def test_jsonl_is_the_journal_a_record_a_line_without_a_key(server) -> None:
    key = server.sandbox()
    some_traffic(server, key)
    records = server.journal(key)
    text = export(server, key, "jsonl")
    assert text.endswith("\n")
    assert [json.loads(line) for line in text.splitlines()] == records
    assert key not in text
    assert len(export(server, key, "jsonl", status="4xx").splitlines()) == 2


def test_an_archive_of_all_kinds_of_traffic_is_valid_and_has_no_key(server) -> None:
    key = server.sandbox()
    some_traffic(server, key)
    text = export(server, key, "har")
    entries = is_har(text)
    assert key not in text
    assert text.count("[key*") > 5
    assert [entry["_number"] for entry in entries] == [1, 2, 3, 4, 5, 6]
    assert [entry["response"]["status"] for entry in entries] == [200, 200, 404, 101, 400, 200]
    assert [entry["_ended"] for entry in entries][-3:] == ["complete", "server closed", "client left"]
    assert len(is_har(export(server, key, "har", kind="websocket"))) == 1


def test_an_empty_journal_is_a_valid_archive_too(server) -> None:
    key = server.sandbox()
    assert is_har(export(server, key, "har")) == []
    assert export(server, key, "jsonl") == ""


def test_what_crossed_stands_in_the_archive(server) -> None:
    key = server.sandbox()
    some_traffic(server, key)
    whole, stream, lost, *_ = is_har(export(server, key, "har"))
    first = server.journal(key)[0]
    asked, answered = whole["request"], whole["response"]
    assert (asked["method"], asked["httpVersion"]) == ("POST", "HTTP/1.1")
    assert asked["url"] == f"{server.url}/api/v1/query?cup=1&cup=%20two&leaf"
    assert [(pair["name"], pair["value"]) for pair in asked["queryString"]] == [
        ("cup", "1"),
        ("cup", " two"),
        ("leaf", ""),
    ]
    assert [(pair["name"], pair["value"]) for pair in asked["cookies"]] == [("cup", "1"), ("saucer", "2")]
    assert json.loads(asked["postData"]["text"]) == QUERY
    assert asked["headersSize"] + asked["bodySize"] == len(first.asked)
    assert (answered["status"], answered["statusText"]) == (200, "OK")
    assert answered["headersSize"] + answered["bodySize"] == len(first.answered)
    assert answered["content"]["size"] == len(answered["content"]["text"].encode()) == answered["bodySize"]
    assert stream["response"]["content"]["text"].endswith("data: [DONE]\n\n")
    assert "🍵" in stream["response"]["content"]["text"]
    assert lost["request"]["url"].startswith(f"{server.url}/nowhere?key=%5Bkey*")


def test_websocket_messages_are_as_chromium_has_them(server) -> None:
    key = server.sandbox()
    some_traffic(server, key)
    [entry] = is_har(export(server, key, "har", kind="websocket"))
    messages = entry["_webSocketMessages"]
    sent = [message for message in messages if message["type"] == "send"]
    assert entry["_resourceType"] == "websocket"
    assert entry["request"]["url"].startswith(server.ws_url)
    assert [message["opcode"] for message in sent] == [1, 2, 8], "fragments are one message"
    assert json.loads(sent[0]["data"]) == {"query": "Green| tea", "model": "script"}
    assert base64.b64decode(sent[1]["data"]) == b"\x00\xff"
    received = [message for message in messages if message["type"] == "receive"]
    assert [message["opcode"] for message in received] == [1] * 5 + [8]
    heard = [json.loads(message["data"]) for message in received[:-1]]
    assert [message["type"] for message in heard] == ["start", "content", "content", "end", "error"]
    begun = datetime.fromisoformat(entry["startedDateTime"]).timestamp()
    assert all(begun - 0.01 <= message["time"] <= begun + 10 for message in messages)


# Single entries


def entry(request: bytes, *answer: bytes) -> dict[str, Any]:
    one = Exchange(connection=1, nth=1, keep=100_000)
    one.came_in(request)
    for piece in answer:
        one.went_out(piece)
    text = "".join(har.archive([record(1, 1, one)]))
    return is_har(text)[0]


GET = b"GET / HTTP/1.1\r\nhost: lab\r\n\r\n"


def test_an_answer_that_never_came_has_status_0() -> None:
    made = entry(GET)
    assert (made["response"]["status"], made["response"]["headersSize"]) == (0, -1)
    assert made["response"]["bodySize"] == -1


@pytest.mark.parametrize("cut", [0, 1, 7, 20])
def test_a_gzipped_body_is_shown_unpacked_and_what_it_saved(cut: int) -> None:
    body = gzip.compress(b'{"tea": "green"}' * 20)
    body = body[: len(body) - cut]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\n\r\n"
    response = entry(GET, head, body)["response"]
    assert (b'{"tea": "green"}' * 20).startswith(response["content"]["text"].encode())
    assert response["bodySize"] == len(body)
    assert response["content"].get("compression", 0) == response["content"]["size"] - len(body)
    if not cut:
        assert response["content"]["size"] == 320


def test_bytes_that_are_no_text_are_base64() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n\r\n"
    for kind in (b"image/png", b"text/plain", b""):
        content = entry(GET, head % kind, b"\x89PNG\xff")["response"]["content"]
        assert content["encoding"] == "base64"
        assert base64.b64decode(content["text"]) == b"\x89PNG\xff"
    posted = entry(b"POST / HTTP/1.1\r\ncontent-type: image/png\r\n\r\n\xff")["request"]["postData"]
    assert (base64.b64decode(posted["text"]), posted["_encoding"]) == (b"\xff", "base64")


def test_an_interim_answer_is_passed_over_and_a_redirect_named() -> None:
    final = b"HTTP/1.1 303 See Other\r\nLocation: /tea\r\nset-cookie: cup=1; Path=/\r\n\r\n"
    response = entry(GET, b"HTTP/1.1 100 Continue\r\n\r\n", final)["response"]
    assert (response["status"], response["statusText"], response["redirectURL"]) == (303, "See Other", "/tea")
    assert response["headersSize"] == len(final)
    assert response["cookies"] == [{"name": "cup", "value": "1"}]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_chunked_body_is_shown_as_far_as_it_came(cut: int) -> None:
    raw = b"5\r\ngreen\r\n4;x=y\r\n tea\r\n0\r\n\r\n"
    assert message.unchunked(raw) == b"green tea"
    assert b"green tea".startswith(message.unchunked(raw[:-cut] if cut < len(raw) else b""))


@pytest.mark.parametrize(
    "raw", [b"", b"\r\n\r\n", b"GET", b"\x16\x03\x01", b"GET /\n\nx", b"A: b", b"GET http://[ HTTP/1.1"]
)
def test_whatever_came_in_makes_a_valid_entry(raw: bytes) -> None:
    one = Exchange(connection=1, nth=1, keep=100)
    one.came_in(raw)
    made = json.loads("".join(har.archive([record(1, 1, one)])))["log"]["entries"][0]
    conforms(conforms(made, "entry")["request"], "request")
