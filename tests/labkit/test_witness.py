"""The witness against the running server: what it says of a recorded exchange, and what it can do to a sandbox."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from openai import OpenAI
from websockets.sync.client import ClientConnection, connect

from labkit.witness import LATER, Exchange, Witness, WitnessError

WORDS = ["Green", " tea", " is", " good", " 🍵", "."]
SCRIPT = "|".join(WORDS)
FAST = {"x-lab-pace": "ttft=0;tps=10000;jitter=0"}
SLOW = {"x-lab-pace": "ttft=0;tps=2;jitter=0"}
QUERY = {"query": SCRIPT, "model": "script"}
CHAT = {"model": "script", "messages": [{"role": "user", "content": SCRIPT}]}
CURE = r"Run the `labkit\.open` cell again"


@pytest.fixture
def witness(server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as made:
        yield made


def post(witness: Witness, path: str, body: dict[str, object], pace: dict[str, str] = FAST) -> requests.Response:
    headers = {"authorization": f"Bearer {witness.key}"} | pace
    return requests.post(witness.url + path, json=body, headers=headers, stream=True, timeout=10)


def read(witness: Witness, path: str, body: dict[str, object]) -> bytes:
    """A whole answer's body."""
    with post(witness, path, body) as answer:
        return answer.content


def dial(witness: Witness, pace: dict[str, str] = FAST) -> ClientConnection:
    url = witness.url.replace("http", "ws", 1) + "/api/v1/query/ws"
    headers = {"authorization": f"Bearer {witness.key}"} | pace
    return connect(url, additional_headers=headers, proxy=None, compression=None)


def hear(socket: ClientConnection, query: str = SCRIPT) -> list[dict[str, object]]:
    """One question and the messages that answer it."""
    socket.send(json.dumps({"query": query, "model": "script"}))
    heard: list[dict[str, object]] = []
    while not heard or heard[-1]["type"] not in ("end", "error"):
        heard.append(json.loads(socket.recv(timeout=5)))
    return heard


def last(witness: Witness) -> Exchange:
    return witness.exchanges(wait=3)[-1]


def text_of(exchange: Exchange) -> list[str]:
    return [text for _, text in exchange.deltas]


# What one exchange was


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


# Faults


def test_a_fault_breaks_the_next_answer_and_names_itself_in_the_record(witness: Witness) -> None:
    assert witness.add_fault(" cut ; after=3 ") == "cut;after=3"
    with post(witness, "/api/v1/query/stream", QUERY) as answer, suppress(requests.RequestException):
        assert answer.content
    assert read(witness, "/api/v1/query/stream", QUERY).endswith(b"[DONE]\n\n")
    broken, honest = witness.exchanges()
    assert (broken.ended, broken.fault) == ("cut by a fault", "cut;after=3")
    assert text_of(broken) == WORDS[:2], "the first of the three events is `start`"
    assert (honest.ended, honest.fault, text_of(honest)) == ("complete", "", WORDS)


def test_a_fault_can_be_meant_for_one_path_and_for_several_answers(witness: Witness) -> None:
    witness.add_fault("no_done", path="/api/*", first=2)
    read(witness, "/v1/chat/completions", CHAT)
    ends = [read(witness, "/api/v1/query/stream", QUERY).endswith(b"[DONE]\n\n") for _ in range(3)]
    assert ends == [False, False, True]
    assert [seen.fault for seen in witness.exchanges()] == ["", "no_done", "no_done", ""]


def test_cleared_faults_strike_nobody(witness: Witness) -> None:
    witness.add_fault("cut", first=100)
    witness.clear_faults()
    assert read(witness, "/api/v1/query/stream", QUERY).endswith(b"[DONE]\n\n")
    assert last(witness).fault == ""


def test_a_late_error_shows_what_was_produced_before_it(witness: Witness) -> None:
    witness.add_fault("late_error;after=2")
    read(witness, "/api/v1/query/stream", QUERY)
    seen = last(witness)
    assert (text_of(seen), seen.produced, seen.ended) == (WORDS[:2], 2, "complete")
    assert seen.events[-2].json["type"] == "error"


# Connections and doors


def test_hanging_up_frees_a_client_that_waits_for_ever(witness: Witness) -> None:
    came_back: list[str] = []

    def wait() -> None:
        try:
            post(witness, "/api/v1/query", QUERY, {"x-lab-pace": "ttft=30"}).close()
        except requests.RequestException as error:
            came_back.append(type(error).__name__)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    while not witness.exchanges(wait=0):
        assert thread.is_alive()
    assert witness.hang_up() == 1
    thread.join(3)
    assert came_back == ["ConnectionError"]
    assert last(witness).ended == "the lab hung up"
    assert witness.hang_up() == 0


