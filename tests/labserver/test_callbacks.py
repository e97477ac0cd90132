"""Callbacks to a tiny receiver of our own over real sockets: signed, repeated, bounded, nowhere but this machine."""

import hashlib
import hmac
import json
import queue
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from labserver.callbacks import check, sign
from labserver.doors import Doors
from labserver.errors import InvalidRequest

FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
TEA = {"prompt": "Green| tea", "model": "script", "metadata": {"user": "alice"}}


class Receiver:
    """Takes POSTs on a port of its own and answers with the statuses that it was given, then with 204."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[str, dict[str, str], bytes]] = queue.Queue()
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.put((self.path, headers, body))
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status in (301, 307):
                    self.send_header("location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def next(self) -> tuple[str, dict[str, str], bytes]:
        return self.got.get(timeout=5)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def submit(server, key: str | None, url: str, headers: dict[str, str] = FAST, **more):
    owner = {"authorization": f"Bearer {key}"} if key else {}
    return server.http.post("/api/v1/infer", json=TEA | {"callback_url": url} | more, headers=owner | headers)


def settled(server, key: str, request_id: str) -> dict[str, Any]:
    """The callback's log, once nothing more will happen to it."""
    deadline = time.monotonic() + 8
    while True:
        seen = server.http.get(f"/api/v1/status/{request_id}", headers={"authorization": f"Bearer {key}"}).json()
        if seen["callback"]["state"] in ("delivered", "given up"):
            return seen["callback"]
        assert time.monotonic() < deadline, seen


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_end_of_a_job_is_told_signed_once(server, receiver: Receiver, host: str) -> None:
    key = server.sandbox()
    url = f"http://{host}:{receiver.port}/hook?a=1"
    job = submit(server, key, url).json()
    assert job["callback"] | {"secret": ""} == {"url": url, "state": "waiting", "deliveries": [], "secret": ""}
    path, headers, body = receiver.next()
    assert path == "/hook?a=1"
    assert headers["host"] == f"{host}:{receiver.port}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == f"msg_{job['request_id']}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 5
    signed = headers["webhook-timestamp"].encode() + b"." + body
    expected = hmac.new(job["callback"]["secret"].encode(), signed, hashlib.sha256).hexdigest()
    assert headers["webhook-signature"] == f"sha256={expected}"
    assert json.loads(body) == {
        "request_id": job["request_id"],
        "session_id": job["session_id"],
        "status": "completed",
        "result": "Green tea",
        "error": None,
        "metadata": {"user": "alice"},
    }
    assert settled(server, key, job["request_id"]) == {
        "url": url,
        "state": "delivered",
        "deliveries": [{"attempt": 1, "status": 204, "error": None}],
    }
    assert receiver.got.empty()


def test_a_callback_comes_when_the_job_ends_and_not_before(server, receiver: Receiver) -> None:
    began = time.monotonic()
    submit(server, server.sandbox(), f"http://127.0.0.1:{receiver.port}/", {"x-lab-pace": "ttft=0.5;tps=1000;jitter=0"})
    receiver.next()
    assert 0.5 <= time.monotonic() - began < 2


def test_a_shorter_job_that_comes_later_is_told_first(server, receiver: Receiver) -> None:
    key, url = server.sandbox(), f"http://127.0.0.1:{receiver.port}/"
    late = submit(server, key, url, {"x-lab-pace": "ttft=1"}).json()
    soon = submit(server, key, url, {"x-lab-pace": "ttft=0.2"}).json()
    told = [json.loads(receiver.next()[2])["request_id"] for _ in range(2)]
    assert told == [soon["request_id"], late["request_id"]]


@pytest.mark.parametrize(("prompt", "status"), [("Green|{error=no}", "failed"), ("Green", "cancelled")])
def test_a_job_that_fails_or_is_cancelled_is_told_too(server, receiver: Receiver, prompt: str, status: str) -> None:
    key, url = server.sandbox(), f"http://127.0.0.1:{receiver.port}/"
    pace = FAST if status == "failed" else {"x-lab-pace": "ttft=30"}
    job = submit(server, key, url, pace, prompt=prompt).json()
    if status == "cancelled":
        server.http.post(f"/api/v1/cancel/{job['request_id']}", headers={"authorization": f"Bearer {key}"})
    told = json.loads(receiver.next()[2])
    assert (told["status"], told["result"], bool(told["error"])) == (status, None, True)
    assert len(settled(server, key, job["request_id"])["deliveries"]) == 1


def test_a_cancelled_job_is_told_once_also_when_its_end_would_have_come(server, receiver: Receiver) -> None:
    key, url = server.sandbox(), f"http://127.0.0.1:{receiver.port}/"
    job = submit(server, key, url, {"x-lab-pace": "ttft=0.8"}).json()
    server.http.post(f"/api/v1/cancel/{job['request_id']}", headers={"authorization": f"Bearer {key}"})
    submit(server, key, url, {"x-lab-pace": "ttft=1.2"}, prompt="later")
    assert [json.loads(receiver.next()[2])["status"] for _ in range(2)] == ["cancelled", "completed"]


def test_a_refusal_is_tried_again_with_the_same_id_until_it_is_taken(start_server, receiver: Receiver) -> None:
    live = start_server("--time-scale", "0")
    key = live.sandbox()
    receiver.answers = [500, 429]
    job = submit(live, key, f"http://127.0.0.1:{receiver.port}/").json()
    got = [receiver.next() for _ in range(3)]
    assert len({(headers["webhook-id"], body) for _, headers, body in got}) == 1
    log = settled(live, key, job["request_id"])
    assert log["state"] == "delivered"
    assert [row["status"] for row in log["deliveries"]] == [500, 429, 204]
    assert [row["attempt"] for row in log["deliveries"]] == [1, 2, 3]


