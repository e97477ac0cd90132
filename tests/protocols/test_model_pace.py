"""How fast the mock model is, as a client meets it: by the model's name, by header, and in a line before the model."""

import json
import threading
from itertools import groupby

import httpx2
import pytest

from labserver.pace import MODELS, PROFILES


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


WORDS = "Green| tea| is| good|."
QUERY = "/api/v1/query/stream"


def planned(server, key: str, pace: str = "", model: str = "tea-small", query: str = "Hello") -> float:
    """The seconds that the answer was planned to take, as its own bill says: no clock of ours is read."""
    headers = bearer(key) | ({"x-lab-pace": pace} if pace else {})
    body = {"query": query, "model": model, "max_tokens": 1}
    answer = server.http.post("/api/v1/query", json=body, headers=headers, timeout=40).raise_for_status()
    return float(answer.json()["processing_time"])


@pytest.fixture
def hurried(start_server):
    """A server that plans waits and never waits."""
    return start_server("--solo", "--time-scale", "0")


def test_a_models_name_says_how_fast_it_is_and_a_header_overrules_it(hurried) -> None:
    key = hurried.sandbox()
    by_name = {model: planned(hurried, key, model=model) for model in MODELS}
    assert by_name["tea-instant"] == 0
    assert by_name["tea-instant"] < by_name["tea-fast"] < by_name["tea-slow"] < by_name["tea-reasoning"]
    assert planned(hurried, key) == PROFILES["typical"].ttft
    assert planned(hurried, key, "ttft=3;tail=0;prefill=0", model="tea-slow") == 3
    assert planned(hurried, key, "instant", model="tea-reasoning") == 0


def test_a_long_prompt_takes_longer_to_its_first_token(hurried) -> None:
    key = hurried.sandbox()
    short, long = (planned(hurried, key, "ttft=0.1;prefill=100", query=query) for query in ("tea", "tea " * 1000))
    assert short < 0.3
    assert long == pytest.approx(short + 10, abs=0.2)


def test_the_same_sandbox_seed_meets_the_same_busy_server(hurried) -> None:
    one, two = ([planned(hurried, key, "busy") for _ in range(5)] for key in (hurried.sandbox(), hurried.sandbox()))
    assert one == two
    assert len(set(one)) == 5


def test_an_unknown_profile_is_refused_in_the_dialects_own_shape(hurried) -> None:
    answer = hurried.http.post("/v1/chat/completions", json={}, headers={"x-lab-pace": "quick"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert "It has typical, instant, fast, slow, reasoning, busy." in answer.json()["error"]["message"]
    assert set(hurried.http.get("/lab/pace").json()["profiles"]) == set(PROFILES)


def test_in_a_line_of_one_slot_each_answer_is_written_after_the_one_before(server) -> None:
    key, heard = server.sandbox(), []

    def listen(name: int) -> None:
        headers = bearer(key) | {"x-lab-pace": "ttft=0.02;tps=100;jitter=0;slots=1"}
        with httpx2.stream(
            "POST", server.url + QUERY, json={"query": WORDS, "model": "script"}, headers=headers
        ) as got:
            heard.extend(name for line in got.iter_lines() if '"chunk"' in line)

    listeners = [threading.Thread(target=listen, args=(name,)) for name in range(4)]
    for each in listeners:
        each.start()
    for each in listeners:
        each.join(10)
    assert [len(list(group)) for _, group in groupby(heard)] == [5] * 4


def test_one_who_leaves_makes_room_for_the_next_in_line(server) -> None:
    key = server.sandbox()
    ask = {"query": WORDS, "model": "script"}
    slow = bearer(key) | {"x-lab-pace": "ttft=0;tps=0.5;slots=1"}
    with httpx2.stream("POST", server.url + QUERY, json=ask, headers=slow) as first:
        next(line for line in first.iter_lines() if '"chunk"' in line)
    quick = bearer(key) | {"x-lab-pace": "ttft=0;tps=1000;slots=1"}
    with httpx2.stream("POST", server.url + QUERY, json=ask, headers=quick, timeout=5) as second:
        said = [json.loads(line[6:])["chunk"] for line in second.iter_lines() if '"chunk"' in line]
    assert "".join(said) == WORDS.replace("|", "")
