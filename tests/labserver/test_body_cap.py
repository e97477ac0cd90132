"""Bodies beyond the cap: refused by their length, or when they turn out too long; the answer always arrives."""

import json

import pytest
import requests

MOST = 1024 * 1024
PATH, CHAT = "/api/v1/query", "/v1/chat/completions"


def as_owner(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def chunks(*sizes: int) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (size, b"x" * size) for size in sizes)


def test_a_length_beyond_the_cap_is_refused_before_a_byte_is_read(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("POST", PATH, key=key, content_length=str(MOST + 1)))
        answer = wire.answer()
        wire.socket.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in answer
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert (error["code"], error["details"]) == ("TOO_LARGE", {"most_bytes": MOST})
    assert server.last(key)["status"] == 413


def test_a_client_that_waits_for_100_continue_gets_413_and_the_end_instead(server) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", PATH, content_length=str(MOST + 1), expect="100-continue"))
        everything = wire.rest()
    assert everything.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in everything


def test_a_client_that_waits_for_100_continue_with_a_body_that_fits_gets_it(server) -> None:
    body = b'{"query": "Tea", "model": "script"}'
    fields = {"content_type": "application/json", "content_length": str(len(body)), "expect": "100-continue"}
    with server.dial() as wire:
        wire.send(server.request("POST", PATH, **fields))
        assert wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(body)
        assert wire.answer().startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [PATH, CHAT, "/lab/sandboxes", "/users"])
def test_chunks_are_counted_and_refused_where_they_pass_the_cap(server, path: str) -> None:
    with server.dial() as wire:
        head = server.request("POST", path, content_type="application/json", transfer_encoding="chunked")
        wire.send(head + chunks(MOST // 2, MOST // 2) + chunks(1))
        answer = wire.answer()
    assert answer.startswith(b"HTTP/1.1 413 ")
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert set(error) == ({"message", "type", "param", "code"} if path == CHAT else {"code", "message", "details"})


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_exactly_the_cap_is_read(server, chunked: bool) -> None:
    with server.dial() as wire:
        if chunked:
            head = server.request("POST", PATH, content_type="application/json", transfer_encoding="chunked")
            wire.send(head + chunks(MOST // 2, MOST // 2) + b"0\r\n\r\n")
        else:
            wire.send(server.request("POST", PATH, content_type="application/json", content_length=str(MOST)))
            wire.send(b"x" * MOST)
        assert wire.answer().startswith(b"HTTP/1.1 400 "), "read, and found to be no JSON"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_that_sends_everything_first_still_hears_the_answer(server, chunked: bool) -> None:
    body = b"x" * (8 * MOST)
    sent = iter([body[:MOST]] * 8) if chunked else body
    answer = requests.post(server.url + PATH, data=sent, headers={"content-type": "application/json"}, timeout=20)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "TOO_LARGE"


def test_the_connection_closes_after_the_client_has_said_everything(server) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", PATH, content_length=str(2 * MOST)) + b"x" * (2 * MOST))
        assert wire.rest().startswith(b"HTTP/1.1 413 ")
    server.await_quiet()


def test_the_next_request_on_a_connection_is_not_taken_for_a_body(server) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", PATH, content_length=str(2 * MOST)))
        wire.send(b"x" * (2 * MOST) + server.request("GET", "/health"))
        assert wire.rest().count(b"HTTP/1.1 ") == 1


def test_a_bench_sandbox_takes_larger_bodies(server) -> None:
    body = b"x" * (2 * MOST)
    headers = as_owner(server.sandbox(tier="bench")) | {"content-type": "application/json"}
    assert server.http.post(PATH, content=body, headers=headers).status_code == 400


@pytest.mark.parametrize("length", ["", "tea", "-1", "+5", "5_0", "1, 1", "9" * 40])
def test_a_length_that_is_none_is_a_400_and_no_failure_of_ours(server, length: str) -> None:
    with server.dial() as wire:
        wire.send(server.request("POST", PATH, content_length=length) + b"x")
        wire.socket.shutdown(1)
        assert wire.rest().startswith(b"HTTP/1.1 400 ")
