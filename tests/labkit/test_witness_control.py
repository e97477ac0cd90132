"""What a witness can do to its sandbox: faults, connections, doors; and what goes wrong."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from asking import CHAT, CURE, QUERY, WORDS, last, post, read, text_of

from labkit.witness import Witness, WitnessError


@pytest.fixture
def witness(server) -> Iterator[Witness]:
    with Witness.of_new_sandbox(server.url, name="test", seed=7) as made:
        yield made


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


# Tokens


def test_the_rules_of_tokens_can_be_read_and_set_and_all_tokens_ended(witness: Witness) -> None:
    door = witness.open_door()
    assert requests.get(f"{door}/shop/products/101", timeout=5).status_code == 200
    told = witness.auth(required=True, uses=2)
    assert told["policy"] == {"expires_in": 900, "uses": 2, "required": True}
    assert witness.auth() == told, "asking sets nothing"
    assert requests.get(f"{door}/shop/products/101", timeout=5).status_code == 401
    form = {"grant_type": "client_credentials"}
    client = (told["client_id"], witness.key)
    made = requests.post(f"{door}/auth/token", auth=client, data=form, timeout=5).json()
    assert made["uses"] == 2
    assert (witness.expire_tokens(), witness.expire_tokens()) == (1, 0)
    bearer = {"authorization": f"Bearer {made['access_token']}"}
    assert "has expired" in requests.get(f"{door}/shop/products/101", headers=bearer, timeout=5).text


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
