"""Who names a request: the client, if its name is fit to be sent back, else the server."""

import re

import pytest

MINTED = re.compile(r"req_[0-9a-f]{24}")
UNFIT = [b"", b"two words", b"a" * 129, b"caf\xc3\xa9", b"tab\there"]


@pytest.mark.parametrize("name", ["x", "trace-7f:/a?b=c#{}", "a" * 128, "!~"])
def test_a_clients_own_request_id_comes_back(server, name: str) -> None:
    answer = server.http.get("/v1/models", headers={"x-request-id": name})
    assert answer.headers.get_list("x-request-id") == [name]


def test_a_refusal_carries_the_clients_id_too(server) -> None:
    answer = server.http.get("/nowhere", headers={"x-request-id": "mine-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (404, "mine-1")


@pytest.mark.parametrize("name", UNFIT)
def test_an_unfit_id_is_replaced_and_never_reflected(server, name: bytes) -> None:
    with server.dial() as wire:
        wire.send(b"GET /v1/models HTTP/1.1\r\nhost: lab\r\nx-request-id: " + name + b"\r\n\r\n")
        head = wire.answer().partition(b"\r\n\r\n")[0]
    (sent,) = re.findall(rb"(?im)^x-request-id: (.*?)\r?$", head)
    assert MINTED.fullmatch(sent.decode())


def test_two_ids_on_one_request_are_no_id(server) -> None:
    answer = server.http.get("/health", headers=[("x-request-id", "one"), ("x-request-id", "two")])
    assert MINTED.fullmatch(answer.headers["x-request-id"])


def test_a_clients_id_costs_the_next_minted_one_nothing(server) -> None:
    """A seeded sandbox mints the same ids whether or not the client named a request before."""
    seen = []
    for headers in ({}, {"x-request-id": "mine"}):
        own = {"authorization": f"Bearer {server.sandbox(seed=11)}"}
        server.http.get("/v1/models", headers=own | headers)
        seen.append(server.http.get("/v1/models", headers=own).headers["x-request-id"])
    assert seen[0] == seen[1]
