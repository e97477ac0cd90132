"""The raw routes over a real socket: their bytes, their knobs, and what they say to a knob turned too far."""

import json
import time

import httpx2
import pytest
import requests

from labserver import sse
from labserver.conformance import CASES
from labserver.message import unchunked

QUICK = {"interval": 0}


def events(answer: httpx2.Response) -> list[sse.ServerSentEvent]:
    return list(sse.Decoder().feed(answer.content))


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_a_stream_of_events_has_as_many_as_asked_with_ids_names_and_retry(server) -> None:
    knobs = {**QUICK, "count": 4, "retry": 1500, "event": ["tick", "notice"]}
    answer = server.http.get("/raw/sse", params=knobs)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer)
    assert [(event.id, event.event, event.retry) for event in told] == [
        ("1", "tick", 1500),
        ("2", "notice", 1500),
        ("3", "tick", 1500),
        ("4", "notice", 1500),
    ]
    assert [json.loads(event.data)["n"] for event in told] == [1, 2, 3, 4]
    assert answer.content.startswith(b"retry: 1500\nevent: tick\nid: 1\ndata: {")


def test_without_ids_no_event_has_one_and_nothing_resumes(server) -> None:
    answer = server.http.get("/raw/sse", params={**QUICK, "ids": False, "count": 2}, headers={"last-event-id": "1"})
    assert [event.id for event in events(answer)] == ["", ""]


def test_a_stream_resumes_without_gap_or_double_and_ends_with_204(server) -> None:
    whole = events(server.http.get("/raw/sse", params={**QUICK, "seed": 3}))
    for seen in range(1, 5):
        for resumed in (
            server.http.get("/raw/sse", params={**QUICK, "seed": 3}, headers={"last-event-id": str(seen)}),
            server.http.get("/raw/sse", params={**QUICK, "seed": 3, "last_event_id": seen}),
        ):
            assert events(resumed) == whole[seen:]
    assert server.http.get("/raw/sse", headers={"last-event-id": "5"}).status_code == 204


def test_the_same_seed_is_the_same_stream_and_another_is_another(server) -> None:
    for path in ("/raw/sse", "/raw/ndjson", "/raw/bytes"):
        knobs = {} if path == "/raw/bytes" else dict(QUICK)
        first, again, other = (server.http.get(path, params={**knobs, "seed": seed}).content for seed in (1, 1, 2))
        assert first == again != other
        of_sandbox = server.http.get(path, params=knobs, headers=bearer(server.sandbox(seed=1))).content
        assert of_sandbox == first, "a sandbox's seed counts where none is asked for"


def test_lines_of_json_come_one_a_chunk(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("GET", "/raw/ndjson?count=3&interval=0", key=key))
        head, _, body = wire.answer().partition(b"\r\n\r\n")
    assert b"application/x-ndjson" in head
    assert [json.loads(line)["n"] for line in unchunked(body).splitlines()] == [1, 2, 3]
    chunks = body.split(b"\r\n")[1::2]
    assert [chunk.endswith(b"\n") and chunk.count(b"\n") == 1 for chunk in chunks[:3]] == [True] * 3


def test_messages_come_at_their_interval(server) -> None:
    began = time.monotonic()
    arrived = []
    with server.http.stream("GET", "/raw/ndjson", params={"count": 3, "interval": 0.2}) as answer:
        for _ in answer.iter_lines():
            arrived.append(time.monotonic() - began)
    assert arrived[0] < 0.19 <= arrived[1] < 0.39 <= arrived[2]


@pytest.mark.parametrize(
    ("framing", "told", "untold"),
    [
        ("chunked", b"transfer-encoding: chunked", b"content-length"),
        ("length", b"content-length: 47", b"transfer-encoding"),
        ("close", b"connection: close", b"content-length"),
    ],
)
def test_bytes_drip_and_end_as_their_framing_says(server, framing: str, told: bytes, untold: bytes) -> None:
    path = f"/raw/drip?bytes=47&chunk=10&interval=0&framing={framing}"
    with server.dial() as wire:
        wire.send(server.request("GET", path))
        head, _, body = (wire.rest() if framing == "close" else wire.answer()).partition(b"\r\n\r\n")
        if framing != "close":  # the connection is still good
            wire.send(server.request("GET", "/health"))
            assert wire.answer().startswith(b"HTTP/1.1 200")
    assert told in head.lower()
    assert untold not in head.lower()
    if framing == "close":
        assert b"transfer-encoding" not in head.lower()
    assert len(unchunked(body) if framing == "chunked" else body) == 47
    assert requests.get(f"{server.url}{path}", timeout=5).content == (unchunked(body) if framing == "chunked" else body)


def test_a_body_that_the_connection_ends_is_a_complete_exchange(server) -> None:
    key = server.sandbox()
    assert len(server.http.get("/raw/drip?interval=0&framing=close", headers=bearer(key)).content) == 200
    assert server.last(key)["ended"] == "complete"


@pytest.mark.parametrize("code", range(200, 600))
def test_any_status_comes_as_asked(server, code: int) -> None:
    answer = server.http.get(f"/raw/status/{code}", params={"retry_after": 7})
    assert answer.status_code == code
    assert answer.headers["retry-after"] == "7"
    if code >= 400:
        assert answer.json()["error"]["code"]
    elif code in (204, 205, 304):
        assert answer.content == b""
    else:
        assert answer.json()["status"] == code


def test_a_status_without_retry_after_has_none(server) -> None:
    assert "retry-after" not in server.http.get("/raw/status/503").headers


