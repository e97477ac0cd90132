"""Rate limits on real sockets: what every answer's headers say, and that the server then does what they said."""

import time
from typing import Any

import httpx2
import openai
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

OURS = {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"}
OPENAIS = {f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")}
CHAT, QUERY = "/v1/chat/completions", "/api/v1/query"
SCRIPT = {"model": "script", "messages": [{"role": "user", "content": "Green| tea| is| good"}]}
NO_WAIT = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def limited(server, **limit: int) -> str:
    """The key of a fresh sandbox with this limit."""
    key = server.sandbox()
    server.http.put("/lab/limits", json=limit, headers=as_owner(key)).raise_for_status()
    return key


def family(answer: httpx2.Response) -> set[str]:
    return {name for name in answer.headers if name.startswith("x-ratelimit-")}


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("GET", "/health", {}, 200),
        ("GET", "/", {}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/shop/products", {}, 200),
        ("HEAD", "/shop/products", {}, 200),
        ("GET", "/raw/sse?count=1", {}, 200),
        ("GET", "/raw/status/204", {}, 204),
        ("GET", "/raw/status/429?retry_after=7", {}, 429),
        ("GET", "/nowhere", {}, 404),
        ("DELETE", "/health", {}, 405),
        ("POST", QUERY, {"content": b"tea"}, 415),
        ("POST", QUERY, {"json": {}}, 422),
        ("POST", QUERY, {"content": b"x" * 1_100_000}, 413),
        ("POST", QUERY, {"json": {}, "headers": {"origin": "https://elsewhere.example"}}, 403),
        ("GET", "/health", {"headers": {"x-lab-pace": "quick"}}, 200),
        ("GET", "/shop/products", {"headers": {"x-lab-pace": "quick"}}, 400),
        ("GET", "/shop/products", {"headers": {"x-lab-fault": "status;code=429;retry_after=3"}}, 429),
        ("GET", "/v1/models", {}, 200),
        ("GET", "/v1/nowhere", {}, 404),
        ("POST", CHAT, {"json": SCRIPT | {"stream": True}}, 200),
        ("POST", CHAT, {"json": SCRIPT, "headers": {"x-lab-fault": "status;code=429;retry_after=3"}}, 429),
    ],
)
def test_every_answer_of_a_sandbox_says_how_it_stands(server, method, path, sent: dict[str, Any], status: int) -> None:
    headers = as_owner(server.sandbox()) | NO_WAIT | sent.pop("headers", {})
    answer = server.http.request(method, path, headers=headers, **sent)
    assert answer.status_code == status
    assert family(answer) == (OPENAIS if path.startswith("/v1/") else OURS)
    remaining = next(value for name, value in answer.headers.items() if name.startswith("x-ratelimit-remaining"))
    assert remaining == "9999", "one was made, and one fewer is left"


@pytest.mark.parametrize("path", ["/shop/products", "/v1/models", QUERY])
def test_one_whose_key_opens_nothing_is_told_of_nobodys_limits(server, path: str) -> None:
    answer = server.http.get(path, headers=as_owner("lab-nobody"))
    assert (answer.status_code, family(answer)) == (401 if path != QUERY else 405, set())


def test_the_control_plane_has_no_limit(server) -> None:
    key = limited(server, requests=1, per=60)
    answers = [server.http.get("/lab/faults", headers=as_owner(key)) for _ in range(5)]
    assert [(answer.status_code, family(answer)) for answer in answers] == [(200, set())] * 5


@pytest.mark.parametrize(("path", "code"), [("/shop/products", "RATE_LIMITED"), ("/v1/models", "rate_limit_exceeded")])
def test_when_nothing_remains_the_next_is_refused_in_its_dialect(server, path: str, code: str) -> None:
    key = limited(server, requests=3, per=60)
    answers = [server.http.get(path, headers=as_owner(key)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    left = [
        next(value for name, value in answer.headers.items() if name.startswith("x-ratelimit-remaining"))
        for answer in answers
    ]
    assert left == ["2", "1", "0", "0", "0"]
    assert answers[3].json()["error"]["code"] == code
    assert 1 <= int(answers[3].headers["retry-after"]) <= 60
    assert answers[3].json()["error"]["message"].startswith("The limit of 3 requests in 60 s is spent.")


def until_refused(server, key: str, path: str = "/shop/products") -> httpx2.Response:
    while (answer := server.http.get(path, headers=as_owner(key))).status_code != 429:
        assert answer.status_code == 200
    return answer


def test_a_client_that_waits_exactly_retry_after_gets_in(server) -> None:
    key = limited(server, requests=1, per=1)
    refused = until_refused(server, key)
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["error"]["details"] == {"limit": 1, "per": 1, "of": "requests", "retry_after": 1}
    time.sleep(float(refused.headers["retry-after"]))
    assert server.http.get("/shop/products", headers=as_owner(key)).status_code == 200


def test_a_client_that_waits_until_the_reset_gets_in(server) -> None:
    key = limited(server, requests=1, per=1)
    refused = until_refused(server, key)
    time.sleep(max(0.0, int(refused.headers["x-ratelimit-reset"]) - time.time()))
    assert server.http.get("/shop/products", headers=as_owner(key)).status_code == 200


def test_openais_client_keeps_the_milliseconds_and_gets_in_at_the_first_retry(server) -> None:
    key = limited(server, requests=1, per=1)
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0) as client:
        with pytest.raises(openai.RateLimitError) as caught:
            while True:
                client.models.list()
        assert caught.value.code == "rate_limit_exceeded"
        told = caught.value.response.headers
        assert 0 < int(told["retry-after-ms"]) <= 1000
        assert told["x-ratelimit-reset-requests"] in (f"{told['retry-after-ms']}ms", "1s")
        before = len(server.journal(key))
        client.with_options(max_retries=1).models.list()
    assert [record["status"] for record in server.journal(key)[before:]] in ([429, 200], [200])


def test_tokens_are_charged_at_the_end_and_refused_when_they_are_spent(server) -> None:
    key = limited(server, tokens=10, per=60)
    told = []
    for path, body in ((CHAT, SCRIPT), (QUERY, {"query": "Tea", "model": "script"}), (CHAT, SCRIPT | {"stream": True})):
        answer = server.http.post(path, json=body, headers=as_owner(key) | NO_WAIT)
        told.append((answer.status_code, answer.headers.get("x-ratelimit-remaining-tokens")))
    assert told == [(200, "10"), (429, None), (429, "0")]
    assert answer.json()["error"]["message"].startswith("The limit of 10 tokens in 60 s is spent.")
    assert answer.headers["x-ratelimit-remaining-requests"] == "9997", "requests are left"
    assert int(answer.headers["retry-after-ms"]) > 0
    assert server.http.get("/v1/models", headers=as_owner(key)).status_code == 200, "what asks no model costs none"


@pytest.mark.parametrize("path", [QUERY, f"{QUERY}/stream", "/api/v1/infer"])
def test_every_door_to_a_model_charges_what_the_answer_says_it_used(server, path: str) -> None:
    key = server.sandbox()
    body = {"prompt" if path.endswith("infer") else "query": "Green| tea", "model": "script"}
    answer = server.http.post(path, json=body, headers=as_owner(key) | NO_WAIT)
    if path.endswith("infer"):
        server.http.get(f"/api/v1/result/{answer.json()['request_id']}", headers=as_owner(key))
    tier = server.http.get("/lab/limits", headers=as_owner(key)).json()["tokens"]
    whole = server.http.post(QUERY, json={"query": "Green| tea", "model": "script"}, headers=as_owner(key) | NO_WAIT)
    assert tier["limit"] - tier["remaining"] == whole.json()["tokens_used"] > 0


def test_a_client_that_leaves_pays_for_what_was_made_until_then(server) -> None:
    key = server.sandbox()
    words = {"query": "|".join(f"w{n}" for n in range(50)), "model": "script"}
    with server.dial() as wire:
        wire.send(server.request("POST", f"{QUERY}/stream", words, key, x_lab_pace="ttft=0;tps=20;jitter=0"))
        wire.until(b'"w3"')
    left = server.last(key)
    server.await_quiet()
    tokens = server.http.get("/lab/limits", headers=as_owner(key)).json()["tokens"]
    assert left["ended"] == "client left"
    assert 4 <= tokens["limit"] - tokens["remaining"] == left["produced"] < 50


def test_a_handshake_is_a_request_and_is_answered_with_the_family_too(server) -> None:
    key = limited(server, requests=2, per=60)
    url = f"{server.ws_url}/ws/echo"
    with connect(url, additional_headers=as_owner(key), proxy=None) as socket:
        assert (socket.response.status_code, socket.response.headers["x-ratelimit-remaining"]) == (101, "1")
    for path, status in (("/ws/nowhere", 404), ("/ws/echo", 429)):
        with pytest.raises(InvalidStatus) as caught:
            connect(server.ws_url + path, additional_headers=as_owner(key), proxy=None)
        response = caught.value.response
        assert (response.status_code, response.headers["x-ratelimit-remaining"]) == (status, "0")
    assert int(response.headers["retry-after"]) > 0


def test_the_operator_sets_what_a_standard_sandbox_may_do(start_server) -> None:
    live = start_server("--limit-requests", "2", "--limit-tokens", "50")
    key = live.sandbox()
    answers = [live.http.get("/v1/models", headers=as_owner(key)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["x-ratelimit-limit-tokens"] == "50"
    bench = live.http.get("/v1/models", headers=as_owner(live.sandbox(tier="bench")))
    assert int(bench.headers["x-ratelimit-limit-requests"]) > 1_000_000


def test_the_open_sandbox_has_room_for_a_crowd_and_counts_each_address_alone(shared_server) -> None:
    answer = shared_server.http.get("/health")
    assert answer.headers["x-ratelimit-limit"] == "100000"
    with httpx2.Client(transport=httpx2.HTTPTransport(local_address="127.0.0.9")) as elsewhere:
        first = elsewhere.get(f"{shared_server.url}/health")
    assert first.headers["x-ratelimit-remaining"] == "99999", "whatever the others have spent"
