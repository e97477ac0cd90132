"""`/metrics` of a real server after real traffic: every series moves, and says what the journal says."""

import time
from collections import Counter
from collections.abc import Callable

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text
from websockets.sync.client import connect

from labserver.app import create_app
from labserver.settings import Settings
from labserver.surfaces import SURFACES

WORDS = "|".join(f" word{number}" for number in range(40))
SLOW = "ttft=0;tps=4;jitter=0"
FAST = {"x-lab-pace": "ttft=0.01;tps=200;jitter=0"}
STREAM = "/api/v1/query/stream"
SERIES = {
    "wirelab_info", "wirelab_requests_total", "wirelab_request_seconds", "wirelab_stream_first_byte_seconds",
    "wirelab_first_delta_seconds", "wirelab_delta_gap_seconds", "wirelab_tokens_total", "wirelab_faults_total",
    "wirelab_clients_left_total", "wirelab_callback_attempts_total", "wirelab_open_exchanges", "wirelab_open_streams",
    "wirelab_open_sockets", "wirelab_sandboxes", "wirelab_sandboxes_evicted_total", "wirelab_jobs",
    "wirelab_journal_exchanges", "wirelab_journal_bytes",
}  # fmt: skip

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def live(start_for_all):
    return start_for_all("--solo")


