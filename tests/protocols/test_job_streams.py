"""The event stream of a job over real sockets: resume at every event and after every byte, the ends, the refusals."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from labserver import sse

FAST = "ttft=0;tps=10000;jitter=0"
TEA = {"prompt": "Green| tea| is| good| 🍵|.", "model": "script"}
LAST = 7  # start is 0, six tokens, complete


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def submit(server, key: str, pace: str = FAST, fault: str = "", **more) -> str:
    headers = {**bearer(key), "x-lab-pace": pace} | ({"x-lab-fault": fault} if fault else {})
    answer = server.http.post("/api/v1/infer", json=TEA | more, headers=headers)
    return answer.raise_for_status().json()["request_id"]


def get(server, key: str, request_id: str, last: str = "", **params: str):
    headers = bearer(key) | ({"last-event-id": last} if last else {})
    return server.http.get(f"/api/v1/stream/{request_id}", headers=headers, params=params)


def until_over(server, key: str, request_id: str) -> dict:
    deadline = time.monotonic() + 5
    while (seen := server.http.get(f"/api/v1/status/{request_id}", headers=bearer(key)).json())["status"] == (
        "processing"
    ):
        assert time.monotonic() < deadline
    return seen


def events(body: bytes) -> list[sse.ServerSentEvent]:
    return list(sse.Decoder().feed(body))


def test_the_whole_stream_to_the_byte(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key)
    answer = get(server, key, request_id)
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = [("start", {"request_id": request_id})]
    told += [("token", {"chunk": n, "data": text}) for n, text in enumerate(TEA["prompt"].split("|"))]
    told += [("complete", {"status": "done"})]
    assert answer.content.decode() == "".join(
        f"event: {name}\nid: {place}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
        for place, (name, data) in enumerate(told)
    )


@pytest.mark.parametrize("how", ["header", "query"])
@pytest.mark.parametrize("seen", range(LAST))
def test_a_finished_job_resumes_after_any_event(server, seen: int, how: str) -> None:
    key = server.sandbox()
    request_id = submit(server, key)
    until_over(server, key, request_id)
    whole = events(get(server, key, request_id).content)
    assert [event.id for event in whole] == [str(place) for place in range(LAST + 1)]
    if how == "header":
        rest = get(server, key, request_id, last=str(seen))
    else:
        rest = get(server, key, request_id, last_event_id=str(seen))
    assert events(rest.content) == whole[seen + 1 :]


def test_who_has_the_last_event_gets_204_and_a_browser_stops(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key)
    until_over(server, key, request_id)
    answer = get(server, key, request_id, last=str(LAST))
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_header_of_a_reconnect_wins_over_the_query_of_the_first_try(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key)
    until_over(server, key, request_id)
    assert events(get(server, key, request_id, last="5", last_event_id="1").content)[0].id == "6"


def test_a_stream_that_is_cut_after_any_byte_resumes_without_gap_or_double(server) -> None:
    """The client hangs up in the middle of whatever; what was whole counts, the torn event comes again."""
    key = server.sandbox()
    request_id = submit(server, key)
    until_over(server, key, request_id)
    body = get(server, key, request_id).content
    whole = events(body)
    for cut in range(len(body)):
        got = events(body[:cut])
        rest = get(server, key, request_id, last=got[-1].id if got else "")
        if got == whole:
            assert rest.status_code == 204
        else:
            assert got + events(rest.content) == whole, cut


def test_a_live_stream_survives_a_cut_at_every_event(server) -> None:
    """The server cuts each connection after one event, while the job runs; seven reconnects later all is there once."""
    key = server.sandbox()
    request_id = submit(server, key, "ttft=0.02;tps=100;jitter=0")
    got: list[sse.ServerSentEvent] = []
    connections = 0
    while not got or got[-1].event != "complete":
        connections += 1
        assert connections < 50
        headers = {**bearer(key), "x-lab-fault": "slice;bytes=5,cut;after=1"}
        headers |= {"last-event-id": got[-1].id} if got else {}
        decoder = sse.Decoder()
        try:
            with requests.get(f"{server.url}/api/v1/stream/{request_id}", headers=headers, stream=True, timeout=5) as r:
                for piece in r.iter_content(None):
                    got += decoder.feed(piece)
        except requests.exceptions.ChunkedEncodingError:
            pass
    assert [event.id for event in got] == [str(place) for place in range(LAST + 1)]
    assert connections == LAST + 1
    assert "".join(json.loads(event.data)["data"] for event in got[1:-1]) == "Green tea is good 🍵."


def test_tokens_come_when_they_are_due_and_not_at_the_end(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, "ttft=0.2;tps=20;jitter=0")
    get(server, key, request_id)
    times = [at for at, _ in server.last(key)["response"]]
    assert 0.4 <= times[-1] - times[0] < 2, "0.2 s to the first token and five gaps of 0.05 s, less the way here"
    assert len([at for at in times if at > 0.15]) >= 6


def test_several_readers_of_one_job_hear_the_same(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, "ttft=0.05;tps=100;jitter=0.5")
    with ThreadPoolExecutor(8) as pool:
        heard = list(
            pool.map(
                lambda _: (
                    requests.get(f"{server.url}/api/v1/stream/{request_id}", headers=bearer(key), timeout=5).content
                ),
                range(8),
            )
        )
    assert set(heard) == {heard[0]}
    assert events(heard[0])[-1].event == "complete"


@pytest.mark.parametrize("wrong", ["8", "99", "-1", "1.5", "tea", "²", "9" * 5000])
def test_an_id_that_was_never_sent_is_refused_with_the_newest(server, wrong: str) -> None:
    key = server.sandbox()
    request_id = submit(server, key)
    until_over(server, key, request_id)
    answer = get(server, key, request_id, last_event_id=wrong)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["details"]["newest"]) == ("INVALID_REQUEST", LAST)


def test_an_event_that_has_not_happened_yet_was_not_sent_either(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, "ttft=30")
    assert get(server, key, request_id, last="1").status_code == 400


def test_where_the_log_no_longer_reaches_back_the_answer_says_so(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, keep_events=3)
    until_over(server, key, request_id)
    for last in ("", "0", "3"):
        answer = get(server, key, request_id, last)
        assert answer.status_code == 410
        error = answer.json()["error"]
        assert error["code"] == "EVENTS_GONE"
        assert error["details"] == {"oldest": 5, "newest": 7, "wanted": int(last or -1) + 1}
        assert f"/api/v1/result/{request_id}" in error["message"]
    assert [event.id for event in events(get(server, key, request_id, "4").content)] == ["5", "6", "7"]
    assert get(server, key, request_id, str(LAST)).status_code == 204


def test_a_failing_job_ends_its_stream_with_failed_and_resumes_as_well(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, fault="late_error;after=2")
    told = events(get(server, key, request_id).content)
    assert [event.event for event in told] == ["start", "token", "token", "failed"]
    assert json.loads(told[-1].data)["error"]["code"] == "PROCESSING_FAILED"
    assert events(get(server, key, request_id, "2").content) == told[3:]
    assert get(server, key, request_id, "3").status_code == 204


def test_a_cancelled_job_ends_its_open_stream_at_once(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, "ttft=0;tps=0.5;jitter=0")
    with server.dial() as wire:
        wire.send(server.request("GET", f"/api/v1/stream/{request_id}", key=key, connection="close"))
        wire.until(b'"data": "Green"}\n\n')
        server.http.post(f"/api/v1/cancel/{request_id}", headers=bearer(key)).raise_for_status()
        rest = wire.rest()
    assert b"event: cancelled\nid: 2\n" in rest
    assert b'"code": "CANCELLED"' in rest
    assert rest.endswith(b"0\r\n\r\n"), "a clean end"
    assert server.journal(key)[1]["seconds"] < 2, "long before the next token was due"


def test_a_reader_who_leaves_frees_the_stream_and_the_job_goes_on(server) -> None:
    key = server.sandbox()
    request_id = submit(server, key, "ttft=0.1;tps=50;jitter=0")
    with server.dial() as wire:
        wire.send(server.request("GET", f"/api/v1/stream/{request_id}", key=key))
        wire.until(b"event: start")
    server.await_quiet()
    assert until_over(server, key, request_id)["result"] == "Green tea is good 🍵."
    assert server.journal(key)[1]["ended"] == "client left"


def test_a_server_that_ends_says_farewell_to_an_open_stream(start_server) -> None:
    live = start_server()
    key = live.sandbox()
    request_id = submit(live, key, "ttft=30")
    with live.dial() as wire:
        wire.send(live.request("GET", f"/api/v1/stream/{request_id}", key=key))
        wire.until(b"event: start")
        assert live.stop() < 3
        assert b": the lab server is shutting down\n\n" in wire.rest()
