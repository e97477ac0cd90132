"""An exchange as the running server recorded it: its parts, times, connection and end."""

import json
import threading
from collections.abc import Iterator

import pytest
import requests
from asking import CHAT, FAST, QUERY, SLOW, WORDS, dial, hear, last, post, read, text_of
from openai import OpenAI

from labkit.exchange import LATER, Exchange
from labkit.witness import Witness


@pytest.fixture
def witness(server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as made:
        yield made


def test_a_whole_answer_has_every_property_of_an_exchange(witness: Witness) -> None:
    url = f"{witness.url}/api/v1/query?cup=1"
    headers = {"X-Learner": "Mira", "authorization": f"Bearer {witness.key}"} | FAST
    answer = requests.post(url, json=QUERY, headers=headers, timeout=10)
    [seen] = witness.exchanges()
    assert (seen.number, seen.kind, seen.connection, seen.nth) == (1, "http", 1, 1)
    assert (seen.method, seen.target, seen.path) == ("POST", "/api/v1/query?cup=1", "/api/v1/query")
    assert seen.request.start == "POST /api/v1/query?cup=1 HTTP/1.1"
    assert ("X-Learner", "Mira") in seen.request.headers
    assert seen.request_body == answer.request.body
    assert seen.status == answer.status_code == 200
    assert dict(seen.response.headers) == dict(answer.headers)
    assert not seen.chunked
    assert seen.body == answer.content
    assert (seen.events, seen.deltas, seen.frames) == ([], [], ())
    assert (seen.ended, seen.fault, seen.produced) == ("complete", "", len(WORDS))
    assert seen.seconds is not None and 0 < seen.seconds < 5
    assert repr(seen) == "<exchange 1: POST /api/v1/query?cup=1 -> 200, complete>"


def test_deltas_of_the_query_stream_are_what_the_client_got(witness: Witness) -> None:
    with post(witness, "/api/v1/query/stream", QUERY) as answer:
        lines = [line for line in answer.iter_lines() if line.startswith(b"data: {")]
    messages = [json.loads(line[6:]) for line in lines]
    seen = last(witness)
    assert seen.chunked
    assert [event.json for event in seen.events] == [*messages, {}]
    assert seen.events[-1].data == "[DONE]"
    assert text_of(seen) == [message["chunk"] for message in messages if message["type"] == "content"] == WORDS
    assert (seen.produced, seen.ended) == (len(WORDS), "complete")


def test_deltas_of_a_chat_stream_are_what_the_sdk_gave(witness: Witness) -> None:
    with (
        OpenAI(base_url=f"{witness.url}/v1", api_key=witness.key, max_retries=0, default_headers=FAST) as client,
        client.chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True}) as stream,
    ):
        got = [choice.delta.content for chunk in stream for choice in chunk.choices if choice.delta.content]
    seen = last(witness)
    assert text_of(seen) == got == WORDS
    assert seen.events[-2].json["choices"] == [], "the bill has no choices, and no delta"
    assert (seen.produced, seen.ended) == (len(WORDS), "complete")


def test_deltas_of_a_websocket_are_what_the_client_heard_over_all_its_questions(witness: Witness) -> None:
    with dial(witness) as socket:
        heard = [*hear(socket), *hear(socket, "Black| tea")]
    seen = last(witness)
    assert (seen.kind, seen.status, seen.ended) == ("websocket", 101, "complete")
    assert [event.json for event in seen.events] == heard
    assert text_of(seen) == [*WORDS, "Black", " tea"]
    assert seen.produced == len(WORDS) + 2
    assert (seen.request_body, seen.body) == (b"", b"")


def test_frames_carry_who_sent_them_how_long_they_were_and_why_it_closed(witness: Witness) -> None:
    with dial(witness) as socket:
        question = json.dumps(QUERY)
        hear(socket)
        socket.close(1000, "enough 🍵")
    frames = last(witness).frames
    asked, *_, bye, goodbye = frames
    assert (asked.direction, asked.opcode, asked.fin, asked.text) == ("received", "text", True, question)
    assert asked.mask is not None and len(bytes.fromhex(asked.mask)) == 4
    assert asked.size == len(question) + 2 + 4
    assert {frame.mask for frame in frames if frame.direction == "sent"} == {None}
    assert (bye.direction, bye.opcode, bye.close_code) == ("received", "close", 1000)
    assert bye.payload[2:].decode() == "enough 🍵"
    assert (goodbye.direction, goodbye.opcode, goodbye.close_code) == ("sent", "close", 1000)
    assert [frame.at for frame in frames] == sorted(frame.at for frame in frames)
    assert {frame.close_code for frame in frames if frame.opcode == "text"} == {None}


def test_times_are_seconds_since_the_request_and_keep_the_models_pace(witness: Witness) -> None:
    with post(witness, "/api/v1/query/stream", QUERY, {"x-lab-pace": "ttft=0.2;tps=20;jitter=0"}) as answer:
        assert answer.content
    seen = last(witness)
    times = [at for at, _ in seen.deltas]
    assert all(at > 0.199 + 0.05 * number for number, at in enumerate(times)), times
    assert seen.seconds is not None and seen.seconds >= times[-1]


