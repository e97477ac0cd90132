"""What the `requests` library makes of the worst faults, and who a barrier counts."""

import threading
from typing import Any

import pytest
import requests

ASK = "/api/v1/query"
QUERY = {"query": "Green| tea| is| good| 🍵|.", "model": "script"}
NO_WAIT = "ttft=0;tps=10000;jitter=0"


def post(server, key: str, fault: str, **more: Any) -> requests.Response:
    headers = {"authorization": f"Bearer {key}", "x-lab-pace": NO_WAIT, "x-lab-fault": fault}
    with requests.Session() as session:
        return session.post(server.url + ASK, json=QUERY, headers=headers, **({"timeout": 5} | more))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("lose_reply", requests.ConnectionError),
        ("cut;after=0", requests.exceptions.ChunkedEncodingError),
        ("truncate;bytes=5", requests.exceptions.ChunkedEncodingError),
        ("reset;fraction=0.5", requests.exceptions.ChunkedEncodingError),
        ("latency;seconds=30", requests.ReadTimeout),
        ("slow_first_byte;seconds=30", requests.ConnectionError),
    ],
)
def test_requests_names_what_went_wrong(server, fault: str, error: type[Exception]) -> None:
    key = server.sandbox()
    with pytest.raises(error):
        post(server, key, fault, timeout=0.5 if "seconds" in fault else 5)
    assert server.last(key)["ended"] is not None
    server.await_quiet()


def test_a_barrier_hangs_whoever_asks_one_after_the_other_and_serves_threads(server) -> None:
    key, seen = server.sandbox(), []
    assert post(server, key, "barrier;n=2;seconds=0.2").status_code == 408
    threads = [
        threading.Thread(target=lambda: seen.append(post(server, key, "barrier;n=2").status_code)) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seen == [200, 200]


def test_a_barrier_answers_nobody_before_all_are_there_and_then_everybody(server) -> None:
    key = server.sandbox()
    fault = {"x_lab_pace": NO_WAIT, "x_lab_fault": "barrier;n=3;seconds=10"}
    with server.dial() as one, server.dial() as two, server.dial() as three:
        for wire in (one, two):
            wire.send(server.request("POST", ASK, QUERY, key, **fault))
        while len(server.journal(key, wait=0.05)) < 2:
            pass
        assert [record["response"] for record in server.journal(key, wait=0.2)] == [[], []]
        three.send(server.request("POST", ASK, QUERY, key, **fault))
        for wire in (one, two, three):
            assert wire.answer().startswith(b"HTTP/1.1 200 ")
    server.await_quiet()


def test_a_barrier_does_not_count_one_who_has_left_nor_another_sandbox(server) -> None:
    key = server.sandbox()
    fault = {"x_lab_pace": NO_WAIT, "x_lab_fault": "barrier;n=2;seconds=0.4"}
    with server.dial() as gone:
        gone.send(server.request("POST", ASK, QUERY, key, **{**fault, "x_lab_fault": "barrier;n=2;seconds=20"}))
        while not server.journal(key, wait=0.05):
            pass
    assert server.last(key)["ended"] == "client left"
    with server.dial() as mine, server.dial() as others:
        mine.send(server.request("POST", ASK, QUERY, key, **fault))
        others.send(server.request("POST", ASK, QUERY, server.sandbox(), **fault))
        assert mine.answer().startswith(b"HTTP/1.1 408 ")
        assert others.answer().startswith(b"HTTP/1.1 408 ")
