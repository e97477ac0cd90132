"""What nobody foresaw: the trace is in the log, its request id is with the client, and no more than that.

A real server process with four routes that fail in ways of their own.
"""

import json
import re

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

FAILING = """
from labserver import __main__, stream
from labserver.surfaces import health, openai_chat

def fail():
    raise ZeroDivisionError("no tea for lab-abcdefghijklmnopqrstuvwxyz012345 at /shop?cup=blue")

@health.router.get("/fails")
async def fails(): fail()

@openai_chat.router.get("/fails")
async def fails_too(): fail()

@health.router.get("/fails/late", response_class=stream.StreamResponse)
async def late():
    async def pieces():
        yield b"green "
        fail()
    return stream.StreamResponse(pieces())

@health.router.websocket("/fails/early")
async def early(socket: __import__("fastapi").WebSocket): fail()

@health.router.websocket("/fails/open")
async def opened(socket: __import__("fastapi").WebSocket):
    await socket.accept()
    fail()

__main__.main()
"""
KEY = "lab-abcdefghijklmnopqrstuvwxyz012345"


@pytest.fixture(scope="module")
def live(start_for_all):
    return start_for_all("--solo", "--log-level", "error", "--log-format", "json", program=("-c", FAILING))


def is_told_once(live, request_id: str, route: str) -> None:
    """One line, with trace and id, without the key and the query that the exception spoke of."""
    lines = [json.loads(line) for line in live.complaints().splitlines()]
    [line] = [line for line in lines if line.get("request_id") == request_id]
    assert (line["event"], line["level"], line["route"]) == ("unforeseen error", "error", route)
    assert line["request_id"] == request_id
    assert line["exception"].startswith("Traceback (most recent call last)")
    assert "ZeroDivisionError: no tea for [key] at /shop?[query]" in line["exception"]
    assert KEY not in live.complaints() and "blue" not in live.complaints()


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/fails", {"code", "message", "details"}), ("/v1/fails", {"message", "type", "param", "code"})],
)
@pytest.mark.parametrize("own", [None, "mine-7"])
def test_a_500_names_the_id_under_which_the_log_has_the_trace(live, path: str, fields: set, own: str | None) -> None:
    answer = live.http.get(path, headers={"x-request-id": own + path} if own else {})
    request_id = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert request_id == own + path if own else re.fullmatch("req_[0-9a-f]{24}", request_id)
    error = answer.json()["error"]
    assert set(error) == fields
    assert request_id in error["message"] and "Zero" not in answer.text and "Traceback" not in answer.text
    assert live.http.get("/health").status_code == 200
    is_told_once(live, request_id, path)


def test_an_answer_that_fails_half_way_is_not_taken_for_a_whole_one(live) -> None:
    with live.dial() as wire:
        wire.send(live.request("GET", "/fails/late", x_request_id="mine-late"))
        told = wire.rest()
    assert told.endswith(b"6\r\ngreen \r\n"), "the last chunk is missing"
    record = live.last(None)
    assert (record["ended"], record["status"]) == ("the lab server failed", 200)
    is_told_once(live, "mine-late", "/fails/late")


def test_a_handshake_that_fails_is_answered_like_any_other_request(live) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(f"{live.ws_url}/fails/early", proxy=None):
        pass
    answer = refused.value.response
    assert answer.status_code == 500
    request_id = answer.headers["x-request-id"]
    assert request_id in json.loads(answer.body)["error"]["message"]
    is_told_once(live, request_id, "/fails/early")


def test_an_open_socket_that_fails_says_1011_and_the_request_id(live) -> None:
    with connect(f"{live.ws_url}/fails/open", proxy=None) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    request_id = socket.response.headers["x-request-id"]
    assert closed.value.rcvd.code == 1011
    assert request_id in closed.value.rcvd.reason
    is_told_once(live, request_id, "/fails/open")


def test_nothing_else_was_logged_at_all(live) -> None:
    """uvicorn and Starlette have no word of their own about what we have told already."""
    lines = [json.loads(line) for line in live.complaints().splitlines()]
    assert {line["event"] for line in lines} <= {"unforeseen error"}
