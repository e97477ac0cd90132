"""Lies in the framing: what crosses, and what real clients make of it."""

import json

import httpx2
import pytest
import requests

from labserver import faults
from labserver.mangling import Mangler

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def mangled(plan: str, *pieces: bytes) -> list[bytes]:
    mangle = Mangler(faults.parse(plan))
    return [mangle(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("plan", "length"),
    [("wrong_length", 9), ("wrong_length;less=4", 6), ("wrong_length;less=11", 0), ("wrong_length;more=5", 15)],
)
def test_the_length_is_another_and_nothing_else_is(plan: str, length: int) -> None:
    body = b"\r\ncontent-length: 10\r\n"
    assert mangled(plan, HEAD, body) == [HEAD.replace(b"10", b"%d" % length), body]


def test_an_interim_answer_is_not_the_head() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    assert mangled("wrong_length", interim, b"", HEAD)[2] == HEAD.replace(b"10", b"9")


def test_only_the_chunk_after_so_many_has_no_size() -> None:
    chunks = [b"1\r\na\r\n", b"1f\r\n" + b"b" * 31 + b"\r\n", b"0\r\n\r\n"]
    assert mangled("bad_chunk;after=1", CHUNKED, *chunks) == [CHUNKED, chunks[0], b"zz\r\n" + chunks[1][4:], chunks[2]]
    assert mangled("bad_chunk;after=2", CHUNKED, *chunks)[3] == b"zz\r\n\r\n", "the last chunk is one too"
    assert mangled("bad_chunk;after=0", HEAD, b"5\r\n") == [HEAD, b"5\r\n"], "where there are no chunks nothing breaks"


def test_a_length_too_long_keeps_the_client_waiting_for_what_never_comes(server) -> None:
    owner = {"authorization": f"Bearer {server.sandbox()}", "x-lab-fault": "wrong_length;more=5"}
    with pytest.raises((requests.ConnectionError, requests.ReadTimeout)), requests.Session() as session:
        session.get(f"{server.url}/health", headers=owner, timeout=0.5)
    server.await_quiet()


def test_a_length_too_short_leaves_a_rest_where_the_next_answer_should_begin(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("GET", "/shop/products/101", None, key, x_lab_fault="wrong_length;less=4"))
        body = wire.answer().partition(b"\r\n\r\n")[2]
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)
        wire.send(server.request("GET", "/health", None, key))
        rest, _, _ = wire.until(b"HTTP/1.1 200 OK\r\n").partition(b"HTTP")
    assert len(rest) == 4
    assert json.loads(body + rest)["id"] == 101
    head, _, whole = server.journal(key)[0].answered.partition(b"\r\n\r\n")
    assert b"content-length: %d\r\n" % len(body) in head, "the journal has what crossed"
    assert whole == body + rest


@pytest.mark.parametrize("path", ["/raw/ndjson?count=3&interval=0", "/raw/sse?count=3&interval=0", "/raw/drip"])
def test_a_client_gives_up_at_a_chunk_size_that_is_none(server, path: str) -> None:
    key = server.sandbox()
    owner = {"authorization": f"Bearer {key}", "x-lab-fault": "bad_chunk;after=1"}
    with requests.Session() as session, pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(server.url + path, headers=owner, timeout=5)
    with httpx2.Client() as client, pytest.raises(httpx2.RemoteProtocolError):
        client.get(server.url + path, headers=owner)
    assert [b"\r\nzz\r\n" in record.answered for record in server.journal(key)] == [True, True]
    server.await_quiet()


def test_an_answer_that_drips_outlives_a_read_timeout_that_is_longer_than_its_pauses(server) -> None:
    key = server.sandbox()
    owner = {"authorization": f"Bearer {key}", "x-lab-fault": "drip;bytes=1;seconds=0.05"}
    with requests.Session() as session:
        whole = session.get(f"{server.url}/health", headers=owner, timeout=0.9)
    pieces = [text for _, text in server.last(key)["response"][1:] if text]
    assert [len(text) for text in pieces] == [1] * len(whole.content)
    assert whole.elapsed.total_seconds() < server.last(key)["seconds"], "the head came long before the end"
    assert server.last(key)["seconds"] >= 0.05 * (len(pieces) - 1)


def test_who_leaves_a_dripping_answer_leaves_nothing_behind(server) -> None:
    key = server.sandbox()
    with server.dial() as wire:
        wire.send(server.request("GET", "/shop/products", None, key, x_lab_fault="drip;bytes=1;seconds=30"))
        wire.until(b"\r\n\r\n{")
    assert server.last(key)["ended"] == "client left"
    server.await_quiet()