def test_after_four_refusals_it_is_given_up(start_server, receiver: Receiver) -> None:
    live = start_server("--time-scale", "0")
    key = live.sandbox()
    receiver.answers = [500] * 9
    job = submit(live, key, f"http://127.0.0.1:{receiver.port}/").json()
    log = settled(live, key, job["request_id"])
    assert (log["state"], [row["status"] for row in log["deliveries"]]) == ("given up", [500] * 4)
    assert receiver.got.qsize() == 4


def test_a_redirect_is_not_followed(start_server, receiver: Receiver) -> None:
    live = start_server("--time-scale", "0")
    key = live.sandbox()
    receiver.answers = [307] * 4
    job = submit(live, key, f"http://127.0.0.1:{receiver.port}/").json()
    assert [row["status"] for row in settled(live, key, job["request_id"])["deliveries"]] == [307] * 4
    assert {receiver.next()[0] for _ in range(4)} == {"/"}


def test_nobody_listening_is_an_error_in_the_log_and_nothing_worse(start_server) -> None:
    live = start_server("--time-scale", "0")
    key = live.sandbox()
    with socket.socket() as taken:  # bound, so that nobody else gets the port; it never listens
        taken.bind(("127.0.0.1", 0))
        job = submit(live, key, f"http://127.0.0.1:{taken.getsockname()[1]}/").json()
        log = settled(live, key, job["request_id"])
    assert [row["error"] for row in log["deliveries"]] == ["ConnectError"] * 4
    assert live.http.get("/health").status_code == 200


def test_a_reset_calls_nobody_back(server, receiver: Receiver) -> None:
    key, url = server.sandbox(), f"http://127.0.0.1:{receiver.port}/"
    submit(server, key, url, {"x-lab-pace": "ttft=0.8"}, prompt="forgotten")
    server.http.post("/lab/reset", headers={"authorization": f"Bearer {key}"})
    submit(server, key, url, {"x-lab-pace": "ttft=1.2"}, prompt="told")
    assert json.loads(receiver.next()[2])["result"] == "told"


def test_a_server_with_a_callback_still_to_make_ends_at_once(start_server, receiver: Receiver) -> None:
    live = start_server()
    submit(live, live.sandbox(), f"http://127.0.0.1:{receiver.port}/", {"x-lab-pace": "ttft=30"})
    assert live.stop() < 2
    assert receiver.got.empty()


def test_the_secret_is_the_sandboxs_own_and_blotted_out_in_the_journal(server, receiver: Receiver) -> None:
    key, url = server.sandbox(), f"http://127.0.0.1:{receiver.port}/"
    one, two = (submit(server, key, url).json()["callback"]["secret"] for _ in range(2))
    other = submit(server, server.sandbox(), url).json()["callback"]["secret"]
    assert one == two != other
    assert one.startswith("whsec_")
    answered = b"".join(record.answered for record in server.journal(key))
    assert one.encode() not in answered
    assert b'"secret":"[key***' in answered


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://10.0.0.1/",
        "http://127.0.0.1.example.com/",
        "http://127.1/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://user:word@127.0.0.1/",
        "http://example.com@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "ftp://127.0.0.1/",
        "//127.0.0.1/",
        "tea",
        "",
        "http://127.0.0.1\x00/",
    ],
)
def test_any_other_address_is_refused_and_nothing_was_submitted(server, url: str) -> None:
    key = server.sandbox()
    answer = submit(server, key, url)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "INVALID_REQUEST"
    assert "callback_url" in error["message"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_lab_server_itself_is_refused_at_every_door(server, host: str) -> None:
    key = server.sandbox()
    door = server.http.post("/lab/door", headers={"authorization": f"Bearer {key}"}).json()["url"].rsplit(":", 1)[1]
    for port in (server.port, door):
        answer = submit(server, key, f"http://{host}:{port}/api/v1/infer")
        assert answer.status_code == 400
        assert "lab server itself" in answer.json()["error"]["message"]


def test_on_a_shared_server_the_open_sandbox_calls_nobody(shared_server, receiver: Receiver) -> None:
    url = f"http://127.0.0.1:{receiver.port}/"
    refused = submit(shared_server, None, url)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert submit(shared_server, shared_server.sandbox(), url).status_code == 200
    receiver.next()


def test_a_name_is_pinned_to_its_address_and_a_fragment_goes() -> None:
    assert str(check("http://LOCALHOST:5000/a?b#c", Doors())) == "http://127.0.0.1:5000/a?b"
    assert str(check("https://[::1]/", Doors())) == "https://[::1]/"


def test_the_default_ports_count_as_ports() -> None:
    doors = Doors()
    doors.main_ports = {80}
    with pytest.raises(InvalidRequest, match="lab server itself"):
        check("http://localhost/", doors)
    check("https://localhost/", doors)


def test_a_signature_changes_with_everything_that_it_covers() -> None:
    signs = [sign("s", "1", b"a"), sign("t", "1", b"a"), sign("s", "2", b"a"), sign("s", "1", b"b")]
    assert len(set(signs)) == 4
    # By another program: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
    by_openssl = "a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03"
    assert sign("key", "1700000000", b'{"a":1}') == f"sha256={by_openssl}"
