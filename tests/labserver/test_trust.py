"""The one table of trust: which names are this server's, and which pages may use it."""

import pytest

from labserver.errors import Forbidden, InvalidRequest
from labserver.trust import Trust, is_preflight

HERE = ["127.0.0.1", "localhost:8001", "LOCALHOST", "[::1]:80", "127.8.8.8:1", "127.0.0.1:"]
ELSEWHERE = ["evil.example", "localhost.evil.example:8001", "127.0.0.1.nip.io", "10.0.0.1", "[fe80::1]", "0.0.0.0"]
BROKEN = ["", "a b", "127.0.0.1, localhost", "me@localhost", "http://localhost", "localhost/x", "::1", "localhost:8:8"]


def asked(*hosts: str, version: str = "1.1", **headers: str):
    fields = [(b"host", host.encode()) for host in hosts]
    fields += [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"http_version": version, "headers": fields}


@pytest.mark.parametrize("host", HERE)
def test_this_machines_own_names_are_trusted_with_any_port(host: str) -> None:
    assert Trust().wrong_host(asked(host)) is None


@pytest.mark.parametrize("host", ELSEWHERE)
def test_any_other_name_is_refused_with_the_cure(host: str) -> None:
    refusal = Trust().wrong_host(asked(host))
    assert isinstance(refusal, Forbidden)
    assert "--allow-host" in refusal.message
    assert host.strip("[]").split(":8001")[0] in refusal.message
    assert Trust(hosts=("*",)).wrong_host(asked(host)) is None


@pytest.mark.parametrize("host", BROKEN)
def test_a_host_that_is_none_is_a_bad_request_whatever_is_allowed(host: str) -> None:
    assert isinstance(Trust(hosts=("*",)).wrong_host(asked(host)), InvalidRequest)


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        ("lab.example.org", "LAB.example.org:80", "example.org"),
        ("*.example.org", "a.b.example.org", "example.org"),
        ("*.example.org", "lab.example.org", "labexample.org"),
        ("::2", "[::2]:8001", "[::3]"),
    ],
)
def test_an_operators_name_counts_and_a_star_is_what_stands_in_front(pattern: str, fitting: str, other: str) -> None:
    trust = Trust(hosts=(pattern,))
    assert trust.wrong_host(asked(fitting)) is None
    assert isinstance(trust.wrong_host(asked(other)), Forbidden)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_two_hosts_are_refused_even_if_both_are_good_and_none_only_in_http_1_1(version: str) -> None:
    trust = Trust()
    assert isinstance(trust.wrong_host(asked("localhost", "localhost", version=version)), InvalidRequest)
    assert (trust.wrong_host(asked(version=version)) is None) == (version == "1.0")


@pytest.mark.parametrize(
    ("origin", "host", "trusted"),
    [
        ("http://127.0.0.1:8888", "127.0.0.1:8001", True),
        ("http://localhost:1", "127.0.0.1:8001", True),
        ("https://[::1]:8888", "127.0.0.1:8001", True),
        ("https://hub.example.org", "hub.example.org", True),
        ("https://hub.example.org", "hub.example.org:8001", False),
        ("https://hub.example.org", "127.0.0.1:8001", False),
        ("http://stranger.localhost:8002", "127.0.0.1:8001", False),
        ("http://localhost.evil.example", "127.0.0.1:8001", False),
        ("http://127.0.0.1@evil.example", "127.0.0.1:8001", False),
        ("http://evil.example#@127.0.0.1", "127.0.0.1:8001", False),
        ("null", "127.0.0.1:8001", False),
        ("file://localhost", "127.0.0.1:8001", False),
        ("chrome-extension://localhost", "127.0.0.1:8001", False),
        ("http://[::1", "127.0.0.1:8001", False),
        ("", "127.0.0.1:8001", False),
        ("https://friend.example", "127.0.0.1:8001", True),
        ("http://friend.example", "127.0.0.1:8001", False),
        ("https://friend.example:8443", "127.0.0.1:8001", False),
    ],
)
def test_a_page_of_this_machine_of_this_server_or_of_choice_is_trusted(origin: str, host: str, trusted: bool) -> None:
    trust = Trust(origins=("https://friend.example",))
    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    assert trust.trusted(origin, headers) is trusted
    for method in ("POST", "DELETE", "PATCH", None):
        assert trust.foreign_page(method, headers) == (None if trusted else origin)
    assert trust.foreign_page("GET", headers) is None


def test_one_foreign_origin_among_several_is_enough_and_no_origin_is_no_page() -> None:
    headers = [(b"origin", b"http://localhost"), (b"origin", b"http://evil.example")]
    assert Trust().foreign_page("POST", headers) == "http://evil.example"
    assert Trust().foreign_page("POST", []) is None


def test_only_an_options_with_both_fields_is_a_preflight() -> None:
    fields = {"origin": "http://localhost", "access-control-request-method": "GET"}
    assert is_preflight(asked("localhost", **fields) | {"method": "OPTIONS"})
    assert not is_preflight(asked("localhost", **fields) | {"method": "GET"})
    assert not is_preflight(asked("localhost", origin="http://localhost") | {"method": "OPTIONS"})
    assert not is_preflight(asked("localhost", **fields))