def test_connections_are_counted_by_sandbox_and_exchanges_by_connection(witness: Witness) -> None:
    headers = {"authorization": f"Bearer {witness.key}"}
    with requests.Session() as kept:
        for _ in range(2):
            kept.get(f"{witness.url}/health", headers=headers)
    requests.get(f"{witness.url}/health", headers=headers)
    assert [(seen.number, seen.connection, seen.nth) for seen in witness.exchanges()] == [
        (1, 1, 1),
        (2, 1, 2),
        (3, 2, 1),
    ]


def test_a_record_says_how_it_stood_to_the_others_and_what_became_of_it(witness: Witness) -> None:
    headers = {"authorization": f"Bearer {witness.key}", "x-stainless-retry-count": "1"} | SLOW
    with requests.Session() as kept, dial(witness):
        kept.post(f"{witness.url}/nowhere", headers=headers, data="tea", timeout=5)
        kept.post(f"{witness.url}/api/v1/query/stream", headers=headers, json=QUERY, stream=True, timeout=5).close()
    first, unread, left = witness.exchanges(wait=3)
    assert (first.kind, first.overlap, first.reused, first.retry_count) == ("websocket", 0, False, None)
    assert (unread.overlap, unread.reused, unread.retry_count, unread.unread) == (1, False, 1, 3)
    assert (left.overlap, left.reused, left.ended, left.produced_after) == (1, True, "client left", 0)
    assert left.left_after is not None and left.left_after <= 2
    assert (left.malformed, unread.left_after) == (False, None)


def test_a_record_of_an_older_server_is_read_too(witness: Witness, server) -> None:
    server.http.get("/health", headers={"x-api-key": witness.key})
    [record] = server.journal(witness.key)
    for name in LATER:
        del record[name]
    assert Exchange.from_json(record).overlap == 0
    with pytest.raises(KeyError):
        Exchange.from_json({name: value for name, value in record.items() if name != "ended"})


def test_an_open_exchange_has_no_end_yet(witness: Witness) -> None:
    with post(witness, "/api/v1/query/stream", {"query": "Green| tea", "model": "script"}, SLOW) as answer:
        [seen] = witness.exchanges(wait=0)
        assert (seen.ended, seen.seconds) == (None, None)
        assert repr(seen).endswith("-> 200, None>")
        assert answer.content
    assert last(witness).ended == "complete"


def test_a_request_that_waits_for_its_answer_has_no_status(witness: Witness) -> None:
    with dial(witness):  # so that the journal is not empty
        pass
    thread = threading.Thread(target=read_slowly, args=[witness])
    thread.start()
    while len(found := witness.exchanges(wait=0)) < 2:
        pass
    assert (found[1].status, found[1].body, found[1].deltas) == (None, b"", [])
    assert repr(found[1]).endswith("-> no answer, None>")
    thread.join()
    assert last(witness).status == 200


def read_slowly(witness: Witness) -> None:
    with post(witness, "/api/v1/query", QUERY, {"x-lab-pace": "ttft=0.3;tps=10000"}) as answer:
        assert answer.content


def test_a_client_that_leaves_is_seen_to_leave_and_was_not_sent_the_rest(witness: Witness) -> None:
    with post(witness, "/api/v1/query/stream", QUERY, {"x-lab-pace": "ttft=0;tps=4;jitter=0"}) as answer:
        for line in answer.iter_lines():
            if b" tea" in line:
                break
    seen = last(witness)
    assert seen.ended == "client left"
    assert 2 <= seen.produced < len(WORDS)
    assert text_of(seen) == WORDS[: len(seen.deltas)]


def test_of_several_answers_at_once_every_delta_is_seen(witness: Witness) -> None:
    body = CHAT | {"stream": True, "n": 2}
    data = read(witness, "/v1/chat/completions", body).decode()
    got = [json.loads(line[6:]) for line in data.split("\n") if line.startswith("data: {")]
    pieces = [choice["delta"].get("content") for chunk in got for choice in chunk["choices"]]
    assert text_of(last(witness)) == [piece for piece in pieces if piece]
    assert sorted(text_of(last(witness))) == sorted(WORDS * 2)


def test_a_delta_may_hold_what_python_takes_for_a_line_end(witness: Witness) -> None:
    body = {"query": "one\u2028two| three\x85four", "model": "script"}
    read(witness, "/api/v1/query/stream", body)
    assert text_of(last(witness)) == ["one\u2028two", " three\x85four"]


def test_a_key_that_the_model_repeats_is_blotted_out_and_the_rest_is_still_read(witness: Witness) -> None:
    read(witness, "/api/v1/query/stream", {"query": f"Green| {witness.key}| tea", "model": "script"})
    seen = last(witness)
    assert [text for text in text_of(seen) if "[key*" not in text] == ["Green", " tea"]
    assert seen.events[-1].data == "[DONE]"


def test_the_answer_is_the_final_one_not_the_100_before_it(witness: Witness, server) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", "/api/v1/query", QUERY, witness.key, expect="100-continue"))
        wire.until(b"}")
    seen = last(witness)
    assert seen.status == 200
    assert json.loads(seen.body)["response"] == "".join(WORDS)