def samples(live) -> Samples:
    families = read_text(live.http.get("/metrics").raise_for_status().text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def total(seen: Samples, name: str, **labels: str) -> float:
    """The sum over every series of that name with these labels."""
    return sum(value for (said, own), value in seen.items() if said == name and labels.items() <= set(own))


def moved(live, before: Samples, name: str, **labels: str) -> float:
    return total(samples(live), name, **labels) - total(before, name, **labels)


def until(condition: Callable[[], bool], why: str) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, why


def ask(live, key: str, **wishes: str) -> bytes:
    return live.request("POST", STREAM, {"query": WORDS, "model": "script"}, key, **wishes)


def test_requests_are_counted_as_the_journal_has_them(live) -> None:
    key, before = live.sandbox(), samples(live)
    own = {"x-api-key": key}
    for path in (
        "/health",
        "/health",
        "/v1/models/script",
        "/v1/models/none",
        "/nowhere/1",
        "/nowhere/2",
        "/raw/status/299",
    ):
        live.http.get(path, headers=own)
    live.http.put("/health", headers=own)
    live.http.post("/api/v1/query", json={"query": "Green| tea", "model": "script"}, headers=own | FAST)
    journal = Counter((record.asked.split(b" ")[0].decode(), str(record["status"])) for record in live.journal(key))
    after = samples(live)
    for (method, status), count in journal.items():
        counted = total(after, "wirelab_requests_total", method=method, status=status) - total(
            before, "wirelab_requests_total", method=method, status=status
        )
        # What is under /lab and /metrics is counted, but in no journal; a nameless status counts with its class.
        assert counted >= count or status == "299", (method, status)
    each = {
        ("health", "/health", "200"): 2, ("health", "/health", "405"): 1,
        ("openai_models", "/v1/models/{model}", "200"): 1, ("openai_models", "/v1/models/{model}", "404"): 1,
        ("unknown", "unknown", "404"): 2, ("raw", "/raw/status/{code}", "2xx"): 1, ("query", "/api/v1/query", "200"): 1,
        ("lab_journal", "/lab/journal", "200"): 1, ("metrics", "/metrics", "200"): 1,
    }  # fmt: skip
    for (surface, route, status), count in each.items():
        asked = {"surface": surface, "route": route}
        assert (
            total(after, "wirelab_requests_total", status=status, **asked)
            - total(before, "wirelab_requests_total", status=status, **asked)
            == count
        ), route
    assert sum(journal.values()) == 9


def test_the_latency_of_a_request_is_what_the_journal_measured(live) -> None:
    key, before = live.sandbox(), samples(live)
    live.http.get("/raw/delay?seconds=0.3", headers={"x-api-key": key})
    asked = {"route": "/raw/delay"}
    [record] = live.journal(key)
    assert moved(live, before, "wirelab_request_seconds_sum", **asked) == pytest.approx(record["seconds"])
    assert moved(live, before, "wirelab_request_seconds_count", **asked) == 1
    assert moved(live, before, "wirelab_request_seconds_bucket", le="0.25", **asked) == 0
    assert moved(live, before, "wirelab_request_seconds_bucket", le="+Inf", **asked) == 1


@pytest.mark.parametrize("path", [STREAM, "/api/v1/query"])
def test_deltas_and_tokens_are_those_that_the_model_made(live, path: str) -> None:
    key, before = live.sandbox(), samples(live)
    headers = {"x-api-key": key, "x-lab-pace": "ttft=0.2;tps=20;jitter=0"}
    live.http.post(path, json={"query": "Green| tea| is| good", "model": "script"}, headers=headers).raise_for_status()
    [record] = live.journal(key)
    assert record["produced"] == 4
    assert moved(live, before, "wirelab_first_delta_seconds_count", model="script") == 1
    assert moved(live, before, "wirelab_delta_gap_seconds_count", model="script") == 3
    assert moved(live, before, "wirelab_first_delta_seconds_sum", model="script") > 0.15
    assert moved(live, before, "wirelab_delta_gap_seconds_sum", model="script") > 0.1
    assert moved(live, before, "wirelab_tokens_total", model="script", kind="completion") == 4
    assert moved(live, before, "wirelab_tokens_total", model="script", kind="prompt") > 0
    assert moved(live, before, "wirelab_stream_first_byte_seconds_count", route=path) == (path == STREAM)


def test_a_jobs_deltas_count_for_whoever_they_are_told(live) -> None:
    key, before = live.sandbox(), samples(live)
    own = {"x-api-key": key, **FAST}
    job = live.http.post("/api/v1/infer", json={"prompt": "Green| tea", "model": "script"}, headers=own).json()
    live.http.get(f"/api/v1/stream/{job['request_id']}", headers=own).raise_for_status()
    with connect(f"{live.ws_url}/api/v1/ws?key={key}", additional_headers=FAST, proxy=None) as socket:
        socket.send('{"prompt": "Green| tea", "model": "script", "stream": true}')
        while '"result"' not in str(socket.recv(timeout=5)):
            pass
    made = sum(record["produced"] for record in live.journal(key))
    told = [
        moved(live, before, f"wirelab_{name}_seconds_count", model="script") for name in ("first_delta", "delta_gap")
    ]
    assert (made, sum(told)) == (4, 4)
    assert moved(live, before, "wirelab_jobs") == 2


def test_what_is_open_is_seen_while_it_is_open(live) -> None:
    key, before = live.sandbox(), samples(live)
    with live.dial() as wire, connect(f"{live.ws_url}/ws/echo?key={key}", proxy=None):
        wire.send(ask(live, key, x_lab_pace=SLOW))
        wire.until(b"word1")
        assert moved(live, before, "wirelab_open_streams") == 1
        assert moved(live, before, "wirelab_open_sockets") == 1
        assert moved(live, before, "wirelab_open_exchanges") == 2
    until(lambda: moved(live, before, "wirelab_open_exchanges") == 0, "both have ended")
    assert moved(live, before, "wirelab_open_streams") == moved(live, before, "wirelab_open_sockets") == 0


def test_one_who_leaves_a_stream_counts_as_such_and_what_was_made_counts_too(live) -> None:
    key, before = live.sandbox(), samples(live)
    with live.dial() as wire:
        wire.send(ask(live, key, x_lab_pace=SLOW))
        wire.until(b"word2")
    record = live.last(key)
    until(lambda: moved(live, before, "wirelab_first_delta_seconds_count") == 1, "the model was let go")
    assert moved(live, before, "wirelab_clients_left_total", surface="query") == 1
    assert moved(live, before, "wirelab_delta_gap_seconds_count", model="script") == record["produced"] - 1
    assert moved(live, before, "wirelab_tokens_total") == 0, "there was no bill"


def test_faults_are_counted_by_name(live) -> None:
    key, before = live.sandbox(), samples(live)
    with live.dial() as wire:
        wire.send(ask(live, key, x_lab_fault="cut;after=2,pings", **{"x-lab-pace": "ttft=0;tps=1000"}))
        wire.rest()
    assert live.last(key)["fault"] == "pings,cut;after=2"
    assert moved(live, before, "wirelab_faults_total", fault="cut") == 1
    assert moved(live, before, "wirelab_faults_total", fault="pings") == 1
    assert moved(live, before, "wirelab_faults_total") == 2
    assert moved(live, before, "wirelab_clients_left_total") == 0, "the fault ended it, not the client"


def test_what_is_no_request_is_counted_too(live) -> None:
    before = samples(live)
    with live.dial() as wire:
        wire.send(b"tea\r\n\r\n")
        wire.rest()
    with live.dial() as wire:
        wire.send(b"GET /health HTTP/1.1\r\nhost: la")
    asked = {"surface": "malformed", "route": "malformed", "method": "none", "status": "400"}
    assert moved(live, before, "wirelab_requests_total", **asked) == 1
    asked = {"surface": "unfinished", "status": "none"}
    until(lambda: moved(live, before, "wirelab_requests_total", **asked) == 1, "it ended with its connection")


def test_journals_sandboxes_and_callbacks_are_counted(live) -> None:
    before = samples(live)
    key = live.sandbox()
    with live.dial() as wire:
        free = wire.socket.getsockname()[1]  # once it is closed, nobody listens there
    body = {"prompt": "tea", "model": "script", "callback_url": f"http://127.0.0.1:{free}/told"}
    live.http.post("/api/v1/infer", json=body, headers={"x-api-key": key, **FAST}).raise_for_status()
    until(lambda: moved(live, before, "wirelab_callback_attempts_total", outcome="retrying") >= 1, "it was tried")
    assert moved(live, before, "wirelab_sandboxes") == 1
    assert moved(live, before, "wirelab_journal_exchanges") == 1
    [record] = live.journal(key)
    assert moved(live, before, "wirelab_journal_bytes") == len(record.asked) + len(record.answered)


def test_every_series_is_there_in_both_formats_and_no_label_is_unbounded(live) -> None:
    for path in ("/health", "/nowhere/abc", "/v1/models/some-model"):
        live.http.get(path)
    live.http.request("BREW", "/health")
    plain = live.http.get("/metrics")
    newer = live.http.get("/metrics", headers={"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"})
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert newer.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert newer.text.endswith("# EOF\n")
    of_counters = {family.name + ("_total" if family.type == "counter" else "_info" * (family.type == "info"))
                   for family in read_openmetrics(newer.text)}  # fmt: skip
    assert of_counters >= SERIES
    assert {family.name for family in read_text(plain.text)} >= {name.removesuffix("_total") for name in SERIES}
    assert "some-model" not in plain.text and "abc" not in plain.text
    seen = [dict(own) for _, own in samples(live)]
    labels = {label: {own.get(label) for own in seen} - {None} for label in ("route", "method", "surface", "model")}
    templates = {route.path_format for router in SURFACES.values() for route in router.routes}
    assert labels["route"] <= templates | {"unknown", "malformed", "unfinished", "/static"}
    assert labels["surface"] <= {*SURFACES, "unknown", "malformed", "unfinished", "static"}
    assert labels["method"] <= {
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "WEBSOCKET",
        "other",
        "none",
    }
    assert labels["model"] <= {model["id"] for model in live.http.get("/v1/models").json()["data"]}


def test_a_scrape_is_in_no_journal_and_needs_no_key(live) -> None:
    key = live.sandbox()
    assert live.http.get("/metrics", headers={"x-api-key": key}).status_code == 200
    assert live.http.head("/metrics").status_code == 200
    assert live.journal(key) == []
    assert key not in live.http.get("/metrics").text


def test_two_apps_in_one_process_do_not_share_a_number() -> None:
    one, other = (create_app(Settings()).state.lab.metrics for _ in range(2))
    one._tokens["script", "prompt"] += 3
    assert one.registry.get_sample_value("wirelab_tokens_total", {"model": "script", "kind": "prompt"}) == 3
    assert other.registry.get_sample_value("wirelab_tokens_total", {"model": "script", "kind": "prompt"}) is None