def test_a_delay_is_as_long_as_asked_and_a_client_may_lose_patience(server) -> None:
    began = time.monotonic()
    assert server.http.get("/raw/delay", params={"seconds": 0.3}).json() == {"seconds": 0.3}
    assert time.monotonic() - began >= 0.3
    with pytest.raises(httpx2.ReadTimeout):
        server.http.get("/raw/delay", params={"seconds": 20}, timeout=0.2)
    server.await_quiet()


def test_bytes_are_as_many_as_asked(server) -> None:
    for n in (0, 1, 1_000_000):
        assert len(server.http.get("/raw/bytes", params={"n": n}).content) == n


@pytest.mark.parametrize(
    ("path", "knob"),
    [
        ("/raw/sse?count=0", "count"),
        ("/raw/sse?count=10001", "count"),
        ("/raw/sse?count=many", "count"),
        ("/raw/sse?interval=-1", "interval"),
        ("/raw/sse?interval=31", "interval"),
        ("/raw/sse?interval=nan", "interval"),
        ("/raw/sse?interval=inf", "interval"),
        ("/raw/sse?count=10000&interval=30", "interval"),
        ("/raw/sse?retry=-5", "retry"),
        ("/raw/sse?ids=perhaps", "ids"),
        ("/raw/sse?event=", "event.0"),
        ("/raw/sse?event=a%0Adata:x", "event.0"),
        ("/raw/sse?cuont=3", "cuont"),
        ("/raw/sse?seed=-1", "seed"),
        ("/raw/ndjson?ids=true", "ids"),
        ("/raw/drip?bytes=100001", "bytes"),
        ("/raw/drip?chunk=0", "chunk"),
        ("/raw/drip?framing=smoke", "framing"),
        ("/raw/drip?bytes=100000&chunk=1&interval=1", "interval"),
        ("/raw/delay?seconds=31", "seconds"),
        ("/raw/bytes?n=10000001", "n"),
        ("/raw/status/199", "code"),
        ("/raw/status/600", "code"),
        ("/raw/status/tea", "code"),
        ("/raw/status/503?retry_after=soon", "retry_after"),
        ("/raw/sse/conformance/lf?slice=0", "slice"),
    ],
)
def test_a_knob_turned_too_far_is_refused_by_name(server, path: str, knob: str) -> None:
    answer = server.http.get(path)
    assert answer.status_code == 422
    assert knob in answer.json()["error"]["details"]["fields"]


@pytest.mark.parametrize("last_id", ["6", "-1", "tea", "²", "9" * 5000])
def test_an_id_that_the_stream_cannot_have_sent_is_400(server, last_id: str) -> None:
    answer = server.http.get("/raw/sse", params={"last_event_id": last_id})
    assert answer.status_code == 400
    assert "1 to 5" in answer.json()["error"]["message"]


def test_a_browsers_key_in_the_query_is_no_unknown_knob(server) -> None:
    key = server.sandbox()
    assert server.http.get("/raw/sse", params={**QUICK, "key": key}).status_code == 200
    assert server.last(key)["produced"] == 5


def test_the_raw_routes_take_get_alone(server) -> None:
    refused = server.http.post("/raw/delay")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("slice", [None, 1, 7])
@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_standard_crosses_the_wire_byte_for_byte(server, name: str, slice: int | None) -> None:
    with server.dial() as wire:
        path = f"/raw/sse/conformance/{name}" + (f"?slice={slice}" if slice else "")
        wire.send(server.request("GET", path, connection="close"))
        head, _, body = wire.rest().partition(b"\r\n\r\n")
    assert b"content-type: text/event-stream" in head
    assert unchunked(body) == CASES[name].raw


def test_the_index_tells_a_reader_everything_it_needs(server) -> None:
    index = server.http.get("/raw/sse/conformance").json()
    assert list(index["cases"]) == list(CASES)
    for name, case in index["cases"].items():
        raw = server.http.get(case["url"]).content
        assert raw.hex() == case["bytes"]
        told = sse.Decoder().feed(raw)
        assert case["expected"] == [
            {"data": event.data, "event": event.event, "id": event.id, "retry": event.retry} for event in told
        ], name
        assert case["last_event_id"] == CASES[name].last_id


def test_an_unknown_case_is_404_and_names_the_index(server) -> None:
    answer = server.http.get("/raw/sse/conformance/tea")
    assert answer.status_code == 404
    assert "/raw/sse/conformance" in answer.json()["error"]["message"]


def test_a_client_that_leaves_ends_the_stream(server) -> None:
    key = server.sandbox()
    with server.http.stream("GET", "/raw/ndjson?count=1000&interval=0.05", headers=bearer(key)) as answer:
        next(answer.iter_lines())
    record = server.last(key)
    assert record["ended"] == "client left"
    assert record["produced"] < 10


@pytest.mark.parametrize(
    ("path", "farewell"),
    [("/raw/sse", b": The lab server is shutting down"), ("/raw/ndjson", b"PIPELINE_UNAVAILABLE")],
)
def test_a_server_that_ends_says_so_in_the_stream(start_server, path: str, farewell: bytes) -> None:
    live = start_server()
    with live.dial() as wire:
        wire.send(live.request("GET", f"{path}?interval=30"))
        wire.until(b'"n": 1')
        assert live.stop() < 3
        told = wire.rest()
    assert farewell in told
    assert told.endswith(b"\r\n0\r\n\r\n")


def test_the_routes_are_described(server) -> None:
    described = server.http.get("/lab/openapi.json").json()["paths"]
    knobs = {knob["name"] for knob in described["/raw/sse"]["get"]["parameters"]}
    assert {"count", "interval", "ids", "retry", "event", "seed", "last_event_id"} <= knobs
