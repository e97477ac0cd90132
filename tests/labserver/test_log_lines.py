"""One line for each exchange, from a real server's stderr: what it says, and that it never says a key or a query."""

import json
import re
import socket
import struct
import time
from urllib.parse import quote

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

WORDS = "|".join(f" word{number}" for number in range(40))
SLOW = "ttft=0;tps=4;jitter=0"


@pytest.fixture(scope="module")
def live(start_for_all):
    return start_for_all("--solo", "--log-level", "debug", "--log-format", "json")


def lines(live) -> list[dict]:
    return [json.loads(line) for line in live.complaints().splitlines()]


def line_of(live, request_id: str) -> dict:
    """The exchange's line; it is written when the exchange ends, so wait for it."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        found = [line for line in lines(live) if line.get("request_id") == request_id and line["event"] == "exchange"]
        if found:
            assert len(found) == 1, "one line an exchange"
            return found[0]
    raise AssertionError(f"no line has the request id {request_id}:\n{live.complaints()[-3000:]}")


def test_a_line_says_what_the_journal_knows(live) -> None:
    key = live.sandbox()
    headers = {"authorization": f"Bearer {key}", "x-stainless-retry-count": "2", "x-request-id": "whole"}
    live.http.get("/v1/models/script?colour=green", headers=headers).raise_for_status()
    line, record = line_of(live, "whole"), live.last(key)
    assert (line["level"], line["surface"], line["method"]) == ("info", "openai_models", "GET")
    assert (line["route"], line["status"], line["ended"]) == ("/v1/models/{model}", 200, "complete")
    assert (line["retry_count"], line["bytes_out"]) == (2, len(record.answered))
    assert line["seconds"] == round(record["seconds"], 6)
    assert 0 < line["first_byte"] <= line["seconds"]
    assert re.fullmatch(r"sb_[0-9a-f]{12}", line["sandbox"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", line["timestamp"])
    assert "path" not in line and "fault" not in line and "left_after" not in line, "what does not apply is left out"


def test_a_client_that_leaves_a_stream_is_told_with_what_it_had(live) -> None:
    key = live.sandbox()
    body = {"query": WORDS, "model": "script"}
    with live.dial() as wire:
        wire.send(live.request("POST", "/api/v1/query/stream", body, key, x_lab_pace=SLOW, x_request_id="left"))
        wire.until(b"word2")
    line, record = line_of(live, "left"), live.last(key)
    assert (line["ended"], line["left_after"]) == ("client left", record["left_after"])
    assert (line["produced"], line["pieces"]) == (record["produced"], record["left_after"])


def test_a_fault_is_told_with_its_plan(live) -> None:
    headers = {"x-lab-fault": "status;code=429;retry_after=7", "x-request-id": "broken"}
    assert live.http.get("/v1/models", headers=headers).status_code == 429
    line = line_of(live, "broken")
    assert (line["fault"], line["status"]) == ("status;code=429;retry_after=7", 429)
    assert (line["surface"], line["route"]) == ("openai_models", "/v1/models"), "though no route was asked"


def test_a_websocket_has_one_line_when_it_is_over(live) -> None:
    with connect(f"{live.ws_url}/ws/rooms/kitchen?name=Ada", additional_headers={"x-request-id": "seat"}, proxy=None):
        pass
    line = line_of(live, "seat")
    assert (line["method"], line["route"], line["status"]) == ("WEBSOCKET", "/ws/rooms/{room}", 101)
    assert (line["surface"], line["ended"]) == ("rooms_socket", "complete")


def test_the_control_plane_and_metrics_have_request_ids_and_lines_too(live) -> None:
    for path, surface in (("/lab", "lab"), ("/lab/journal", "lab_journal"), ("/metrics", "metrics")):
        minted = live.http.get(path).headers["x-request-id"]
        assert re.fullmatch("req_[0-9a-f]{24}", minted)
        assert line_of(live, minted)["surface"] == surface
        own = live.http.get(path, headers={"x-request-id": f"mine{path}"}).headers["x-request-id"]
        assert line_of(live, own)["route"] == path


@pytest.mark.parametrize(
    ("sent", "surface", "status"),
    [
        (b"tea\r\n\r\n", "malformed", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "malformed", 400),
        (b"GET /nowhere HTTP/1.1\r\nhost: lab\r\n\r\n", "unknown", 404),
        (b"PUT /health HTTP/1.1\r\nhost: lab\r\n\r\n", "health", 405),
    ],
)
def test_the_answer_to_whatever_was_sent_carries_the_id_of_its_line(live, sent, surface, status) -> None:
    with live.dial() as wire:
        wire.send(sent)
        head = wire.until(b"\r\n\r\n")
    request_id = re.search(rb"(?im)^x-request-id: (\S+)\r$", head)[1].decode()
    line = line_of(live, request_id)
    assert (line["surface"], line["status"]) == (surface, status)
    assert line["level"] == ("warning" if surface == "malformed" else "info")


def test_a_refused_handshake_carries_the_id_of_its_line(live) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{live.ws_url}/nowhere", proxy=None):
        pass
    request_id = refused.value.response.headers["x-request-id"]
    assert (line_of(live, request_id)["method"], line_of(live, request_id)["status"]) == ("WEBSOCKET", 404)


def test_no_line_holds_a_key_or_a_query_whatever_was_sent(live) -> None:
    """Real keys and wrong ones: in headers, queries, paths, request ids, broken heads, bodies and first bytes."""
    keys = [live.sandbox(), "lab-" + "wrong" * 6, "a-secret-of-no-known-shape", "per%cent secret"]
    for key in keys:
        quoted = quote(key, safe="")
        live.http.get("/shop/products", headers={"authorization": f"Bearer {key}"}, params={"category": "hush-hush"})
        live.http.get("/lab/journal", headers={"x-api-key": key})
        live.http.get("/health", headers={"x-api-key": key, "x-request-id": key.replace(" ", "")})
        live.http.get(f"/shop/products?key={quoted}&category=hush-hush")
        live.http.get(f"/nowhere/{quoted}?key={quoted}", headers={"authorization": f"Bearer {key}"})
        live.http.post("/api/v1/query", json={"query": f"hush-hush {key}", "model": "script"})
        for path in ("/ws/echo", "/nowhere", "/ws/rooms/a"):
            try:
                with connect(f"{live.ws_url}{path}?key={quoted}&name=hush-hush", proxy=None) as opened:
                    opened.send(f"hush-hush {key}")
            except InvalidStatus:
                pass
        for raw in (
            f"GET /shop?key={quoted}&a=hush-hush HTTP/9.9\r\nx-api-key: {key}\r\n\r\n",
            f"{key} {key} hush-hush\r\n\r\n",
            f"GET /health HTTP/1.1\r\nauthorization: Bearer {key}\r\nbroken {key}\r\n\r\n",
            f"POST /api/v1/query HTTP/1.1\r\nhost: a\r\nx-api-key: {key}\r\ntransfer-encoding: chunked\r\n\r\nhush-hush",  # noqa: E501
            f"GET /lab?key={quoted} HTTP/1.1\r\nauthorization: Bearer {key}",
        ):
            with live.dial() as wire:
                wire.send(raw.encode())
                wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    live.http.get("/health", headers={"x-request-id": "the-last-one"})
    line_of(live, "the-last-one")
    live.await_quiet()
    told = live.complaints()
    for secret in ["hush-hush", *keys, *(quote(key, safe="") for key in keys)]:
        assert secret not in told, [line for line in told.splitlines() if secret in line][:3]


def test_a_learner_who_asked_for_nothing_sees_no_line(server) -> None:
    server.http.get("/health", headers={"x-request-id": "unheard"})
    assert "unheard" not in server.complaints()


def test_the_life_of_a_server_in_lines(start_server) -> None:
    live = start_server("--log-level", "info", "--log-format", "json", "--max-sandboxes", "1", "--database",
                        "sqlite:///file:hush?mode=memory&uri=true&password=hush-hush")  # fmt: skip
    first, second = live.sandbox(), live.sandbox()
    live.stop()
    said = [line for line in lines(live) if line["event"] != "exchange"]
    assert [line["event"] for line in said] == ["started", "sandbox evicted", "draining", "stopped"]
    assert (said[0]["port"], said[0]["max_sandboxes"], said[0]["database"]) == (live.port, 1, "sqlite")
    assert re.fullmatch(r"sb_[0-9a-f]{12}", said[1]["sandbox"])
    for secret in (first, second, "hush"):
        assert secret not in live.complaints()


def test_for_a_persons_eyes_a_line_is_words_in_a_row(start_server) -> None:
    live = start_server("--log-level", "info")
    live.http.get("/health", headers={"x-request-id": "mine"})
    live.stop()
    [line] = [line for line in live.complaints().splitlines() if "request_id=mine" in line]
    assert re.match(r"\d{4}-\S+Z \[info +\] exchange +surface=health route=/health method=GET status=200 ", line)
    assert "\x1b" not in line, "colours are for terminals"