def test_a_door_lets_requests_without_a_key_into_this_sandbox(witness: Witness) -> None:
    door = witness.open_door()
    assert door != witness.url and door.startswith("http://127.0.0.1:")
    requests.get(f"{door}/health", timeout=5)
    assert [seen.path for seen in witness.exchanges()] == ["/health"]
    requests.get(f"{witness.url}/health", timeout=5)
    assert len(witness.exchanges()) == 1, "without a key the main address is the open sandbox's"


def test_a_closed_door_refuses_and_opens_again_at_the_same_url(witness: Witness) -> None:
    door = witness.open_door()
    assert witness.open_door() == door
    witness.close_door()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{door}/health", timeout=5)
    assert witness.exchanges() == []
    assert witness.open_door() == door
    assert requests.get(f"{door}/health", timeout=5).status_code == 200
    assert [seen.path for seen in witness.exchanges()] == ["/health"]


def test_closing_a_door_that_was_never_opened_is_no_error(witness: Witness) -> None:
    witness.close_door()
    assert witness.exchanges() == []


# What goes wrong


def test_a_bad_plan_is_refused_in_the_servers_own_words(witness: Witness) -> None:
    with pytest.raises(WitnessError, match=r"^x-lab-fault has no fault 'tea'\. It has: .*cut.*"):
        witness.add_fault("tea")
    with pytest.raises(WitnessError, match=r"cut;after must be a whole number from 0 to 10000, not '-1'\.$"):
        witness.add_fault("cut;after=-1")
    with pytest.raises(WitnessError, match=r"first: .*greater than or equal to 1"):
        witness.add_fault("cut", first=0)


def test_a_key_that_opens_nothing_is_refused_with_the_cure_and_never_shown(server) -> None:
    with Witness(server.url, "lab-made-up-by-somebody") as stranger:
        for ask in (stranger.exchanges, stranger.hang_up, stranger.open_door, stranger.clear_faults):
            with pytest.raises(WitnessError, match=CURE) as caught:
                ask()
            assert "made-up" not in str(caught.value)


@pytest.mark.parametrize(
    ("seed", "told"), [(-1, "seed: Input should be greater than or equal to 0"), (2**31, "seed: Input should be less")]
)
def test_a_sandbox_that_the_server_refuses_to_make_is_told_in_its_words(server, seed: int, told: str) -> None:
    with pytest.raises(WitnessError, match=told):
        Witness.of_new_sandbox(server.url, name="test", seed=seed)


def test_the_end_of_a_sandbox_makes_its_key_unknown_and_closes_its_door(server) -> None:
    witness = Witness.of_new_sandbox(server.url, name="test", seed=7)
    door = witness.open_door()
    witness.end()
    answer = requests.get(f"{server.url}/v1/models", headers={"authorization": f"Bearer {witness.key}"}, timeout=5)
    assert answer.status_code == 401
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{door}/health", timeout=5)
    with Witness(server.url, witness.key) as again, pytest.raises(WitnessError, match=CURE):
        again.exchanges()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": "tea"}', b'{"detail": "tea"}'])
async def test_an_answer_in_no_known_shape_is_told_by_its_status(body: bytes) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1") as stranger:
        port = stranger.sockets[0].getsockname()[1]
        told = "^the lab server answered 502$"
        with Witness(f"http://127.0.0.1:{port}", "lab-key") as witness, pytest.raises(WitnessError, match=told):
            await asyncio.to_thread(witness.exchanges)


def test_a_proxy_in_the_environment_does_not_stand_in_the_way(server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as witness:
        assert witness.exchanges() == []


def test_a_server_that_is_gone_is_told_with_the_cure() -> None:
    with Witness("http://127.0.0.1:9", "lab-key") as witness, pytest.raises(WitnessError, match=CURE):
        witness.exchanges()


def test_an_exchange_too_long_to_keep_says_what_was_left_out(witness: Witness) -> None:
    words = ["tea " * 200] * 150
    body = {"model": "script", "messages": [{"role": "user", "content": "|".join(words)}], "stream": True, "n": 5}
    got = read(witness, "/v1/chat/completions", body)
    seen = last(witness)
    assert got.endswith(b"[DONE]\n\n") and seen.produced == 750 > len(seen.deltas), "what this test is about"
    assert seen.dropped > 0  # type: ignore[attr-defined]  # which is what this test asks for
