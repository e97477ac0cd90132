"""A callback reaches this machine and nothing else: not by a proxy, not by a port that becomes the server's later."""

import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from labserver.callbacks import check
from labserver.doors import Doors
from labserver.errors import InvalidRequest

TEA = {"prompt": "Green| tea", "model": "script"}
SOON = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
LATER = {"x-lab-pace": "ttft=0.8;tps=10000;jitter=0"}


class OnV6(ThreadingHTTPServer):
    address_family = socket.AF_INET6


@pytest.fixture(params=["127.0.0.1", "::1"])
def receiver(request) -> Iterator[tuple[str, "queue.Queue[str]"]]:
    """The URL of a web server of one's own on either loopback address, and the Host of each POST that it got."""
    got: queue.Queue[str] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            got.put(self.headers["host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    try:
        kind = ThreadingHTTPServer if request.param == "127.0.0.1" else OnV6
        web = kind((request.param, 0), Handler)
    except OSError:
        pytest.skip(f"this machine has no {request.param}")
    thread = threading.Thread(target=web.serve_forever, args=(0.05,))
    thread.start()
    host = request.param if request.param == "127.0.0.1" else f"[{request.param}]"
    yield f"http://{host}:{web.server_address[1]}/", got
    web.shutdown()
    thread.join()
    web.server_close()


def submit(server, key: str, url: str, pace: dict[str, str]) -> str:
    made = server.http.post("/api/v1/infer", json=TEA | {"callback_url": url}, headers={"x-api-key": key} | pace)
    assert made.status_code == 200, made.text
    return str(made.json()["request_id"])


def deliveries(server, key: str, request_id: str) -> list[dict[str, Any]]:
    """What was tried, once something was."""
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        seen = server.http.get(f"/api/v1/status/{request_id}", headers={"x-api-key": key}).json()["callback"]
        if seen["deliveries"]:
            tried: list[dict[str, Any]] = seen["deliveries"]
            return tried
        time.sleep(0.02)
    raise AssertionError("nothing was tried")


def test_both_loopback_addresses_are_reached_directly_whatever_proxy_is_set(
    start_server, monkeypatch: pytest.MonkeyPatch, receiver
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as proxy:
        proxy.settimeout(0.2)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        live = start_server()
        live.http = httpx2.Client(base_url=live.url, trust_env=False)  # the proxy is for the server to find
        url, got = receiver
        key = live.sandbox()
        request_id = submit(live, key, url, SOON)
        assert got.get(timeout=5) == url.removeprefix("http://").rstrip("/")
        assert deliveries(live, key, request_id)[0]["status"] == 204
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_a_port_that_became_the_servers_own_meanwhile_is_not_called(server) -> None:
    key, other = server.sandbox(), server.sandbox()
    door = {"x-api-key": other}
    url = server.http.post("/lab/door", headers=door).json()["url"]
    assert server.http.delete("/lab/door", headers=door).status_code == 204
    request_id = submit(server, key, f"{url}/api/v1/infer", LATER)
    assert server.http.post("/lab/door", headers=door).json()["url"] == url
    assert deliveries(server, key, request_id)[0] == {"attempt": 1, "status": None, "error": "InvalidRequest"}
    assert server.journal(other) == []


@pytest.mark.parametrize("host", ["lab", "lab.example.org", "127.0.0.2", "localhost.", "sub.localhost", "[::]"])
def test_a_name_that_the_server_answers_to_is_not_thereby_one_that_it_calls(host: str) -> None:
    with pytest.raises(InvalidRequest, match="on this machine"):
        check(f"http://{host}:5000/", Doors())


@pytest.mark.parametrize("url", ["http://localhost:5000/", "http://LocalHost:5000/", "https://localhost/"])
def test_a_name_is_never_looked_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    assert check(url, Doors()).host == "127.0.0.1"
